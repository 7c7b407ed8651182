//! Query strings, headers, and what else a request has.

use serde_json::{Value, json};

use super::support::*;

#[test]
fn the_query_has_the_last_value_of_a_name_and_query_all_has_all() {
    let read = "local all = {}\nfor name in pairs(req.query) do\n\
        all[name] = json.array(req:query_all(name)) end\n\
        return { req.query, all, json.array(req:query_all('none')) }";
    let expected = json!([
        { "a": "3", "b c": "x y", "e": "", "f": "" },
        { "a": ["1", "2", "3"], "b c": ["x y"], "e": [""], "f": [""] },
        [],
    ]);
    let lists = json!({ "a": ["1", "2", "3"], "b c": ["x y"], "e": [""], "f": [""] });
    let sent = json!({ "queryStringParameters": { "a": "3", "b c": "x y", "e": "", "f": "" },
        "multiValueQueryStringParameters": lists });
    assert_eq!(value(read, &changed(REST, sent)), expected);
    for name in [HTTP, URL] {
        let sent = json!({ "rawQueryString": "a=1&b+c=x%20y&a=2&&e&f=&a=3&" });
        assert_eq!(value(read, &changed(name, sent)), expected, "{name}");
    }
    // A balancer passes on what the client encoded.
    let mut sent = event(ALB_MULTI);
    sent["multiValueQueryStringParameters"] =
        json!({ "a": ["1", "%32", "3"], "b+c": ["x%20y"], "e": [""], "f": [""] });
    assert_eq!(value(read, &sent), expected);
    let mut sent = event(ALB);
    sent["queryStringParameters"] = json!({ "a": "%33", "b%20c": "x+y", "e": "", "f": "" });
    assert_eq!(value(read, &sent)[0], expected[0]);
}

#[test]
fn ten_thousand_query_keys_are_served() {
    let query: Vec<_> = (0..10_000)
        .map(|nth| format!("k{nth}=%20&same={nth}"))
        .collect();
    let sent = changed(URL, json!({ "rawQueryString": query.join("&") }));
    let read = "local count = 0\nfor _ in pairs(req.query) do count = count + 1 end\n\
        return { count, #req:query_all('same'), req.query.k9999, req.query.same }";
    assert_eq!(value(read, &sent), json!([10_001, 10_000, " ", "9999"]));
}

#[test]
fn a_percent_sign_in_a_query_that_encodes_nothing_stays_and_is_logged_once() {
    let read = "local _ = req.query, req.query\nreturn { req.query.a, req:query_all('a')[1] }";
    let mut alb = event(ALB);
    alb["queryStringParameters"] = json!({ "a": "5%", "b": "%zz" });
    for sent in [changed(URL, json!({ "rawQueryString": "a=5%&b=%zz" })), alb] {
        let run = run(read, [&sent]);
        assert_eq!(answer_of(&run)["body"], r#"["5%","5%"]"#);
        let [record] = run.stdout().lines().collect::<Vec<_>>()[..] else {
            panic!("another count of records than one\n{}", run.transcript());
        };
        let expected = "\tWARN\tthe request's query has a percent sign that encodes nothing; it \
            stays as it is method=";
        assert!(record.contains(expected), "{record}");
    }
}

#[test]
fn headers_are_found_in_any_case_and_listed_in_lower_case() {
    let read = "local names = {}\nfor name in pairs(req.headers) do names[#names + 1] = name end\n\
        table.sort(names)\n\
        return { req.headers['X-Thing'], req.headers['x-thing'], req.headers['X-THING'],\n\
        json.array(req:header_all('X-Thing')), names, json.array(req:header_all('none')),\n\
        tostring(req.headers.none), tostring(req.headers[1]) }";
    let expected = |list: Value| {
        json!([
            "a, b",
            "a, b",
            "a, b",
            list,
            ["x-other", "x-thing"],
            [],
            "nil",
            "nil"
        ])
    };
    let both = json!(["a", "b"]);
    for name in [REST, ALB_MULTI] {
        let mut sent = event(name);
        sent["headers"] = json!({ "X-Other": "1", "X-Thing": "b" });
        sent["multiValueHeaders"] = json!({ "X-Other": ["1"], "X-Thing": both });
        assert_eq!(value(read, &sent), expected(both.clone()), "{name}");
    }
    for name in [HTTP, URL, ALB] {
        let mut sent = event(name);
        sent["headers"] = json!({ "x-other": "1", "x-thing": "a, b" });
        sent["cookies"] = json!(null);
        // These front ends have joined them.
        assert_eq!(value(read, &sent), expected(json!(["a, b"])), "{name}");
    }
}

#[test]
fn one_map_of_headers_is_enough() {
    let mut sent = event(REST);
    sent["headers"] =
        json!({ "X-Thing": "a", "x-thing": "a", "x-count": 5, "x-list": ["a", null, "b"] });
    for multiple in [json!(null), json!({})] {
        sent["multiValueHeaders"] = multiple;
        let read =
            "return { req.headers['x-thing'], req.headers['x-count'], req.headers['x-list'] }";
        assert_eq!(value(read, &sent), json!(["a, a", "5", "a, b"]));
    }
}

#[test]
fn json_bodies_are_decoded_and_their_nulls_are_nil() {
    let read = "local data = req:json()\n\
        return { data.a, tostring(data.gone), #data.list, data.list[2] == json.null,\n\
        tostring(data.deep.gone), getmetatable(data.empty) == json.array_mt }";
    let body = r#"{"a":1,"gone":null,"list":[1,null,{"x":null}],"deep":{"gone":null},"empty":[]}"#;
    for name in ALL {
        let sent = changed(name, json!({ "body": body }));
        assert_eq!(
            value(read, &sent),
            json!([1, "nil", 3, true, "nil", true]),
            "{name}"
        );
        let sent = changed(
            name,
            json!({ "body": base64(body.as_bytes()), "isBase64Encoded": true }),
        );
        assert_eq!(value(read, &sent)[0], 1, "{name}");
    }
    let null = changed(URL, json!({ "body": "null" }));
    assert_eq!(
        value("return { tostring(req:json()) }", &null),
        json!(["nil"])
    );
}

#[test]
fn nulls_of_a_body_are_kept_when_they_are_asked_for() {
    let read = "local function is_null(v) return v == json.null end\n\
        local all = req:json({ nulls = true })\n\
        return { is_null(all.gone), is_null(all.list[1]), is_null(all.deep.gone),\n\
        req:json({ nulls = false }).gone == nil, req:json().gone == nil }";
    let sent = changed(
        URL,
        json!({ "body": r#"{"gone":null,"list":[null],"deep":{"gone":null}}"# }),
    );
    // The setting is about what comes without a word.
    for setting in ["null", "nil"] {
        let function = handler(read).env("MOONLAYER_JSON_NULL", setting);
        let body = answer_of(&invoke(function, [&sent]))["body"].to_string();
        assert_eq!(body, r#""[true,true,true,true,true]""#, "{setting}");
    }
    let null = changed(URL, json!({ "body": "null" }));
    let top = "return { req:json({ nulls = true }) == json.null }";
    assert_eq!(value(top, &null), json!([true]));
}

#[test]
fn the_time_is_when_the_front_end_got_the_request() {
    let read = "return { req.time_ms == json.null and 'null' or req.time_ms or 'none' }";
    for name in [REST, HTTP, URL] {
        let name_of = if name == REST {
            "requestTimeEpoch"
        } else {
            "timeEpoch"
        };
        let sent = changed(
            name,
            json!({ "requestContext": { name_of: 1_795_198_525_123_i64 } }),
        );
        let body = answer(read, &sent)["body"].to_string();
        assert_eq!(body, r#""[1795198525123]""#, "{name}");
        for nothing in [json!(null), json!("1795198525123")] {
            let sent = changed(name, json!({ "requestContext": { name_of: nothing } }));
            assert_eq!(value(read, &sent), json!(["none"]), "{name}");
        }
    }
    for name in [ALB, ALB_MULTI] {
        assert_eq!(value(read, &event(name)), json!(["none"]), "{name}");
    }
}

#[test]
fn what_a_handler_sets_in_its_request_changes_no_answer_s_form() {
    let body = "for _, name in ipairs({ 'event', 'context', 'headers', 'query', 'path', 'method',\n\
        'source', 'cookies', 'params', 'stage', 'body' }) do req[name] = false end\n\
        req.user = 'ada'\n\
        return { body = { req.user, req.path, #req:header_all('host'), req:query_all('q')[1] } }";
    for name in ALL {
        let answered = answer(body, &event(name));
        assert!(
            answered["body"]
                .as_str()
                .expect("a body")
                .starts_with(r#"["ada",false,1"#),
            "{name}: {answered}"
        );
        let multiple = [REST, ALB_MULTI].contains(&name);
        assert_eq!(
            answered.get("multiValueHeaders").is_some(),
            multiple,
            "{name}"
        );
    }
    // The method that came says whether a body goes back.
    let head = changed(
        URL,
        json!({ "requestContext": { "http": { "method": "HEAD" } } }),
    );
    assert_eq!(answer("req.method = 'GET'\nreturn 'x'", &head)["body"], "");
}

#[test]
fn what_a_handler_sets_is_what_it_reads() {
    let body = "req.body = '{\"a\":1}'\nreq.headers['X-New'] = 'b'\nreq.query.page = '2'\n\
        return { req:json().a, req.headers['x-new'], req.headers['X-NEW'], req.query.page }";
    assert_eq!(value(body, &event(URL)), json!([1, "b", "b", "2"]));
}

#[test]
fn the_address_is_the_one_that_the_front_end_saw() {
    let forwarded = |text: &str| changed(ALB, json!({ "headers": { "x-forwarded-for": text } }));
    for (text, address) in [
        ("1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9 ", "203.0.113.9"),
        ("1.2.3.4,2001:db8::1", "2001:db8::1"),
        // A balancer may be told to add the client's port.
        ("1.2.3.4, 203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
    ] {
        assert_eq!(
            answer("return req.source_ip", &forwarded(text))["body"],
            address
        );
    }
    let none = answer("return tostring(req.source_ip)", &forwarded(" , "));
    assert_eq!(none["body"], "nil");
    let ours = answer("return req.source_ip", &event(HTTP));
    assert_eq!(ours["body"], "203.0.113.24");
}

#[test]
fn authorizer_stage_and_id_are_those_of_the_event() {
    let read = "return { req.authorizer.jwt.claims.username, req.stage, req.id }";
    assert_eq!(
        value(read, &event(HTTP)),
        json!(["ada", "$default", "BnXk7hR4IAMEJhw="])
    );
    let rest = changed(
        REST,
        json!({ "requestContext": { "authorizer": { "principalId": "ada" } } }),
    );
    let read = "return { req.authorizer.principalId, req.stage }";
    assert_eq!(value(read, &rest), json!(["ada", "test-invoke-stage"]));
    let none = "return { tostring(req.authorizer), tostring(req.stage), tostring(req.id) }";
    assert_eq!(value(none, &event(ALB)), json!(["nil", "nil", "nil"]));
}
