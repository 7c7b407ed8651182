//! web.stream: errors before and after the first byte, and wrong calls.

use serde_json::json;

use super::streams::sent;
use super::support::*;

const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";

/// What the stream handler of this body makes of an event of a function URL.
#[track_caller]
fn run(body: &str) -> Run {
    invoke(streaming(body), [&event(URL)])
}

#[test]
fn an_error_before_the_first_byte_is_that_of_any_handler() {
    for before in [
        "",
        "response:start({ status = 201 })",
        "response:content_type('a/b')",
        "response:write('')",
    ] {
        let failed = run(&format!("{before}\nerror('boom')"));
        let post = failed.post();
        assert!(post.path.ends_with("/error"), "{before}");
        assert_eq!(post.json()["errorMessage"], "app.lua:4: boom", "{before}");
        assert_eq!(
            post.json()["stackTrace"],
            json!(["app.lua:4: in function 'handler'"])
        );
        let (prelude, chunks) = sent(&run(&format!("{before}\nweb.error(409, 'busy')")));
        assert_eq!(prelude["statusCode"], 409, "{before}");
        assert_eq!(
            prelude["headers"],
            json!({ "content-type": "application/json" })
        );
        assert_eq!(chunks, ["{\"message\":\"busy\"}"], "{before}");
    }
}

#[test]
fn a_bad_request_before_the_first_byte_is_answered_and_logged() {
    let run = run("response:start()\nresponse:write(req:form().a)");
    let (prelude, _) = sent(&run);
    assert_eq!(prelude["statusCode"], 415);
    assert!(
        run.stdout()
            .contains("\tWARN\tthe request was answered with 415: "),
        "{}",
        run.stdout()
    );
}

#[test]
fn an_error_in_the_first_piece_is_that_of_any_handler() {
    let (prelude, chunks) = sent(&run(
        "return 200, nil, function() web.error(404, 'none') end",
    ));
    assert_eq!(prelude["statusCode"], 404);
    assert_eq!(chunks, ["{\"message\":\"none\"}"]);
    let failed = run("return 200, nil, function() error('boom') end");
    assert!(failed.post().path.ends_with("/error"));
    assert_eq!(failed.post().json()["errorMessage"], "app.lua:3: boom");
    let failed = run("return 200, nil, function() return {} end");
    let message = "app.lua:2: the answer's body gave a table; its pieces are strings";
    assert_eq!(failed.post().json()["errorMessage"], message);
}

#[test]
fn an_error_after_the_first_byte_goes_into_the_trailers() {
    for (body, kind) in [
        ("response:write('x')\nerror('boom')", "Function.LuaError"),
        (
            "response:write('x')\nerror({ type = 'MyError', message = 'x' })",
            "Function.MyError",
        ),
        (
            "response:write('x')\nreturn nil, 'boom'",
            "Function.LuaError",
        ),
        ("response:write('x')\nweb.error(404)", "Function.HttpError"),
        ("response:write('x')\nreturn true", "Function.LuaError"),
        (
            "local n = 0 return 200, nil, function() n = n + 1\nif n > 1 then error('x') end return 'x' end",
            "Function.LuaError",
        ),
        (
            "local n = 0 return 200, nil, function() n = n + 1\nif n > 1 then web.error(404) end return 'x' end",
            "Function.HttpError",
        ),
    ] {
        let run = run(body);
        let (_, chunks) = sent(&run);
        assert_eq!(chunks, ["x"], "{body}");
        assert_eq!(
            run.post().trailer(ERROR_TYPE),
            Some(kind),
            "{body}\n{}",
            run.transcript()
        );
    }
}

#[test]
fn an_answer_after_a_write_is_ignored_and_logged() {
    let run = run("response:write('x')\nreturn 404, nil, 'late'");
    assert_eq!(sent(&run).1, ["x"]);
    assert_eq!(run.post().trailer(ERROR_TYPE), None);
    let expected = "\tWARN\twhat the handler returned is ignored: it has written its answer \
        method=POST path=/greet\n";
    assert!(run.stdout().ends_with(expected), "{}", run.stdout());
}

#[test]
fn wrong_calls_are_errors_of_their_line() {
    for (body, message) in [
        (
            "response:start(5)",
            "bad argument #1 to 'start' (table expected, got number)",
        ),
        (
            "response:start({ statusCode = 200 })",
            "start: unknown key \"statusCode\"; it takes status, headers and cookies",
        ),
        (
            "response:start({ status = 99 })",
            "the handler answered with the status 99; a status is an integer from 200 to 599",
        ),
        (
            "response:start({ headers = { a = 'x\\r\\nb: c' } })",
            "the answer's header a has a line break or another control character: \"x\\r\\nb: c\"",
        ),
        (
            "response:start({ cookies = { 'a=b\\nc' } })",
            "the answer's header set-cookie has a line break or another control character: \"a=b\\nc\"",
        ),
        (
            "response:content_type('a/b\\r\\nc: d')",
            "the answer's header content-type has a line break or another control character: \
             \"a/b\\r\\nc: d\"",
        ),
        (
            "response:content_type('text')",
            "content_type: \"text\" is no content type; one is like application/json",
        ),
        (
            "response:content_type()",
            "content_type: nil is no content type; one is like application/json",
        ),
        (
            "response:start()\nresponse:start()",
            "start: the answer has begun; call it once, before the first write",
        ),
        (
            "response:write({})",
            "bad argument #1 to 'write' (string expected, got table)",
        ),
        (
            "response:write('a', nil)",
            "bad argument #2 to 'write' (string expected, got nil)",
        ),
        (
            "response.write('x')",
            "bad self to 'write' (response expected, got string); call it with a \
             colon, response:write(…)",
        ),
    ] {
        for name in [URL, REST, ALB] {
            let failed = invoke(streaming(&format!("{body}\nreturn nil")), [&event(name)]);
            let report = failed.post().json();
            let line = 2 + body.lines().count();
            assert_eq!(
                report["errorMessage"],
                format!("app.lua:{line}: {message}"),
                "{body}"
            );
        }
    }
    for (body, message) in [
        (
            "response:write('x')\nresponse:start()",
            "start: the answer has begun; call it once, before the first write",
        ),
        (
            "response:write('x')\nresponse:content_type('a/b')",
            "content_type: the answer has begun; call it before the first write",
        ),
    ] {
        let failed = run(body);
        assert_eq!(failed.post().trailer(ERROR_TYPE), Some("Function.LuaError"));
        let record = failed.stdout();
        assert!(
            record.contains(&format!("app.lua:4: {message}")),
            "{record}"
        );
    }
}

#[test]
fn a_write_that_the_service_does_not_take_is_an_error_of_its_line() {
    let source = "local web = require('lambda.web')\nlocal kept\n\
        return { handler = web.stream(function(req, response)\n\
        if kept then\nlocal ok, err = pcall(kept.write, kept, 'late')\nresponse:write(tostring(err))\n\
        else kept = response response:write('x') end\nend) }";
    let function = Function::new("app.lua", source).handler("app.handler");
    let run = invoke(function, [&event(URL), &event(URL)]);
    let chunks = run.posts()[1].chunks.clone().expect("chunks");
    let said = String::from_utf8_lossy(&chunks[2]).into_owned();
    assert!(said.contains("write: "), "{said}");
    assert!(!said.contains("lambda."), "{said}");
}

#[test]
fn a_deadline_while_it_streams_is_told_in_the_trailers() {
    let body = "if req.query.again then return 'again' end\nresponse:write('x')\nwhile true do end";
    let short = Event::json(event(URL).to_string()).left(std::time::Duration::from_millis(300));
    let again = changed(URL, json!({ "rawQueryString": "again=1" }));
    let run = streaming(body)
        .invoke(short)
        .invoke(Event::json(again.to_string()))
        .run();
    assert_eq!(
        run.posts()[0].trailer(ERROR_TYPE),
        Some("Function.Timeout"),
        "{}",
        run.transcript()
    );
    let chunks = run.posts()[1].chunks.clone().expect("chunks");
    assert_eq!(chunks[2], b"again");
}

#[test]
fn an_event_that_is_no_request_fails_before_anything_is_sent() {
    let run = invoke(
        streaming("response:write('x')"),
        [&json!({ "Records": [] })],
    );
    assert!(run.post().path.ends_with("/error"));
    let report = run.post().json();
    let message = report["errorMessage"].as_str().expect("a message");
    assert!(
        message.starts_with("this event is no HTTP request: "),
        "{message}"
    );
}
