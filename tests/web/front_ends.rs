//! What is the same for all front ends, and what the answer of each looks like.

use serde_json::json;

use super::support::*;

#[test]
fn every_front_end_gives_the_same_request() {
    let body = "return { req.method, req.path, req.raw_path, req.headers['User-Agent'] ~= nil,\n\
        req.headers['USER-AGENT'] == req.headers['user-agent'], req.source_ip, req.source,\n\
        req.event.requestContext ~= nil, req.context.function_name }";
    let expected = [
        (
            REST,
            json!(["GET", "/orders", "/orders"]),
            json!(["test-invoke-source-ip", "api-gateway"]),
        ),
        (
            HTTP,
            json!(["POST", "/orders/42", "/orders/42"]),
            json!(["203.0.113.24", "http-api"]),
        ),
        (
            URL,
            json!(["POST", "/greet", "/greet"]),
            json!(["203.0.113.24", "function-url"]),
        ),
        (
            ALB,
            json!(["GET", "/orders", "/orders"]),
            json!(["203.0.113.24", "alb"]),
        ),
        (
            ALB_MULTI,
            json!(["GET", "/orders", "/orders"]),
            json!(["203.0.113.24", "alb"]),
        ),
    ];
    for (name, what, whence) in expected {
        let mut whole = what.as_array().expect("a list").clone();
        whole.extend([json!(true), json!(true)]);
        whole.extend(whence.as_array().expect("a list").clone());
        whole.extend([json!(true), json!("f")]);
        assert_eq!(value(body, &event(name)), json!(whole), "{name}");
    }
}

#[test]
fn headers_and_cookies_of_an_answer_have_the_form_of_the_front_end() {
    let body = "return 201, { ['X-One'] = 'a', ['x-two'] = { 'b', 'c' } }, 'hello'";
    let typed = "text/plain; charset=utf-8";
    let single = json!({ "x-one": "a", "x-two": "b, c", "content-type": typed });
    let multiple = json!({ "x-one": ["a"], "x-two": ["b", "c"], "content-type": [typed] });
    let base = json!({ "statusCode": 201, "body": "hello", "isBase64Encoded": false });
    for name in ALL {
        let mut expected = base.clone();
        match name {
            REST | ALB_MULTI => expected["multiValueHeaders"] = multiple.clone(),
            _ => expected["headers"] = single.clone(),
        }
        if [ALB, ALB_MULTI].contains(&name) {
            expected["statusDescription"] = json!("201 Created");
        }
        assert_eq!(answer(body, &event(name)), expected, "{name}");
    }
}

#[test]
fn cookies_are_apart_for_version_2_and_headers_elsewhere() {
    let body = "return { headers = { ['Set-Cookie'] = 'a=1' }, cookies = { 'b=2', 'c=3' } }";
    let list = json!(["a=1", "b=2", "c=3"]);
    for name in [HTTP, URL] {
        let answer = answer(body, &event(name));
        assert_eq!(answer["cookies"], list, "{name}");
        assert_eq!(answer["headers"], json!({}), "{name}");
    }
    for name in [REST, ALB_MULTI] {
        let answer = answer(body, &event(name));
        assert_eq!(
            answer["multiValueHeaders"],
            json!({ "set-cookie": list }),
            "{name}"
        );
        assert_eq!(answer.get("cookies"), None, "{name}");
    }
    // There is room for one value a name: names differ in case.
    assert_eq!(
        answer(body, &event(ALB))["headers"],
        json!({ "set-cookie": "a=1", "Set-cookie": "b=2", "sEt-cookie": "c=3" })
    );
}

#[test]
fn a_balancer_takes_512_cookies_and_no_more() {
    let body = "local list = {}\nfor i = 1, COUNT do list[i] = 'c' .. i .. '=1' end\n\
        return { cookies = list }";
    let most = answer(&body.replace("COUNT", "512"), &event(ALB));
    assert_eq!(most["headers"].as_object().expect("headers").len(), 512);
    assert_eq!(
        failure(&body.replace("COUNT", "513"), &event(ALB)),
        "app.lua:2: the answer has 513 cookies; a balancer without multi-value headers takes 512"
    );
}

#[test]
fn the_status_description_of_a_balancer_is_the_reason_phrase() {
    for (status, description) in [
        (200, "200 OK"),
        (302, "302 Found"),
        (404, "404 Not Found"),
        (299, "299 OK"),
        (399, "399 Multiple Choices"),
        (499, "499 Bad Request"),
        (599, "599 Internal Server Error"),
    ] {
        let answer = answer(&format!("return {status}"), &event(ALB));
        assert_eq!(answer["statusDescription"], description);
    }
}

#[test]
fn binary_bodies_are_base64_by_themselves_and_text_is_not() {
    for name in ALL {
        let bytes = answer("return '\\255\\0\\1'", &event(name));
        assert_eq!(bytes["body"], base64(b"\xff\0\x01"), "{name}");
        assert_eq!(bytes["isBase64Encoded"], true, "{name}");
        let text = answer("return 'gr\u{fc}n \\0'", &event(name));
        assert_eq!(text["body"], "gr\u{fc}n \0", "{name}");
        assert_eq!(text["isBase64Encoded"], false, "{name}");
    }
}

#[test]
fn answers_to_head_and_with_204_or_304_have_no_body() {
    for name in ALL {
        let head = match name {
            HTTP | URL => json!({ "requestContext": { "http": { "method": "HEAD" } } }),
            _ => json!({ "httpMethod": "HEAD" }),
        };
        let head = changed(name, head);
        let body = "return 200, { ['content-length'] = 5 }, 'hello'";
        let answered = answer(body, &head);
        assert_eq!(answered["body"], "", "{name}");
        let headers = answered
            .get("headers")
            .or(answered.get("multiValueHeaders"));
        let length = &headers.expect("headers")["content-length"];
        assert!(
            *length == json!("5") || *length == json!(["5"]),
            "{name}: {length}"
        );
        for status in [204, 304] {
            let body = format!("return {status}, nil, 'hello'");
            let answer = answer(&body, &event(name));
            assert_eq!(
                (&answer["statusCode"], &answer["body"]),
                (&json!(status), &json!(""))
            );
        }
    }
}

#[test]
fn nulls_in_events_are_nil_in_requests() {
    let read = "return json.object({ body = req.body, query = req.query, params = req.params, \
        cookies = req.cookies, authorizer = req.authorizer, stage = req.stage, id = req.id,\n\
        ip = req.source_ip, all = json.array(req:query_all('a')), headers = req.headers })";
    let empty = json!({ "query": {}, "params": {}, "cookies": {}, "all": [], "headers": {} });
    let rest = json!({
        "httpMethod": "GET", "path": "/", "headers": null, "multiValueHeaders": null,
        "queryStringParameters": null, "multiValueQueryStringParameters": null,
        "pathParameters": null, "stageVariables": null, "body": null, "isBase64Encoded": null,
        "requestContext": { "stage": null, "authorizer": null, "requestId": null,
            "identity": { "sourceIp": null }, "domainName": null, "path": null },
    });
    let http = json!({
        "version": "2.0", "rawPath": null, "rawQueryString": null, "cookies": null,
        "headers": null, "queryStringParameters": null, "pathParameters": null, "body": null,
        "requestContext": { "http": { "method": "GET", "sourceIp": null }, "stage": null,
            "authorizer": null, "requestId": null, "domainName": null },
    });
    let alb = json!({
        "httpMethod": "GET", "path": null, "headers": null, "multiValueHeaders": null,
        "queryStringParameters": null, "multiValueQueryStringParameters": null, "body": null,
        "requestContext": { "elb": { "targetGroupArn": null } },
    });
    for event in [rest, http, alb] {
        assert_eq!(value(read, &event), empty, "{event}");
        // Absent members are the same.
        let mut bare = event.clone();
        bare.as_object_mut()
            .expect("an object")
            .retain(|_, value| !value.is_null());
        assert_eq!(value(read, &bare), empty, "{bare}");
        let function = handler(read).env("MOONLAYER_JSON_NULL", "nil");
        let answer = answer_of(&invoke(function, [&event]));
        let body = answer["body"].as_str().expect("a body");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(body).expect("JSON"),
            empty
        );
    }
}

#[test]
fn nulls_within_an_authorizer_are_nil() {
    let read = "local iam = req.authorizer.iam\n\
        return { json.object(iam), iam.cognitoIdentity == nil, req.event.requestContext.authorizer.\
        iam.cognitoIdentity == json.null }";
    let found = value(read, &event(URL));
    assert_eq!(found[0].get("cognitoIdentity"), None);
    assert_eq!(found[0]["principalOrgId"], "o-exampleorg");
    // What came stays as it came.
    assert_eq!((&found[1], &found[2]), (&json!(true), &json!(true)));
}

#[test]
fn other_events_are_refused_with_what_was_seen() {
    let accepted = "; HTTP requests come from API Gateway's REST APIs (payload 1.0) and HTTP APIs \
        (payload 2.0), function URLs, and Application Load Balancers";
    for (event, seen) in [
        (json!(5), "a number"),
        (json!(null), "null"),
        (json!("text"), "a string"),
        (json!({}), "an empty object"),
        (
            json!({ "Records": [], "other": 1 }),
            "an object with Records, other",
        ),
        (
            json!({ "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1, "h": 1, "i": 1 }),
            "an object with a, b, c, d, e, f, g, h, …",
        ),
    ] {
        let message = format!("this event is no HTTP request: it is {seen}{accepted}");
        assert_eq!(failure("return 'never'", &event), message);
    }
    for (name, source) in [
        (
            "authorizer-http",
            "an API Gateway authorizer (lambda.events reads it: events.authorizer)",
        ),
        (
            "authorizer-request",
            "an API Gateway authorizer (lambda.events reads it: events.authorizer)",
        ),
        (
            "websocket-message",
            "API Gateway (WebSocket) (lambda.events reads it: events.websocket)",
        ),
        ("sqs", "SQS (lambda.events reads it: events.sqs)"),
        ("s3", "S3 (lambda.events reads it: events.s3)"),
    ] {
        let message = format!("this event is one of {source}, no HTTP request{accepted}");
        assert_eq!(failure("return 'never'", &event(name)), message, "{name}");
    }
    // Nothing reads these.
    let lex = json!({ "bot": {}, "sessionState": {} });
    let message = format!("this event is one of Lex, no HTTP request{accepted}");
    assert_eq!(failure("return 'never'", &lex), message);
    // A front end's, but no request.
    let message = failure(
        "return 'never'",
        &changed(HTTP, json!({ "version": "3.0" })),
    );
    assert!(
        message.starts_with("this event is no HTTP request: it is an object with "),
        "{message}"
    );
}
