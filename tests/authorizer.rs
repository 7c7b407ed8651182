//! `events.authorizer`: what authorizers of API Gateway are asked, and the form of their answers.

#[path = "authorizer/mistakes.rs"]
mod mistakes;
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
fn a_policy_for_an_http_api_takes_a_context_of_any_shape_too() {
    let code = "return authorizer.allow('ada', { context = { groups = { 'admins' } } })";
    let answer = with_policy(code, &sample("authorizer-http")).post().json();
    assert_eq!(answer["context"], json!({ "groups": ["admins"] }));
    let message = "context.groups is a table";
    for name in ["authorizer-http-v1", "authorizer-request"] {
        let report = with_policy(code, &sample(name)).post().json();
        let said = report["errorMessage"].as_str().expect("an error");
        assert!(said.contains(message), "{name}: {said}");
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
