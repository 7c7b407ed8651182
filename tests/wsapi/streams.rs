//! Answers that leave while they are made: `MOONLAYER_INVOKE_MODE=response_stream`.

use serde_json::Value;

use super::{FRONTS, Front, Request, app, reply};
use crate::support::{Event, Function, Run};

const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";

#[track_caller]
fn streamed(body: &str, request: &Request) -> Run {
    let event = Front::Url.event(request).to_string();
    let function: Function = app(body).env("MOONLAYER_INVOKE_MODE", "response_stream");
    function.invoke(Event::json(&event)).run()
}

/// The prelude, and what follows its NULs, a chunk each.
#[track_caller]
fn chunks(run: &Run) -> (Value, Vec<String>) {
    let post = run.post();
    assert!(post.path.ends_with("/response"), "{}", run.transcript());
    let chunks = post.chunks.as_ref().expect("a streamed response");
    let text = |chunk: &Vec<u8>| String::from_utf8(chunk.clone()).expect("UTF-8");
    let prelude = serde_json::from_slice(&chunks[0]).expect("a prelude");
    assert_eq!(chunks[1], [0; 8]);
    (prelude, chunks[2..].iter().map(text).collect())
}

#[test]
fn each_piece_is_a_chunk_behind_the_prelude() {
    let body = "return '201 Made', { ['Content-Type'] = 'text/html', ['Set-Cookie'] = { 'a=1', 'b=2' } },\n\
        coroutine.wrap(function()\n\
        coroutine.yield('one') coroutine.yield('') coroutine.yield(2) coroutine.yield('three')\n\
        end)";
    let run = streamed(body, &Request::get("/"));
    let (prelude, pieces) = chunks(&run);
    assert_eq!(
        prelude,
        serde_json::json!({
            "statusCode": 201,
            "headers": { "content-type": "text/html" },
            "cookies": ["a=1", "b=2"],
        })
    );
    assert_eq!(pieces, ["one", "2", "three"]);
    assert_eq!(run.post().trailer(ERROR_TYPE), None);
}

#[test]
fn a_rest_api_is_streamed_to_in_its_own_form() {
    let event = Front::Rest.event(&Request::get("/")).to_string();
    let run = app("return 200, { ['Set-Cookie'] = { 'a=1', 'b=2' } }, 'x'")
        .env("MOONLAYER_INVOKE_MODE", "response_stream")
        .invoke(Event::json(&event))
        .run();
    let (prelude, pieces) = chunks(&run);
    let cookies = &prelude["multiValueHeaders"]["set-cookie"];
    assert_eq!(*cookies, serde_json::json!(["a=1", "b=2"]));
    assert_eq!(pieces, ["x"]);
}

#[test]
fn front_ends_that_take_no_stream_get_the_whole() {
    let body = "return '201 Made', { ['Content-Type'] = 'a/b' }, coroutine.wrap(function()\n\
        coroutine.yield('one') coroutine.yield('two')\nend)";
    for front in [Front::Http, Front::Alb, Front::AlbMulti] {
        let function = app(body).env("MOONLAYER_INVOKE_MODE", "response_stream");
        let reply = reply(function, front, &Request::get("/"));
        assert_eq!((reply.status, &reply.body[..]), (201, &b"onetwo"[..]));
    }
}

#[test]
fn an_answer_without_a_body_is_a_prelude() {
    for body in [
        "return 204, {}",
        "return 302, { Location = '/b' }, function() return nil end",
    ] {
        let (prelude, pieces) = chunks(&streamed(body, &Request::get("/")));
        assert!(prelude["statusCode"].is_u64());
        assert!(pieces.is_empty(), "{pieces:?}");
    }
    let body = "return 200, { ['Content-Type'] = 'a/b' }, function() error('read') end";
    let (_, pieces) = chunks(&streamed(body, &Request::get("/").method("HEAD")));
    assert!(pieces.is_empty());
}

#[test]
fn a_string_is_a_body_as_well() {
    let (prelude, pieces) = chunks(&streamed("return 200, {}, 'text'", &Request::get("/")));
    assert_eq!(
        prelude["headers"]["content-type"],
        "text/plain; charset=utf-8"
    );
    assert_eq!(pieces, ["text"]);
}

#[test]
fn an_error_in_the_midst_is_told_at_the_end() {
    let body = "return 200, { ['Content-Type'] = 'a/b' }, coroutine.wrap(function()\n\
        coroutine.yield('part')\nerror({ type = 'Late', message = 'no more' })\nend)";
    let run = streamed(body, &Request::get("/"));
    let (_, pieces) = chunks(&run);
    assert_eq!(pieces, ["part"]);
    assert_eq!(run.post().trailer(ERROR_TYPE), Some("Function.Late"));
    assert!(
        run.stdout().contains("ERROR\tLate: no more"),
        "{}",
        run.stdout()
    );
}

#[test]
fn an_error_before_the_first_piece_is_an_ordinary_failed_invocation() {
    for body in [
        "error('boom')",
        "return 200, {}, function() error('boom') end",
        "return 99, {}, 'x'",
        "return 200, { ['X-A'] = 'a\\r\\nb' }, 'x'",
        "return 200, {}, function() return {} end",
    ] {
        let run = streamed(body, &Request::get("/"));
        assert!(run.post().path.ends_with("/error"), "{}", run.transcript());
    }
}

#[test]
fn a_header_that_cannot_be_sent_is_told_with_its_application() {
    for front in FRONTS {
        let event = front.event(&Request::get("/")).to_string();
        let run = app("return 200, { ['X-A'] = 'a\\r\\nb' }, 'x'")
            .env("MOONLAYER_INVOKE_MODE", "response_stream")
            .invoke(Event::json(&event))
            .run();
        let error = run.post().json();
        let message = error["errorMessage"].as_str().unwrap_or_default();
        let start = "app.lua:1: the answer's header x-a has a line break";
        assert!(message.starts_with(start), "{front:?}: {message}");
    }
}

#[test]
fn a_raised_status_is_streamed_as_the_answer() {
    let (prelude, pieces) = chunks(&streamed("error({ 404, 'gone' })", &Request::get("/")));
    assert_eq!(prelude["statusCode"], 404);
    assert!(pieces.concat().contains("gone"));
}

#[test]
fn more_than_a_buffered_answer_may_hold_is_streamed() {
    let body = "local left, piece = 1000, ('x'):rep(10000)\n\
        return 200, { ['Content-Type'] = 'text/plain' }, function()\n\
        left = left - 1\nreturn left >= 0 and piece or nil\nend";
    let (_, pieces) = chunks(&streamed(body, &Request::get("/")));
    assert_eq!(pieces.concat().len(), 10_000_000);
}
