//! Errors that are answers, and those that fail the invocation with the user's own stack.

use std::time::Duration;

use serde_json::json;

use super::support::*;

/// The report of the failed invocation.
#[track_caller]
fn report(run: &Run) -> serde_json::Value {
    let post = run.posts()[0];
    assert!(
        post.path.ends_with("/request-1/error"),
        "{}",
        run.transcript()
    );
    post.json()
}

#[test]
fn web_error_answers_with_its_status_from_any_depth() {
    let deep = "local function check() web.error(403, 'not yours', { ['X-Why'] = 'owner' }) end\n\
        local co = coroutine.wrap(check)\nco()";
    for name in ALL {
        let answer = answer(deep, &event(name));
        assert_eq!(answer["statusCode"], 403, "{name}");
        assert_eq!(answer["body"], r#"{"message":"not yours"}"#, "{name}");
        let headers = answer.get("headers").or(answer.get("multiValueHeaders"));
        let why = headers.expect("headers")["x-why"].clone();
        assert!(why == "owner" || why == json!(["owner"]), "{name}: {why}");
    }
}

#[test]
fn web_error_says_the_reason_phrase_or_what_it_is_given() {
    for (call, status, body) in [
        ("404", 404, r#"{"message":"Not Found"}"#),
        ("418.0", 418, r#"{"message":"Error"}"#),
        (
            "422, { message = 'no', fields = { 'a' } }",
            422,
            r#""fields":["a"]"#,
        ),
        ("503, 5", 503, r#"{"message":"5"}"#),
        ("404, json.null", 404, r#"{"message":"Not Found"}"#),
        ("404, req.method == 'x'", 404, r#"{"message":"Not Found"}"#),
    ] {
        let answer = answer(&format!("web.error({call})"), &event(URL));
        assert_eq!(answer["statusCode"], status);
        assert!(
            answer["body"].as_str().expect("a body").contains(body),
            "{answer}"
        );
        assert_eq!(answer["headers"]["content-type"], "application/json");
    }
    // It is no failure, and not the log's business.
    let run = run("web.error(500, 'x')", [&event(URL)]);
    assert_eq!(run.stdout(), "");
}

#[test]
fn web_error_outside_of_a_handler_is_an_error_with_a_type() {
    let source = "local web = require('lambda.web')\n\
        return { handler = function() web.error(404, 'gone') end }";
    let function = Function::new("app.lua", source).handler("app.handler");
    let report = report(&invoke(function, [&event(URL)]));
    assert_eq!(
        (&report["errorType"], &report["errorMessage"]),
        (&json!("HttpError"), &json!("gone"))
    );
}

#[test]
fn an_error_has_the_frames_of_the_user_s_code_and_names_the_handler() {
    let source = "local web = require('lambda.web')\n\
        local M = {}\n\
        local function inner()\n\
        error('boom')\n\
        end\n\
        M.handler = web.handler(function(req)\n\
        inner()\n\
        return 'never'\n\
        end)\n\
        return M";
    let function = Function::new("app.lua", source).handler("app.handler");
    let report = report(&invoke(function, [&event(URL)]));
    assert_eq!(report["errorMessage"], "app.lua:4: boom");
    assert_eq!(report["errorType"], "LuaError");
    assert_eq!(
        report["stackTrace"],
        json!([
            "app.lua:4: in upvalue 'inner'",
            "app.lua:7: in function 'handler'"
        ])
    );
}

#[test]
fn an_error_of_a_table_keeps_its_type() {
    let run = run(
        "error({ type = 'OrderNotFound', message = 'no 7' })",
        [&event(REST)],
    );
    let report = report(&run);
    assert_eq!(report["errorType"], "OrderNotFound");
    assert_eq!(report["errorMessage"], "no 7");
    assert_eq!(
        report["stackTrace"],
        json!(["app.lua:3: in function 'handler'"])
    );
}

#[test]
fn nil_and_an_error_fail_the_invocation() {
    assert_eq!(failure("return nil, 'no order'", &event(URL)), "no order");
    let run = run(
        "return nil, { type = 'Gone', message = 'x' }",
        [&event(URL)],
    );
    assert_eq!(report(&run)["errorType"], "Gone");
}

#[test]
fn a_handler_out_of_memory_fails_as_such_and_the_next_request_is_served() {
    for body in [
        "local t = {}\nfor i = 1, 1e9 do t[i] = {} end",
        "local s = 'x'\nwhile true do s = s .. s end",
        "local n = 0 return 200, nil, function() n = n + 1 return ('x'):rep(2^20) .. n end",
        "local t = {}\nfor i = 1, 2^20 do t[i] = 'xxxxxxxx' end\nreturn { t, t, t, t, t, t, t }",
    ] {
        let body = format!("if req.query.again then return 'again' end\n{body}");
        let again = changed(URL, json!({ "rawQueryString": "again=1" }));
        let function = handler(&body).env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "16");
        let run = invoke(function, [&event(URL), &again]);
        assert_eq!(
            report(&run)["errorType"],
            "Function.OutOfMemory",
            "{body}\n{}",
            run.transcript()
        );
        assert_eq!(run.posts()[1].json()["body"], "again");
    }
}

#[test]
fn a_body_of_json_that_does_not_fit_is_no_bad_request() {
    let body = format!("[{}1]", "{},".repeat(200_000));
    for read in [
        "return #req:json()",
        "pcall(req.json, req)\nreturn #req:json()",
    ] {
        let function = handler(read).env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "16");
        let run = invoke(function, [&changed(URL, json!({ "body": body }))]);
        assert_eq!(
            report(&run)["errorType"],
            "Function.OutOfMemory",
            "{}",
            run.transcript()
        );
    }
}

#[test]
fn a_handler_at_its_deadline_fails_as_such_and_the_next_request_is_served() {
    for body in [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()",
        "return 200, nil, function() while true do end end",
        "return setmetatable({}, { __tojson = function() while true do end end })",
    ] {
        let body = format!("if req.query.again then return 'again' end\n{body}");
        let again = changed(URL, json!({ "rawQueryString": "again=1" }));
        let short = Event::json(event(URL).to_string()).left(Duration::from_millis(300));
        let run = handler(&body)
            .invoke(short)
            .invoke(Event::json(again.to_string()))
            .run();
        let report = report(&run);
        assert_eq!(
            report["errorType"],
            "Function.Timeout",
            "{body}\n{}",
            run.transcript()
        );
        let message = report["errorMessage"].as_str().expect("a message");
        assert!(message.contains(" at app.lua:"), "{message}");
        assert_eq!(run.posts()[1].json()["body"], "again");
    }
}

#[test]
fn a_callable_table_is_a_handler_and_errors_about_its_answer_name_its_function() {
    let source = "local web = require('lambda.web')\n\
        local app = setmetatable({ greeting = 'hi' }, {\n\
        __call = function(self, req) return req.query.bad and true or self.greeting end })\n\
        return { handler = web.handler(app) }";
    let function = || Function::new("app.lua", source).handler("app.handler");
    assert_eq!(answer_of(&invoke(function(), [&event(URL)]))["body"], "hi");
    let bad = changed(URL, json!({ "rawQueryString": "bad=1" }));
    let report = report(&invoke(function(), [&bad]));
    let message = report["errorMessage"].as_str().expect("a message");
    assert!(
        message.starts_with("app.lua:3: the handler answered with true; "),
        "{message}"
    );
}

#[test]
fn requests_that_yield_within_a_coroutine_are_served() {
    let body = "local co = coroutine.create(function()\n\
        local got = coroutine.yield(req:json().a)\nreturn got .. req.path end)\n\
        local _, first = coroutine.resume(co)\nlocal _, last = coroutine.resume(co, 'x')\n\
        return { first, last }";
    let sent = changed(URL, json!({ "body": "{\"a\":1}" }));
    assert_eq!(value(body, &sent), json!([1, "x/greet"]));
}
