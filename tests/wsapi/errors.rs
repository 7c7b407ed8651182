//! Applications that raise errors, never end, or log.

use std::time::Duration;

use serde_json::json;

use super::{FRONTS, Front, Request, app, failure, reply};
use crate::support::{Event, Function};

#[test]
fn an_error_fails_the_invocation_with_the_frames_of_the_application() {
    let source = "local M = {}\nlocal function deep() error('boom') end\n\
        function M.run(env)\ndeep()\nreturn 200\nend\nreturn M";
    for handler in ["app", "app.run"] {
        let function = Function::new("app.lua", source)
            .handler(handler)
            .env("MOONLAYER_MODE", "web");
        let error = failure(function, &Request::get("/"));
        assert_eq!(error["errorType"], "LuaError");
        assert_eq!(error["errorMessage"], "app.lua:2: boom");
        let trace = error["stackTrace"].as_array().expect("a list");
        assert!(
            trace.contains(&json!("app.lua:4: in function 'run'")),
            "{trace:?}"
        );
        // The runtime's own frames are no part of it.
        assert!(!error.to_string().contains("lambda."), "{error}");
    }
}

#[test]
fn an_error_of_the_iterator_fails_the_invocation_and_sends_nothing() {
    let body = "return 200, {}, coroutine.wrap(function()\n\
        coroutine.yield('part')\nerror({ type = 'Late', message = 'no more' })\nend)";
    let error = failure(app(body), &Request::get("/"));
    assert_eq!(error["errorType"], "Late");
    assert_eq!(error["errorMessage"], "no more");
    assert_eq!(error["stackTrace"][0], "app.lua:4: in function <app.lua:2>");
}

#[test]
fn a_status_with_a_message_that_is_raised_is_the_answer() {
    for (raised, status, body) in [
        ("{ 404, 'no <b>' }", 404, "<p>no &lt;b&gt;</p>"),
        ("{ 403 }", 403, "<p></p>"),
        ("{ '404', 'gone' }", 404, "<p>gone</p>"),
    ] {
        for front in FRONTS {
            let reply = reply(app(&format!("error({raised})")), front, &Request::get("/"));
            assert_eq!(reply.status, status);
            assert_eq!(
                reply.headers,
                [(
                    "content-type".to_owned(),
                    "text/html; charset=utf-8".to_owned()
                )]
            );
            let page = String::from_utf8(reply.body).expect("a page of UTF-8");
            assert!(page.contains(body), "{page}");
        }
    }
}

#[test]
fn a_raised_status_of_a_server_error_is_logged_too() {
    let event = Front::Url.event(&Request::get("/")).to_string();
    let run = app("error({ 503, 'no database' })")
        .invoke(Event::json(&event))
        .run();
    assert_eq!(run.post().json()["statusCode"], 503);
    let record = "\trequest-1\tERROR\tthe application raised 503: no database";
    assert!(run.stdout().contains(record), "{}", run.stdout());
    let run = app("error({ 404, 'no such page' })")
        .invoke(Event::json(&event))
        .run();
    assert_eq!(run.stdout(), "");
}

#[test]
fn another_table_that_is_raised_is_an_error_as_ever() {
    for raised in ["{ 99, 'x' }", "{ 'x' }", "{ 100, 'x' }", "{}"] {
        let error = failure(app(&format!("error({raised})")), &Request::get("/"));
        assert_eq!(error["errorType"], "LuaError", "{raised}");
    }
    let error = failure(
        app("error({ type = 'OrderNotFound', message = 'no 7' })"),
        &Request::get("/"),
    );
    assert_eq!(error["errorType"], "OrderNotFound");
    assert_eq!(error["errorMessage"], "no 7");
}

#[test]
fn an_application_that_never_ends_is_interrupted_and_the_next_event_is_served() {
    for endless in [
        "while true do end",
        "return 200, {}, function() return 'x' end",
        "return 200, {}, coroutine.wrap(function() while true do end end)",
    ] {
        let body = format!("if env.PATH_INFO == '/next' then return 200, {{}}, 'x' end\n{endless}");
        let event = |path| Event::json(Front::Url.event(&Request::get(path)).to_string());
        let run = app(&body)
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
            .invoke(event("/").left(Duration::from_millis(300)))
            .invoke(event("/next"))
            .run();
        let posts = run.posts();
        assert_eq!(
            posts[0].json()["errorType"],
            "Function.Timeout",
            "{endless}"
        );
        assert_eq!(posts[1].json()["body"], "x");
    }
}

#[test]
fn an_event_that_is_no_http_request_fails_the_invocation() {
    for event in ["{}", "[1]", "\"text\"", "{\"Records\":[]}", "null"] {
        let run = app("error('served')").invoke(Event::json(event)).run();
        assert!(run.post().path.ends_with("/error"), "{event}");
        let error = run.post().json();
        let message = error["errorMessage"].as_str().unwrap_or_default();
        let expected = "this event is no HTTP request: it is ";
        assert!(message.starts_with(expected), "{message}");
    }
}

#[test]
fn what_is_written_to_the_error_stream_is_in_the_log() {
    let body = "env.error:write('first\\n'):write('a', 1, nil, true)\n\
        env.error:write('\\n')\nenv.error:flush():write('two\\nlines\\r\\n')\nreturn 204";
    let event = Front::Url.event(&Request::get("/")).to_string();
    let run = app(body).invoke(Event::json(&event)).run();
    let records: Vec<_> = run
        .stdout()
        .lines()
        .map(|line| line.split_once('\t').expect("a record").1)
        .collect();
    assert_eq!(
        records,
        [
            "request-1\tERROR\tfirst",
            "request-1\tERROR\ta1niltrue",
            "request-1\tERROR\ttwo\rlines",
        ]
    );
}

#[test]
fn what_an_application_does_to_the_error_stream_ends_with_its_request() {
    let body = "local seen = env.error.seen\nenv.error.seen = 'before'\n\
        env.error:write('request')\n\
        env.error.write = function() end\n\
        return 200, {}, tostring(seen)";
    let event = Front::Url.event(&Request::get("/")).to_string();
    let run = app(body)
        .invoke(Event::json(&event))
        .invoke(Event::json(&event))
        .run();
    for post in run.posts() {
        assert_eq!(Front::Url.reply(&post.json()).body, b"nil");
    }
    assert_eq!(run.stdout().matches("ERROR\trequest\n").count(), 2);
}
