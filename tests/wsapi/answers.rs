//! What becomes of the status, the headers and the iterator of an application.

use serde_json::json;

use super::{FRONTS, Front, Reply, Request, answer, app, failure, reply};
use crate::support::Event;

fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn status_headers_and_pieces_reach_the_client_of_every_front_end() {
    let body = "return '201 Made', {\n\
        ['Content-Type'] = 'text/html', ['Set-Cookie'] = { 'a=1; Path=/', 'b=2' },\n\
        ['X-Number'] = 7, ['X-Float'] = 8.0, ['Content-Length'] = 9.0 },\n\
        coroutine.wrap(function()\n\
        coroutine.yield('<p>') coroutine.yield('') coroutine.yield(12) coroutine.yield('</p>')\n\
        end)";
    for front in FRONTS {
        assert_eq!(
            reply(app(body), front, &Request::get("/")),
            Reply {
                status: 201,
                headers: headers(&[
                    ("content-length", "9"),
                    ("content-type", "text/html"),
                    ("set-cookie", "a=1; Path=/"),
                    ("set-cookie", "b=2"),
                    ("x-float", "8"),
                    ("x-number", "7"),
                ]),
                body: b"<p>12</p>".to_vec(),
            },
            "{front:?}"
        );
    }
}

#[test]
fn a_status_is_a_number_or_a_string_that_begins_with_one() {
    for (status, expected) in [
        ("404", 404),
        ("404.0", 404),
        ("'404'", 404),
        ("'404 Not Found'", 404),
        ("' 404 '", 404),
        ("'200OK'", 200),
        ("200", 200),
        ("599", 599),
    ] {
        let reply = reply(
            app(&format!("return {status}, {{}}, 'x'")),
            Front::Rest,
            &Request::get("/"),
        );
        assert_eq!(reply.status, expected, "{status}");
    }
}

#[test]
fn any_other_status_fails_the_invocation_with_its_application() {
    for (status, shown) in [
        ("nil", "nil"),
        ("99", "99"),
        ("100", "100"),
        ("600", "600"),
        ("200.5", "200.5"),
        (
            "0/0",
            if cfg!(feature = "luajit") {
                "nan"
            } else {
                "-nan"
            },
        ),
        ("'abc'", "\"abc\""),
        ("'99'", "\"99\""),
        ("'2000'", "\"2000\""),
        ("''", "\"\""),
        ("{ 404, 'gone' }", "a table"),
        ("true", "true"),
    ] {
        let error = failure(
            app(&format!("return {status}, {{}}, 'x'")),
            &Request::get("/"),
        );
        let message = error["errorMessage"].as_str().unwrap_or_default();
        let expected = format!(
            "app.lua:1: the application answered with the status {shown}; a status is an integer \
             from 200 to 599, or a string that begins with one: \"404 Not Found\""
        );
        assert_eq!(
            message.replace("-nan", "nan"),
            expected.replace("-nan", "nan")
        );
    }
}

#[test]
fn headers_and_a_body_may_be_missing() {
    for front in FRONTS {
        let reply = reply(app("return 200"), front, &Request::get("/"));
        assert_eq!((reply.status, reply.body), (200, Vec::new()), "{front:?}");
    }
    // What has no type is no page that could run scripts.
    let reply = reply(
        app("return 200, nil, function() return nil end"),
        Front::Url,
        &Request::get("/"),
    );
    let plain = headers(&[("content-type", "text/plain; charset=utf-8")]);
    assert_eq!((reply.headers, reply.body), (plain, Vec::new()));
}

#[test]
fn names_that_differ_in_their_case_are_one_header() {
    let body = "return 200, { ['Set-Cookie'] = 'a=1', ['set-cookie'] = 'b=2',\n\
        ['Content-Type'] = 'a/b' }, 'x'";
    for front in FRONTS {
        let expected = [
            ("content-type", "a/b"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ];
        let reply = reply(app(body), front, &Request::get("/"));
        assert_eq!(reply.headers, headers(&expected), "{front:?}");
    }
}

#[test]
fn an_answer_that_has_no_body_has_none() {
    let body = "return env.HTTP_X_STATUS, { ['Content-Type'] = 'a/b', ['Content-Length'] = 2,\n\
        ['Transfer-Encoding'] = 'chunked' }, coroutine.wrap(function() coroutine.yield('ab') end)";
    for front in FRONTS {
        let head = Request::get("/").method("HEAD").header("X-Status", "200");
        let head = reply(app(body), front, &head);
        // A HEAD tells how long the body would be.
        let expected = headers(&[("content-length", "2"), ("content-type", "a/b")]);
        assert_eq!((head.headers, head.body), (expected, Vec::new()));
        for status in ["204", "304"] {
            let none = Request::get("/").header("X-Status", status);
            assert_eq!(reply(app(body), front, &none).body, b"", "{front:?}");
        }
        let none = Request::get("/").header("X-Status", "204");
        let expected = headers(&[("content-type", "a/b")]);
        assert_eq!(reply(app(body), front, &none).headers, expected);
    }
}

#[test]
fn an_answer_that_has_no_body_gets_no_type_of_one() {
    for (status, mode) in [("204", "buffered"), ("304", "response_stream")] {
        for body in ["'ab'", "''", "function() end", "nil"] {
            let source = format!("return {status}, {{ ETag = 'e' }}, {body}");
            for front in FRONTS {
                let function = || app(&source);
                let expected = headers(&[("etag", "e")]);
                let whole = reply(function(), front, &Request::get("/"));
                assert_eq!(whole.headers, expected, "{status} {body} {front:?}");
            }
            let function = app(&source).env("MOONLAYER_INVOKE_MODE", mode);
            let event = Front::Url.event(&Request::get("/")).to_string();
            let run = function.invoke(Event::json(&event)).run();
            let text = run.post().text();
            assert!(!text.contains("content-type"), "{status} {body}: {text}");
        }
    }
}

#[test]
fn the_load_balancer_gets_the_reason_of_the_status() {
    let event = Front::Alb.event(&Request::get("/"));
    let answer = answer(app("return '404 Nowhere', {}, 'x'"), &event);
    assert_eq!(answer["statusDescription"], "404 Not Found");
}

#[test]
fn line_breaks_in_headers_do_not_reach_the_client() {
    for header in [
        "['Location'] = '/a\\r\\nSet-Cookie: x=1'",
        "['X-A'] = { 'fine', 'a\\nb' }",
        "['X-A'] = 'a\\0b'",
        "['X-A\\r\\nX-B'] = '1'",
        "['X-A: 1'] = '1'",
        "['Set-Cookie'] = 'a=1\\n'",
        "['X-A'] = print",
        "[1] = 'X-A: 1'",
    ] {
        let body = format!("return 302, {{ {header} }}, 'x'");
        let error = failure(app(&body), &Request::get("/"));
        let message = error["errorMessage"].as_str().unwrap_or_default();
        assert!(
            message.starts_with("app.lua:1: ") && message.contains("header"),
            "{header}: {message}"
        );
    }
    let error = failure(app("return 200, 'text/html', 'x'"), &Request::get("/"));
    let message = error["errorMessage"].as_str().unwrap_or_default();
    assert!(
        message
            .starts_with("app.lua:1: the application answered with headers that are \"text/html\""),
        "{message}"
    );
}

#[test]
fn an_iterator_that_gives_no_strings_fails_the_invocation() {
    for (given, shown) in [("{}", "a table"), ("true", "true"), ("print", "a function")] {
        let body = format!("return 200, {{}}, function() return {given} end");
        let error = failure(app(&body), &Request::get("/"));
        assert_eq!(
            error["errorMessage"],
            format!(
                "app.lua:1: the application's iterator gave {shown}; it gives strings, and nil at \
                 the end"
            )
        );
    }
    let error = failure(app("return 200, {}, { 'a' }"), &Request::get("/"));
    assert_eq!(
        error["errorMessage"],
        "app.lua:1: the application answered with a body that is a table; it is a function that \
         gives a piece a call and then nil"
    );
}

#[test]
fn an_iterator_is_called_without_arguments_until_it_gives_nil_or_false() {
    for last in ["nil", "false"] {
        let body = format!(
            "local left = 3\nreturn 200, {{}}, function(...)\n\
             assert(select('#', ...) == 0 and left >= 0)\n\
             left = left - 1\nreturn left >= 0 and 'x' or {last}\nend"
        );
        let reply = reply(app(&body), Front::Url, &Request::get("/"));
        assert_eq!(reply.body, b"xxx");
    }
    let callable = "local left = 2\nreturn 200, {}, setmetatable({}, { __call = function()\n\
        left = left - 1\nreturn left >= 0 and 'y' or nil\nend })";
    let reply = reply(app(callable), Front::Url, &Request::get("/"));
    assert_eq!(reply.body, b"yy");
}

#[test]
fn an_answer_of_five_megabytes_is_whole_and_one_too_large_is_refused_by_lambda() {
    let pieces = "local left = 5 * 2^20 / 2^10\nlocal piece = ('é'):rep(512)\n\
        return 200, {}, function()\nleft = left - 1\nreturn left >= 0 and piece or nil\nend";
    let reply = reply(app(pieces), Front::Url, &Request::get("/"));
    assert_eq!(reply.body.len(), 5 << 20);
    let event = Front::Url.event(&Request::get("/")).to_string();
    let run = app("return 200, {}, ('x'):rep(7 * 2^20)")
        .posted(crate::support::Answer::json(413, "{}"))
        .invoke(Event::json(&event))
        .run();
    let said = run.stdout();
    assert!(said.contains("ERROR"), "{said}");
    assert_eq!(run.posts()[0].json()["statusCode"], json!(200));
}
