//! `wsapi_env`: what an application reads of its request.

use serde_json::{Value, json};

use super::{FRONTS, Front, Request, answer, app, reply};
use crate::support::Function;

/// The variables of that name, as the application sees them.
#[track_caller]
fn variables(names: &[&str], event: &Value) -> Value {
    let names = names.join("', '");
    let function = app(&format!(
        "local seen = require('lambda.json').array({{}})\n\
         for _, name in ipairs({{ '{names}' }}) do seen[#seen + 1] = env[name] end\n\
         return 200, {{}}, require('lambda.json').encode(seen)"
    ));
    let answer = answer(function, event);
    let body = answer["body"].as_str().expect("a body");
    serde_json::from_str(body).expect("JSON")
}

#[test]
fn every_front_end_gives_the_variables_of_cgi() {
    let names = [
        "REQUEST_METHOD",
        "PATH_INFO",
        "SCRIPT_NAME",
        "QUERY_STRING",
        "REQUEST_URI",
        "SERVER_NAME",
        "SERVER_PORT",
        "SERVER_PROTOCOL",
        "GATEWAY_INTERFACE",
        "HTTPS",
        "REQUEST_SCHEME",
        "REMOTE_ADDR",
        "REMOTE_HOST",
        "REMOTE_USER",
        "HTTP_HOST",
        "HTTP_X_ONE_TWO",
        "HTTP_COOKIE",
        "CONTENT_TYPE",
        "CONTENT_LENGTH",
    ];
    let request = Request::get("/a%20b/%C3%A9")
        .query("q", "x y&z")
        .query("r", "1")
        .header("X-One-Two", "3")
        .header("Cookie", "a=1; b=2");
    for front in FRONTS {
        // What the client encoded is there as it was; what comes decoded is encoded again.
        let blank = if matches!(front, Front::Http | Front::Url) {
            "+"
        } else {
            "%20"
        };
        let query = format!("q=x{blank}y%26z&r=1");
        let stage = front.stage();
        assert_eq!(
            variables(&names, &front.event(&request)),
            json!([
                "GET",
                "/a b/é",
                stage,
                query,
                format!("{stage}/a%20b/%C3%A9?{query}"),
                "api.example",
                "443",
                "HTTP/1.1",
                "CGI/1.1",
                "on",
                "https",
                "203.0.113.7",
                "203.0.113.7",
                "",
                "api.example",
                "3",
                "a=1; b=2",
                "",
                ""
            ]),
            "{front:?}"
        );
    }
}

#[test]
fn several_values_of_a_name_in_the_query_are_all_there() {
    let request = Request::get("/")
        .query("n", "1")
        .query("n", "2")
        .query("a", "");
    for front in [Front::Rest, Front::AlbMulti] {
        let event = front.event(&request);
        assert_eq!(variables(&["QUERY_STRING"], &event), json!(["a=&n=1&n=2"]));
    }
    let event = Front::Http.event(&request);
    assert_eq!(variables(&["QUERY_STRING"], &event), json!(["n=1&n=2&a="]));
}

#[test]
fn a_request_without_a_query_has_an_empty_one() {
    for front in FRONTS {
        let mut event = front.event(&Request::get("/"));
        for key in ["queryStringParameters", "multiValueQueryStringParameters"] {
            if event.get(key).is_some() {
                event[key] = Value::Null;
            }
        }
        let names = ["QUERY_STRING", "REQUEST_URI"];
        let uri = format!("{}/", front.stage());
        assert_eq!(variables(&names, &event), json!(["", uri]), "{front:?}");
    }
}

#[test]
fn the_stage_alone_is_the_root_of_the_application() {
    let event = Front::Http.event(&Request::get(""));
    assert_eq!(event["rawPath"], "/prod");
    let names = ["SCRIPT_NAME", "PATH_INFO"];
    assert_eq!(variables(&names, &event), json!(["/prod", "/"]));
    assert_eq!(variables(&["REQUEST_URI"], &event), json!(["/prod"]));
}

#[test]
fn a_percent_sign_in_the_path_is_one_behind_every_front_end() {
    for front in FRONTS {
        let event = front.event(&Request::get("/100%25"));
        let stage = front.stage();
        let names = ["SCRIPT_NAME", "PATH_INFO", "REQUEST_URI"];
        let expected = json!([stage, "/100%", format!("{stage}/100%25")]);
        assert_eq!(variables(&names, &event), expected, "{front:?}");
    }
}

#[test]
fn what_is_missing_is_the_empty_string() {
    let names = ["AUTH_TYPE", "HTTP_X_NONE", "anything", "HTTP_", "PATH", "1"];
    let event = Front::Url.event(&Request::get("/"));
    let none = json!(["", "", "", "", "", ""]);
    assert_eq!(variables(&names, &event), none);
    let function = app("return 200, {}, env[1] .. env[true] .. env[nil] .. 'none'");
    let reply = reply(function, Front::Url, &Request::get("/"));
    assert_eq!(reply.body, b"none");
}

#[test]
fn what_the_application_sets_stays() {
    let function = app("env.PATH_INFO = '/other'\nenv.MINE = 7\n\
        return 200, {}, env.PATH_INFO .. env.MINE");
    let reply = reply(function, Front::Url, &Request::get("/"));
    assert_eq!(reply.body, b"/other7");
}

#[test]
fn a_path_cannot_leave_the_applications_folder() {
    for (path, seen) in [
        ("/../../etc/passwd", "/etc/passwd"),
        ("/static/%2e%2e/%2E%2E/app.lua", "/app.lua"),
        ("/static/..%2f..%2fapp.lua", "/app.lua"),
        ("/a/./b/../c", "/a/c"),
        ("/a/b/..", "/a/"),
        ("/a/.", "/a/"),
        ("/..", "/"),
        ("/.hidden/..a/b.", "/.hidden/..a/b."),
        ("/a//b", "/a//b"),
    ] {
        let event = Front::Url.event(&Request::get(path));
        assert_eq!(variables(&["PATH_INFO"], &event), json!([seen]), "{path}");
    }
}

#[test]
fn a_header_with_an_underscore_does_not_pass_for_another() {
    let event = Front::Url.event(&Request::get("/").header("X_Forwarded_For", "198.51.100.1"));
    let names = ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"];
    let true_address = json!(["203.0.113.7", "203.0.113.7"]);
    assert_eq!(variables(&names, &event), true_address);
}

#[test]
fn the_applications_own_place_is_known() {
    let function = Function::new(
        "shop/app.lua",
        "return function(env)\n\
         return 200, {}, table.concat({ env.DOCUMENT_ROOT, env.APP_PATH, env.SCRIPT_FILENAME,\n\
         env.PATH_TRANSLATED }, ' ')\nend",
    )
    .handler("shop/app")
    .env("MOONLAYER_MODE", "web");
    let root = function.root().path().display().to_string();
    let file = format!("{root}/shop/app.lua");
    let expected = format!("{root} {root}/shop {file} {file}");
    let reply = reply(function, Front::Url, &Request::get("/"));
    assert_eq!(String::from_utf8(reply.body), Ok(expected));
}

#[test]
fn the_server_is_named_by_the_host_of_the_request() {
    let names = ["SERVER_NAME", "SERVER_PORT", "HTTPS", "SERVER_SOFTWARE"];
    let version = format!("Moonlayer/{}", env!("CARGO_PKG_VERSION"));
    for (headers, expected) in [
        (
            json!({ "host": "a.example:8080", "x-forwarded-proto": "http" }),
            json!(["a.example", "80", "", version]),
        ),
        (
            json!({ "host": "[::1]:8080", "x-forwarded-proto": "HTTPS", "x-forwarded-port": "8443" }),
            json!(["[::1]", "8443", "on", version]),
        ),
        (
            json!({ "x-forwarded-port": "many" }),
            json!(["id.lambda-url.eu-west-1.on.aws", "443", "on", version]),
        ),
    ] {
        let mut event = Front::Url.event(&Request::get("/"));
        event["headers"] = headers;
        assert_eq!(variables(&names, &event), expected);
    }
    let mut event = Front::Alb.event(&Request::get("/"));
    event["headers"] = json!({});
    let expected = json!(["localhost", "80", "", version]);
    assert_eq!(variables(&names, &event), expected);
}

#[test]
fn the_user_is_whom_the_front_end_has_identified() {
    for (front, authorizer, user) in [
        (Front::Rest, json!({ "principalId": "ada" }), "ada"),
        (Front::Rest, json!({ "claims": { "sub": "s-1" } }), "s-1"),
        (
            Front::Http,
            json!({ "jwt": { "claims": { "sub": "s-2" } } }),
            "s-2",
        ),
        (
            Front::Http,
            json!({ "lambda": { "principalId": "bob" } }),
            "bob",
        ),
        (
            Front::Url,
            json!({ "iam": { "userArn": "arn:aws:iam::1:user/u" } }),
            "arn:aws:iam::1:user/u",
        ),
        (
            Front::Http,
            json!({ "lambda": { "principalId": 123_456_789_012_345_i64 } }),
            "123456789012345",
        ),
        (
            Front::Http,
            json!({ "lambda": { "principalId": 1.5 } }),
            "1.5",
        ),
        (
            Front::Http,
            json!({ "lambda": { "principalId": 1e300 } }),
            "1e+300",
        ),
        (Front::Url, Value::Null, ""),
    ] {
        // What the client says of itself counts for nothing.
        let mut event = front.event(&Request::get("/").header("Authorization", "Basic eDp5"));
        event["requestContext"]["authorizer"] = authorizer;
        let names = ["REMOTE_USER", "HTTP_AUTHORIZATION"];
        assert_eq!(variables(&names, &event), json!([user, "Basic eDp5"]));
    }
    let mut event = Front::Rest.event(&Request::get("/"));
    event["requestContext"]["identity"]["userArn"] = json!("arn:aws:iam::1:user/v");
    let user = json!(["arn:aws:iam::1:user/v"]);
    assert_eq!(variables(&["REMOTE_USER"], &event), user);
}

#[test]
fn the_event_and_the_context_are_there() {
    let function = app("local lambda = env.lambda\n\
        return 200, {}, lambda.event.version .. ' ' .. lambda.context.aws_request_id");
    let reply = reply(function, Front::Url, &Request::get("/"));
    assert_eq!(reply.body, b"2.0 request-1");
}

#[test]
fn the_body_is_read_as_from_the_servers_of_wsapi_and_as_from_a_file() {
    let body = "assert(env.CONTENT_LENGTH == '12' and env.CONTENT_TYPE == 'text/plain')\n\
        local input = env.input\n\
        assert(input.length == 12)\n\
        assert(input:read(0) == nil and input:read(-1) == nil)\n\
        assert(input:read(2) == 'on' and input:read('1') == 'e' and input:read('*l') == '')\n\
        assert(input:read('L') == 'two\\n' and input:read('a') == '\\0end')\n\
        assert(input:read('a') == '' and input:read() == nil and input:read(1) == nil)\n\
        assert(input:read('l') == nil)\n\
        local ok, err = pcall(function() local _ = input:read('x') end)\n\
        assert(not ok)\n\
        return 200, {}, err";
    let request = Request::post("/", "text/plain", "one\ntwo\n\0end");
    for front in FRONTS {
        let reply = reply(app(body), front, &request);
        assert_eq!(
            String::from_utf8_lossy(&reply.body),
            "app.lua:10: bad argument #1 to 'read' (a number of bytes, \"a\" or \"l\" expected, got \
             \"x\")",
            "{front:?}"
        );
    }
    let lines = "local all = {}\nfor line in env.input:lines() do all[#all + 1] = line end\n\
        return 200, {}, table.concat(all, '|')";
    let reply = reply(app(lines), Front::Url, &request);
    assert_eq!(reply.body, b"one|two|\0end");
}

#[test]
fn bytes_come_and_go_as_they_are() {
    let every_byte: Vec<u8> = (0..=255).cycle().take(1 << 20).collect();
    let body = "local pieces = {}\n\
        repeat local piece = env.input:read(1000) pieces[#pieces + 1] = piece until not piece\n\
        local at = 0\n\
        return '200 OK', { ['Content-Type'] = 'application/octet-stream' }, function()\n\
        at = at + 1\nreturn pieces[at]\nend";
    let request = Request::post("/", "application/octet-stream", every_byte.clone());
    for front in FRONTS {
        let reply = reply(app(body), front, &request);
        assert!(reply.body == every_byte, "{front:?}");
    }
}

#[test]
fn a_body_that_is_not_the_base64_it_says_is_refused() {
    let mut event = Front::Http.event(&Request::post("/", "text/plain", "x"));
    event["isBase64Encoded"] = json!(true);
    event["body"] = json!("!");
    let reply = Front::Http.reply(&answer(app("error('served')"), &event));
    assert_eq!(reply.status, 400);
}
