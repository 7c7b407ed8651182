//! `web.cors`: what pages of other origins may read.

mod support;
mod web_app;

use serde_json::{Value, json};
use support::{Event, Function};
use web_app::{answers, app, ask};

/// An app with these options of `web.cors`, a route `/x` and one that refuses, `/e`.
fn with(options: &str) -> Function {
    app(&format!(
        "app:use(web.cors({options}))
         app:get('/x', function() return 200, {{ vary = 'Accept' }}, 'x' end)
         app:get('/e', function() web.error(409, 'no') end)
         app:get('/star', function() return 200, {{ vary = {{ '*' }} }}, 'x' end)
         app:get('/has', function() return 200, {{ vary = 'accept, origin' }}, 'x' end)"
    ))
}

/// The headers of an answer that are about origins.
fn about_origins(answer: &Value) -> Value {
    let headers = answer["headers"].as_object().expect("headers");
    let ours = |name: &str| name.starts_with("access-control-") || name == "vary";
    headers
        .iter()
        .filter(|(name, _)| ours(name))
        .map(|(name, value)| (name.replace("access-control-", ""), value.clone()))
        .collect()
}

const PREFLIGHT: (&str, &str) = ("access-control-request-method", "PUT");

#[test]
fn all_origins_may_read_where_the_option_is_a_star() {
    let given = answers(
        with("{ origins = '*', expose = { 'x-a', 'x-b' } }"),
        [
            ask("GET /x", &[("origin", "https://a.example")]),
            ask("GET /x", &[]),
            ask("GET /e", &[("origin", "https://a.example")]),
        ],
    );
    let all = json!({ "allow-origin": "*", "expose-headers": "x-a, x-b", "vary": "Accept" });
    assert_eq!(about_origins(&given[0]), all);
    // A cache may give it to a page that asks later.
    assert_eq!(about_origins(&given[1]), all);
    let error = json!({ "allow-origin": "*", "expose-headers": "x-a, x-b" });
    assert_eq!(about_origins(&given[2]), error);
    assert_eq!(given[2]["statusCode"], 409);
}

#[test]
fn origins_of_a_list_are_told_by_the_whole_and_wild_ones_by_whole_labels() {
    let origins = [
        ("https://app.example.com", true),
        ("https://app.example.com:8443", false),
        ("http://app.example.com", false),
        ("https://app.example.com.evil.test", false),
        ("https://a.wild.test", true),
        ("https://a.b.wild.test", true),
        ("https://wild.test", false),
        ("https://.wild.test", false),
        ("https://notwild.test", false),
        ("https://evil.test/.wild.test", false),
        ("https://evil.test#.wild.test", false),
        ("http://a.wild.test", false),
        ("http://localhost:3000", true),
        ("null", false),
        ("*", false),
        ("", false),
    ];
    let given = answers(
        with(
            "{ origins = { 'https://app.example.com', 'https://*.wild.test', \
             'http://localhost:3000' }, credentials = true }",
        ),
        origins.map(|(origin, _)| ask("GET /x", &[("origin", origin)])),
    );
    for ((origin, may), answer) in origins.iter().zip(&given) {
        let expected = if *may {
            json!({
                "allow-origin": origin, "allow-credentials": "true", "vary": "Accept, Origin"
            })
        } else {
            json!({ "vary": "Accept, Origin" })
        };
        assert_eq!(about_origins(answer), expected, "{origin}");
        assert_eq!(answer["body"], "x", "{origin}");
    }
}

#[test]
fn vary_is_added_to_what_is_there_once() {
    let given = answers(
        with("{ origins = 'https://a.test' }"),
        ["GET /x", "GET /e", "GET /star", "GET /has"].map(|line| ask(line, &[])),
    );
    let vary: Vec<_> = given
        .iter()
        .map(|answer| &answer["headers"]["vary"])
        .collect();
    assert_eq!(vary, ["Accept, Origin", "Origin", "*", "accept, origin"]);
}

#[test]
fn a_preflight_is_answered_whatever_the_routes_have() {
    let asked = [("origin", "https://a.test"), PREFLIGHT];
    let given = answers(
        with(
            "{ origins = 'https://a.test', methods = { 'get', 'PUT' }, headers = { 'x-h' }, \
             max_age = 600 }",
        ),
        [
            ask("OPTIONS /x", &asked),
            ask("OPTIONS /nowhere", &asked),
            ask("OPTIONS /x", &[("origin", "https://b.test"), PREFLIGHT]),
            ask("OPTIONS /x", &[("origin", "https://a.test")]),
        ],
    );
    let vary = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers";
    let allowed = json!({
        "allow-origin": "https://a.test", "allow-methods": "GET, PUT", "allow-headers": "x-h",
        "max-age": "600", "vary": vary,
    });
    for answer in &given[..2] {
        assert_eq!(answer["statusCode"], 204);
        assert_eq!(about_origins(answer), allowed);
        assert_eq!(answer["headers"]["allow"], Value::Null);
    }
    assert_eq!(given[2]["statusCode"], 204);
    assert_eq!(about_origins(&given[2]), json!({ "vary": vary }));
    // No preflight: what the router answers to OPTIONS.
    assert_eq!(given[3]["headers"]["allow"], "GET, HEAD, OPTIONS");
    assert_eq!(
        about_origins(&given[3]),
        json!({ "allow-origin": "https://a.test", "vary": "Origin" })
    );
}

#[test]
fn without_lists_a_preflight_gets_the_usual_methods_and_the_headers_it_asks_for() {
    let asked = [
        ("Origin", "https://a.test"),
        PREFLIGHT,
        ("Access-Control-Request-Headers", "content-type,x-a"),
    ];
    let given = answers(with("{ origins = '*' }"), [ask("OPTIONS /x", &asked)]);
    assert_eq!(
        about_origins(&given[0]),
        json!({
            "allow-origin": "*", "allow-methods": "DELETE, GET, HEAD, PATCH, POST, PUT",
            "allow-headers": "content-type,x-a",
            "vary": "Access-Control-Request-Method, Access-Control-Request-Headers",
        })
    );
}

#[test]
fn answers_that_no_route_gives_may_be_read_as_well() {
    let given = answers(
        app("app:use(web.cors({ origins = 'https://a.test' }))
             app:on_error(function() return 500, nil, 'failed' end)
             app:get('/x', function() error('boom') end)"),
        ["GET /none", "PUT /x", "GET /x"].map(|line| ask(line, &[("origin", "https://a.test")])),
    );
    for (answer, status) in given.iter().zip([404, 405, 500]) {
        assert_eq!(answer["statusCode"], status);
        assert_eq!(
            answer["headers"]["access-control-allow-origin"],
            "https://a.test"
        );
    }
}

#[test]
fn a_stream_begins_with_them() {
    let source = "local web = require('lambda.web')
        local app = web.router()
        app:use(web.cors({ origins = 'https://a.example', credentials = true, expose = 'x-id' }))
        app:get('/inner', web.cors({ origins = 'https://b.example' }), function(req, response)
          response:write('streamed')
        end)
        app:get('/asked', web.cors({ origins = function()
          print('asked')
          return true
        end }), function(req, response)
          response:write('streamed')
        end)
        app:get('/', function(req, response)
          response:start({ status = 201, headers = { vary = 'Accept' } })
          response:write('streamed')
        end)
        return { handler = web.stream(app) }";
    let origin = [("origin", "https://a.example")];
    let run = Function::new("main.lua", source)
        .invoke(ask("GET /", &origin))
        .invoke(ask("GET /", &[("origin", "https://c.example")]))
        .invoke(ask("GET /inner", &[("origin", "https://b.example")]))
        .invoke(ask("GET /asked", &origin))
        .run();
    let prelude = |nth: usize| {
        let text = run.posts()[nth].text();
        let (prelude, _) = text.split_once('\0').expect("a prelude");
        serde_json::from_str(prelude).expect("a prelude of JSON")
    };
    let allowed = json!({
        "allow-origin": "https://a.example",
        "allow-credentials": "true",
        "expose-headers": "x-id",
        "vary": "Accept, Origin",
    });
    assert_eq!(about_origins(&prelude(0)), allowed);
    assert_eq!(
        about_origins(&prelude(1)),
        json!({ "vary": "Accept, Origin" })
    );
    let inner = prelude(2);
    assert_eq!(
        inner["headers"]["access-control-allow-origin"],
        "https://b.example"
    );
    assert_eq!(inner["headers"]["vary"], "Origin");
    assert_eq!(run.stdout().matches("asked").count(), 1);
    // Where the front end takes no stream.
    let whole = json!({
        "version": "2.0", "rawPath": "/", "headers": { "origin": "https://a.example" },
        "requestContext": { "http": { "method": "GET" } },
    });
    let run = Function::new("main.lua", source)
        .invoke(Event::json(whole.to_string()))
        .run();
    assert_eq!(about_origins(&run.post().json()), allowed);
}

#[test]
fn a_function_tells_origins_by_the_request_and_a_group_may_have_its_own() {
    let given = answers(
        app(
            "app:group('/api', web.cors({ origins = function(origin, req)
               return origin == 'https://' .. req.headers['x-tenant'] .. '.test'
             end }), function(api)
               api:get('/x', function() return 'x' end)
             end)
             app:get('/y', function() return 'y' end)",
        ),
        [
            ask(
                "GET /api/x",
                &[("origin", "https://a.test"), ("x-tenant", "a")],
            ),
            ask(
                "GET /api/x",
                &[("origin", "https://a.test"), ("x-tenant", "b")],
            ),
            ask(
                "OPTIONS /api/x",
                &[("origin", "https://a.test"), ("x-tenant", "a"), PREFLIGHT],
            ),
            ask("GET /y", &[("origin", "https://a.test")]),
        ],
    );
    let allowed = |nth: usize| given[nth]["headers"]["access-control-allow-origin"].clone();
    assert_eq!(allowed(0), "https://a.test");
    assert_eq!(allowed(1), Value::Null);
    assert_eq!(allowed(2), "https://a.test");
    assert_eq!(
        given[2]["headers"]["access-control-allow-methods"],
        "DELETE, GET, HEAD, PATCH, POST, PUT"
    );
    assert_eq!(about_origins(&given[3]), json!({}));
}

#[test]
fn options_that_browsers_would_refuse_or_never_match_raise_where_they_stand() {
    let form = "one is like https://app.example.com or https://*.example.com, in lower case, \
                without a path";
    for (options, message) in [
        (
            "5",
            "bad argument #1 to 'cors' (table expected, got number)".to_owned(),
        ),
        (
            "{}",
            "cors: origins is not given; it is \"*\", a list of origins, or a function".to_owned(),
        ),
        (
            "{ origins = {} }",
            "cors: origins is empty; it is a string or a list of strings".to_owned(),
        ),
        (
            "{ origins = { 1 } }",
            "cors: origins has 1 in it; it is a string or a list of strings".to_owned(),
        ),
        (
            "{ origins = '*', credentials = true }",
            "cors: credentials are for origins that you know; browsers refuse them with *: list \
             the origins"
                .to_owned(),
        ),
        (
            "{ origins = { '*', 'https://a.test' } }",
            "cors: origins has * beside others; it stands alone, for all of them".to_owned(),
        ),
        (
            "{ origins = 'a.test' }",
            format!("cors: \"a.test\" is no origin; {form}"),
        ),
        (
            "{ origins = 'https://a.test/' }",
            format!("cors: \"https://a.test/\" is no origin; {form}"),
        ),
        (
            "{ origins = 'https://A.test' }",
            format!("cors: \"https://A.test\" is no origin; {form}"),
        ),
        (
            "{ origins = 'https://a.*.test' }",
            format!("cors: \"https://a.*.test\" is no origin; {form}"),
        ),
        (
            "{ origins = 'https://*a.test' }",
            "cors: in \"https://*a.test\" the * stands for whole labels; write \
             https://*.example.com"
                .to_owned(),
        ),
        (
            "{ origins = 'https://a.test', credentials = true, headers = '*' }",
            "cors: headers has * in it, which is but a name where there are credentials; list them"
                .to_owned(),
        ),
        (
            "{ origins = '*', max_age = 1.5 }",
            "cors: max_age is 1.5; it is a whole number of seconds".to_owned(),
        ),
        (
            "{ origins = '*', methods = 'GET, PUT' }",
            "cors: methods has GET, PUT in it; it is a string or a list of strings".to_owned(),
        ),
        (
            "{ origin = '*' }",
            "cors: no option origin; there are credentials, expose, headers, max_age, methods, \
             origins"
                .to_owned(),
        ),
    ] {
        let given = answers(
            app(&format!(
                "local ok, err = pcall(function()\nreturn web.cors({options}), 1\nend)\n\
                 assert(not ok)\napp:get('/', function() return err end)"
            )),
            [ask("GET /", &[])],
        );
        assert_eq!(
            given[0]["body"],
            format!("main.lua:4: {message}"),
            "{options}"
        );
    }
}
