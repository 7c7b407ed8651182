//! What is wrong in a decision, an event or the options, and where the error says so.

use serde_json::json;

use super::support::{Event, Function};
use super::{fails, function, run, sample};

#[test]
fn what_only_one_form_can_tell_is_an_error_in_the_other() {
    fails(
        &run(
            "local said = authorizer.allow('ada', { context = { groups = {} } })
             return said",
            &sample("authorizer-token"),
        ),
        "main.lua:3: context.groups is a table: API Gateway takes strings, numbers and booleans \
         here; encode it as JSON",
    );
    fails(
        &run(
            "local said = authorizer.allow('ada', { resources = { 'GET /' } })
             return said",
            &sample("authorizer-http"),
        ),
        "main.lua:3: the simple answer of an HTTP API has no resources: give authorizer.handler \
         the option policy = true, and switch simple responses off",
    );
    fails(
        &run(
            "local said = authorizer.allow('ada', { usage_key = 'k' })
             return said",
            &sample("authorizer-http"),
        ),
        "main.lua:3: usage_key is for REST APIs: HTTP APIs have no usage plans",
    );
    fails(
        &run(
            "local said = authorizer.allow('ada', { resources = { 'GET /' .. ('x'):rep(512) } })
             return said",
            &sample("authorizer-token"),
        ),
        "main.lua:3: the resource arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/\
         GET/xxxxxxxxxxxxxxxxx… has 575 characters, API Gateway takes 512: use *",
    );
}

#[test]
fn a_function_that_decides_nothing_lets_nobody_in() {
    let event = sample("authorizer-token");
    let remedy = "return authorizer.allow(…) or authorizer.deny(…)";
    for (code, got) in [
        ("", "nothing"),
        ("return true", "a boolean"),
        ("return 'ada'", "a string"),
        ("return {}", "a table"),
    ] {
        let message = format!("the authorizer returned {got}: {remedy}");
        fails(&run(code, &event), &message);
    }
    fails(&run("return nil, 'no key'", &event), "no key");
}

#[test]
fn mistakes_in_a_decision_are_errors_in_the_users_code() {
    let event = sample("authorizer-token");
    for (call, message) in [
        (
            "allow()",
            "bad argument #1 to 'allow' (string expected, got nil)",
        ),
        (
            "allow(7)",
            "bad argument #1 to 'allow' (string expected, got number)",
        ),
        (
            "deny('')",
            "bad argument #1 to 'deny' (string expected, got an empty one)",
        ),
        (
            "allow('a', 7)",
            "bad argument #2 to 'allow' (table of options expected, got number)",
        ),
        (
            "allow('a', { contxt = {} })",
            "'allow' has no option 'contxt'; it takes context, resources, usage_key",
        ),
        (
            "allow('a', { context = 7 })",
            "the option 'context' of 'allow' is a table, not a number",
        ),
        (
            "allow('a', { context = { 7 } })",
            "a name in context is a string, not a number",
        ),
        (
            "allow('a', { context = { n = 0/0 } })",
            "context.n is nan, which JSON cannot tell",
        ),
        (
            "allow('a', { context = { f = print } })",
            "context.f is a function: API Gateway takes strings, numbers and booleans",
        ),
        (
            "allow('a', { resources = {} })",
            "resources is an empty list: leave it out for all of the stage, or use deny",
        ),
        (
            "allow('a', { resources = { 7 } })",
            "a resource is a string, not a number",
        ),
        (
            "allow('a', { resources = { 'get /' } })",
            "the resource 'get /' is none of: 'GET /orders/*', '/orders/*' for every method, \
             a WebSocket route like '$connect', an ARN",
        ),
    ] {
        let run = run(
            &format!("local said = authorizer.{call} return said"),
            &event,
        );
        let report = run.post().json();
        let found = report["errorMessage"].as_str().expect("a message");
        // The sign of what is no number is the machine's choice.
        let found = found.replace("-nan", "nan");
        assert_eq!(found, format!("main.lua:3: {message}"));
    }
}

#[test]
fn a_decision_is_no_answer_of_another_handler() {
    let source = "local authorizer = require('lambda.events').authorizer
        return { handler = function()
          local said = authorizer.allow('ada')
          return said
        end }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("{}"))
        .run();
    let report = run.post().json();
    let message = report["errorMessage"].as_str().expect("a message");
    assert!(
        message.contains("main.lua:3: a decision is no answer by itself"),
        "{message}"
    );
}

#[test]
fn events_that_are_none_of_an_authorizer_are_named() {
    fails(
        &run("", &sample("api-gateway-rest")),
        "events.authorizer: expected an event of an API Gateway authorizer, got one of \
         API Gateway (REST API); lambda.web reads it",
    );
    let mut event = sample("authorizer-token");
    event["methodArn"] = "*".into();
    fails(
        &run("", &event),
        "the authorizer's event has no ARN of an API: *",
    );
}

#[test]
fn options_of_the_handler_are_checked_when_the_file_loads() {
    for (options, message) in [
        (
            ", { policy = 1 }",
            "the option 'policy' of 'handler' is a boolean, not a number",
        ),
        (
            ", { simple = true }",
            "'handler' has no option 'simple'; it takes policy",
        ),
        (
            ", true",
            "bad argument #2 to 'handler' (table of options expected, got boolean)",
        ),
    ] {
        let run = function("", options).ends().run();
        let report = run.post().json();
        let found = report["errorMessage"].as_str().expect("a message");
        // Lua 5.4 names the line where the call begins, LuaJIT the one where it ends.
        let places = [2, 3, 4].map(|line| format!("main.lua:{line}: {message}"));
        assert!(places.iter().any(|place| found.contains(place)), "{found}");
    }
}

#[test]
fn the_trace_of_an_error_names_the_function_as_the_handler() {
    let report = run("error('boom')", &sample("authorizer-token"))
        .post()
        .json();
    assert_eq!(report["errorMessage"], "main.lua:3: boom");
    assert_eq!(
        report["stackTrace"],
        json!(["main.lua:3: in function 'handler'"])
    );
}
