//! `events.authorizer`: what authorizers of API Gateway are asked, and the form of their answers.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{Event, Function, Run, project};

/// The sample event of that name.
fn sample(name: &str) -> Value {
    let file = project().join(format!("cli/events/{name}.json"));
    let text = fs::read_to_string(file).expect("a sample");
    serde_json::from_str(&text).expect("JSON")
}

/// A handler of a function whose own body is `code`.
fn function(code: &str, options: &str) -> Function {
    let source = format!(
        "local authorizer = require('lambda.events').authorizer
         return {{ handler = authorizer.handler(function(request, context)
           {code}
         end{options}) }}"
    );
    Function::new("main.lua", source)
}

fn run(code: &str, event: &Value) -> Run {
    let event = Event::json(event.to_string());
    function(code, "").invoke(event).run()
}

fn with_policy(code: &str, event: &Value) -> Run {
    let event = Event::json(event.to_string());
    function(code, ", { policy = true }").invoke(event).run()
}

#[track_caller]
fn fails(run: &Run, message: &str) {
    assert!(run.post().path.ends_with("/error"), "{}", run.transcript());
    assert_eq!(run.post().json()["errorMessage"], message);
}

/// What the function is asked, without the event.
fn asked(event: &Value) -> Value {
    // An answer in AWS's own form passes.
    let code = "local event = request.raw
        request.raw = nil
        return { isAuthorized = true, request = request, event = event }";
    let mut answer = run(code, event).post().json();
    assert_eq!(&answer["event"], event);
    answer["request"].take()
}

#[test]
fn a_token_authorizer_is_asked_for_its_token() {
    let expected = json!({
        "type": "token",
        "token": "Bearer example-token",
        "method": "GET",
        "path": "/orders",
        "headers": {}, "query": {}, "path_parameters": {}, "stage_variables": {}, "cookies": [],
        "identity_source": [],
        "arn": {
            "text": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/orders",
            "partition": "aws",
            "region": "us-east-1",
            "account": "123456789012",
            "api_id": "a1b2c3d4e5",
            "stage": "prod",
            "method": "GET",
            "path": "/orders",
        },
    });
    assert_eq!(asked(&sample("authorizer-token")), expected);
}

#[test]
fn a_request_authorizer_is_asked_about_the_whole_request() {
    let request = asked(&sample("authorizer-request"));
    assert_eq!(request["type"], "request");
    assert_eq!(request.get("token"), None);
    assert_eq!(request["headers"]["authorization"], "Bearer example-token");
    assert_eq!(request["query"], json!({"page": "2"}));
    assert_eq!(request["stage_variables"], json!({"table": "orders"}));
    assert_eq!(request["source_ip"], "203.0.113.24");
    assert_eq!(request["method"], "GET");
    assert_eq!(request["path"], "/orders");
}

#[test]
fn an_http_api_asks_in_both_payload_versions() {
    let second = asked(&sample("authorizer-http"));
    assert_eq!(second["identity_source"], json!(["Bearer example-token"]));
    assert_eq!(second["route_key"], "GET /orders/{id}");
    assert_eq!(second["cookies"], json!(["session=4f2a"]));
    assert_eq!(second["path_parameters"], json!({"id": "42"}));
    assert_eq!(second["source_ip"], "203.0.113.24");
    assert_eq!(second["method"], "GET");
    assert_eq!(second["path"], "/orders/42");
    assert_eq!(second["arn"]["stage"], "$default");

    let first = asked(&sample("authorizer-http-v1"));
    assert_eq!(first["type"], "request");
    assert_eq!(first["token"], "Bearer example-token");
    assert_eq!(first["identity_source"], json!(["Bearer example-token"]));
    assert_eq!(first["path"], "/orders");
}

#[test]
fn a_websocket_api_asks_about_its_route() {
    let request = asked(&sample("authorizer-websocket"));
    assert_eq!(request["query"], json!({"token": "example-token"}));
    assert_eq!(request["route_key"], "$connect");
    assert_eq!(request["arn"]["stage"], "production");
    assert_eq!(request["arn"]["method"], "$connect");
    assert_eq!(request["arn"]["path"], "");
}

#[test]
fn headers_are_found_in_any_case_and_null_is_absent() {
    let mut event = sample("authorizer-request");
    event["queryStringParameters"] = Value::Null;
    event["requestContext"]["identity"] = Value::Null;
    let code = "return { isAuthorized = true, found = { request.headers.AUTHORIZATION,
        request.headers['Authorization'], next(request.query) == nil, request.source_ip == nil } }";
    for nulls in ["null", "nil"] {
        let run = function(code, "")
            .env("MOONLAYER_JSON_NULL", nulls)
            .invoke(Event::json(event.to_string()))
            .run();
        let expected = json!(["Bearer example-token", "Bearer example-token", true, true]);
        assert_eq!(run.post().json()["found"], expected);
    }
}

#[test]
fn a_path_with_slashes_and_colons_stays_whole() {
    let mut event = sample("authorizer-token");
    let arn = "arn:aws-cn:execute-api:cn-north-1:123456789012:a1b2c3d4e5/prod/POST/a:b/c//d";
    event["methodArn"] = arn.into();
    let request = asked(&event);
    assert_eq!(request["arn"]["partition"], "aws-cn");
    assert_eq!(request["arn"]["method"], "POST");
    assert_eq!(request["path"], "/a:b/c//d");
}

#[test]
fn a_policy_covers_all_of_the_stage_since_it_is_kept_for_the_token() {
    let code = "return authorizer.allow('ada', {
        context = { role = 'admin', level = 3, trusted = true }, usage_key = 'key-1' })";
    let expected = json!({
        "principalId": "ada",
        "policyDocument": {"Version": "2012-10-17", "Statement": [{
            "Action": "execute-api:Invoke",
            "Effect": "Allow",
            "Resource": ["arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/*"],
        }]},
        "context": {"role": "admin", "level": 3, "trusted": true},
        "usageIdentifierKey": "key-1",
    });
    for name in ["authorizer-token", "authorizer-request"] {
        assert_eq!(run(code, &sample(name)).post().json(), expected, "{name}");
    }
}

#[test]
fn a_denial_needs_no_name() {
    let code = "return authorizer.deny()";
    let answer = run(code, &sample("authorizer-websocket")).post().json();
    let expected = json!({
        "principalId": "unknown",
        "policyDocument": {"Version": "2012-10-17", "Statement": [{
            "Action": "execute-api:Invoke",
            "Effect": "Deny",
            "Resource": ["arn:aws:execute-api:us-east-1:123456789012:f6g7h8i9j0/production/*"],
        }]},
    });
    assert_eq!(answer, expected);
}

#[test]
fn resources_are_methods_and_paths_of_the_stage() {
    let code = "return authorizer.allow('ada', { resources = {
        'GET /orders/*', '/public/*', '* /', '*', '$connect',
        'arn:aws:execute-api:us-east-1:123456789012:other/*' } })";
    let answer = run(code, &sample("authorizer-token")).post().json();
    let stage = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod";
    let expected = json!([
        format!("{stage}/GET/orders/*"),
        format!("{stage}/*/public/*"),
        format!("{stage}/*/"),
        format!("{stage}/*"),
        format!("{stage}/$connect"),
        "arn:aws:execute-api:us-east-1:123456789012:other/*",
    ]);
    let statement = &answer["policyDocument"]["Statement"][0];
    assert_eq!(statement["Resource"], expected);
}

#[test]
fn an_http_api_gets_the_simple_answer_and_a_context_of_any_shape() {
    let event = sample("authorizer-http");
    let code = "return authorizer.allow('ada', { context = { groups = { 'shop' }, n = 1 } })";
    let expected = json!({
        "isAuthorized": true,
        "context": {"principalId": "ada", "groups": ["shop"], "n": 1},
    });
    assert_eq!(run(code, &event).post().json(), expected);
    let code = "return authorizer.deny('ada')";
    let expected = json!({"isAuthorized": false, "context": {"principalId": "ada"}});
    assert_eq!(run(code, &event).post().json(), expected);
}

#[test]
fn an_http_api_gets_a_policy_when_it_is_asked_for_or_by_payload_version_1() {
    let code = "return authorizer.allow('ada', { context = { n = 1 } })";
    let resource = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/$default/*";
    for run in [
        with_policy(code, &sample("authorizer-http")),
        run(code, &sample("authorizer-http-v1")),
    ] {
        let answer = run.post().json();
        let statement = &answer["policyDocument"]["Statement"][0];
        assert_eq!(statement["Resource"], json!([resource]));
        assert_eq!(answer["context"], json!({"n": 1}));
    }
}

#[test]
fn unauthorized_is_the_text_that_api_gateway_knows() {
    for code in [
        "authorizer.unauthorized()",
        "return authorizer.unauthorized()",
    ] {
        fails(&run(code, &sample("authorizer-token")), "Unauthorized");
    }
}

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
