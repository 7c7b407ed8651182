//! `events.custom_resource`: CloudFormation gets an answer at its URL, whatever the functions do.

#[path = "custom_resource/faults.rs"]
mod faults;
#[allow(
    dead_code,
    unused_imports,
    reason = "the tests of lambda.http use all of it"
)]
#[path = "http/support.rs"]
mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{Asked, Event, Function, Web, answer};

/// The sample event of that name, which is to be answered at `web`.
fn sample(name: &str, web: &Web) -> Value {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = manifest.join(format!("../cli/events/{name}.json"));
    let text = fs::read_to_string(file).expect("a sample");
    let mut event: Value = serde_json::from_str(&text).expect("JSON");
    event["ResponseURL"] = web.url(URL).into();
    event
}

/// Escapes and all, as it was signed.
const URL: &str = "/arn%3Aaws%3Astack/shop%7CSeed?X-Amz-Signature=a%2Fb%3D&x=a+b";

fn ok() -> Web {
    Web::fixed(answer("200 OK", &[], ""))
}

/// A handler of what the Lua table says.
fn function(functions: &str) -> Function {
    let source = format!(
        "local custom_resource = require('lambda.events').custom_resource
         return {{ handler = custom_resource.handler({functions}) }}"
    );
    Function::new("main.lua", source)
}

/// What CloudFormation was answered; the invocation itself has to succeed with null.
#[track_caller]
fn answered(functions: &str, event: &Value, web: &Web) -> Value {
    let run = function(functions)
        .invoke(Event::json(event.to_string()))
        .run();
    assert!(
        run.post().path.ends_with("/response"),
        "{}",
        run.transcript()
    );
    assert_eq!(run.post().text(), "null");
    body(&web.only())
}

fn body(asked: &Asked) -> Value {
    serde_json::from_slice(&asked.body).expect("JSON")
}

/// The answer that the sample of that kind is given.
#[track_caller]
fn given(functions: &str, name: &str) -> Value {
    let web = ok();
    answered(functions, &sample(name, &web), &web)
}

fn reason(answer: &Value) -> &str {
    assert_eq!(answer["Status"], "FAILED", "{answer}");
    answer["Reason"].as_str().expect("a reason")
}

/// The id that a failed create leaves.
const NOTHING: &str = "moonlayer-create-failed-9d3e6c1c-7a35-4f0e-8a54-2f1d0c9b8a77";
const STREAM: &str = " (log stream 2026/11/20/[$LATEST]0123456789abcdef)";

#[test]
fn a_creation_is_answered_with_id_and_data_at_the_url_as_it_was_signed() {
    let web = ok();
    let functions = "{ create = function(request, context)
      assert(context.aws_request_id == 'request-1')
      return { physical_id = 'table-' .. request.properties.Table, data = { Rows = '100' },
               no_echo = true }
    end }";
    let answer = answered(functions, &sample("custom-resource-create", &web), &web);
    let expected = json!({
        "Status": "SUCCESS",
        "PhysicalResourceId": "table-orders",
        "StackId":
            "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/4c1f0a60-c63c-11f1-9a1b-0e1f2a3b4c5d",
        "RequestId": "9d3e6c1c-7a35-4f0e-8a54-2f1d0c9b8a77",
        "LogicalResourceId": "Seed",
        "Data": {"Rows": "100"},
        "NoEcho": true,
    });
    assert_eq!(answer, expected);
    let asked = web.only();
    assert_eq!(asked.method, "PUT");
    assert_eq!(asked.target, URL);
    // What S3 did not sign may not have a value.
    assert_eq!(asked.header("content-type").unwrap_or_default(), "");
    let length = asked.body.len().to_string();
    assert_eq!(asked.header("content-length"), Some(length.as_str()));
    assert_eq!(asked.header("transfer-encoding"), None);
}

#[test]
fn a_request_is_told_in_plain_names() {
    let functions = "{ create = print, update = function(request)
      request.raw = nil
      return { data = request }
    end }";
    let answer = given(functions, "custom-resource-update");
    let service = "arn:aws:lambda:us-east-1:123456789012:function:seed-table";
    let expected = json!({
        "type": "update",
        "properties": {"ServiceToken": service, "Table": "orders", "Rows": "100",
            "Overwrite": "true", "Tags": ["new", "gift"]},
        "old_properties": {"ServiceToken": service, "Table": "orders", "Rows": "50"},
        "physical_id": "seed-orders-1",
        "logical_id": "Seed",
        "resource_type": "Custom::SeedTable",
        "request_id": "9d3e6c1c-7a35-4f0e-8a54-2f1d0c9b8a77",
        "stack_id":
            "arn:aws:cloudformation:us-east-1:123456789012:stack/shop/4c1f0a60-c63c-11f1-9a1b-0e1f2a3b4c5d",
        "stack_name": "shop",
    });
    assert_eq!(answer["Data"], expected);
}

#[test]
fn the_id_is_kept_unless_a_function_gives_another() {
    let nothing = "{ create = function() end, update = function() end, delete = function() end }";
    let made = given(nothing, "custom-resource-create");
    assert_eq!(
        made["PhysicalResourceId"],
        "Seed-9d3e6c1c-7a35-4f0e-8a54-2f1d0c9b8a77"
    );
    assert_eq!(made["Status"], "SUCCESS");
    for name in ["custom-resource-update", "custom-resource-delete"] {
        let answer = given(nothing, name);
        assert_eq!(answer["PhysicalResourceId"], "seed-orders-1");
        assert_eq!(answer["Status"], "SUCCESS");
    }
    let replaced = given(
        "{ create = print, update = function() return { physical_id = 'seed-orders-2' } end }",
        "custom-resource-update",
    );
    assert_eq!(replaced["PhysicalResourceId"], "seed-orders-2");
}

#[test]
fn without_a_function_an_update_or_a_deletion_succeeds() {
    for name in ["custom-resource-update", "custom-resource-delete"] {
        let answer = given("{ create = error }", name);
        assert_eq!(answer["Status"], "SUCCESS");
        assert_eq!(answer["PhysicalResourceId"], "seed-orders-1");
    }
}

#[test]
fn an_error_fails_the_resource_and_stands_in_the_log() {
    let web = ok();
    let event = sample("custom-resource-create", &web);
    let run = function("{ create = function() error('no such table') end }")
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
        .invoke(Event::json(event.to_string()))
        .run();
    assert_eq!(run.post().text(), "null");
    let answer = body(&web.only());
    assert_eq!(
        reason(&answer),
        format!("main.lua:2: no such table{STREAM}")
    );
    let record: Value = serde_json::from_str(run.stdout().trim()).expect("one record");
    assert_eq!(record["level"], "ERROR");
    assert_eq!(record["errorType"], "LuaError");
    assert_eq!(record["errorMessage"], "main.lua:2: no such table");
    assert_eq!(record["requestType"], "Create");
    assert_eq!(record["logicalResourceId"], "Seed");
    let trace = record["stackTrace"].as_array().expect("a trace");
    assert_eq!(trace.len(), 1, "{trace:?}");
    assert!(
        trace[0]
            .as_str()
            .expect("text")
            .starts_with("main.lua:2: in ")
    );
}

#[test]
fn every_kind_of_error_has_its_text() {
    for (raised, text) in [
        ("error({ type = 'NoTable', message = 'no 7' })", "no 7"),
        ("error({ message = 'no 7' })", "no 7"),
        ("return nil, 'no 7'", "no 7"),
        ("error()", "nil"),
        ("error('', 0)", "an error without a text"),
        (
            "error(setmetatable({}, { __tostring = function() error('x') end }))",
            "{}",
        ),
        (
            "return 7",
            "the function for create returned a number: \
             return { physical_id = …, data = … } or nothing",
        ),
        (
            "return { id = 'x' }",
            "the function for create returned 'id': an answer has physical_id, data, no_echo",
        ),
        (
            "return { physical_id = '' }",
            "physical_id is text of 1 to 1024 bytes without control characters",
        ),
        (
            "return { physical_id = ('x'):rep(1025) }",
            "physical_id is text of 1 to 1024 bytes without control characters",
        ),
        (
            "return { data = 'x' }",
            "data is a table of names and values, not a string",
        ),
        (
            "return { no_echo = 1 }",
            "no_echo is a boolean, not a number",
        ),
    ] {
        let functions = format!("{{ create = function() {raised} end }}");
        let answer = given(&functions, "custom-resource-create");
        assert_eq!(reason(&answer), format!("{text}{STREAM}"), "{raised}");
        assert_eq!(answer["PhysicalResourceId"], NOTHING);
    }
}

#[test]
fn the_deletion_of_what_a_failed_creation_left_does_nothing() {
    let web = ok();
    let mut event = sample("custom-resource-delete", &web);
    event["PhysicalResourceId"] = NOTHING.into();
    let answer = answered("{ create = error, delete = error }", &event, &web);
    assert_eq!(answer["Status"], "SUCCESS");
    assert_eq!(answer["PhysicalResourceId"], NOTHING);
}

#[test]
fn a_creation_that_fails_half_way_is_deleted_by_the_id_that_it_noted() {
    let functions = "{ create = function(request)
      request.physical_id = 'table-1'
      error('half way', 0)
    end }";
    let answer = given(functions, "custom-resource-create");
    assert_eq!(reason(&answer), format!("half way{STREAM}"));
    assert_eq!(answer["PhysicalResourceId"], "table-1");
}

#[test]
fn a_failed_update_or_deletion_keeps_the_id() {
    for name in ["custom-resource-update", "custom-resource-delete"] {
        let answer = given("{ create = print, update = error, delete = error }", name);
        assert_eq!(answer["Status"], "FAILED");
        assert_eq!(answer["PhysicalResourceId"], "seed-orders-1");
    }
}

#[test]
fn too_long_a_reason_is_cut_to_what_cloudformation_takes() {
    // Also what grows in JSON, and what is no text.
    for text in [
        "('x'):rep(10000)",
        "('é'):rep(9999)",
        "('\"'):rep(9999)",
        "('\\255'):rep(9999)",
        "('\\1'):rep(9999)",
    ] {
        let web = ok();
        let functions = format!("{{ create = function() error({text}, 0) end }}");
        let answer = answered(&functions, &sample("custom-resource-create", &web), &web);
        assert!(reason(&answer).len() > 500, "{text}");
        let length = web.only().body.len();
        assert!(length <= 4096 && length > 4000, "{text}: {length}");
    }
}

#[test]
fn too_much_data_fails_the_resource_and_names_what_was_made() {
    let functions = "{ create = function()
      return { physical_id = 'table-1', data = { text = ('x'):rep(5000) } }
    end }";
    let answer = given(functions, "custom-resource-create");
    let expected = "the answer has 5254 bytes, CloudFormation takes 4096: return less data";
    assert_eq!(reason(&answer), format!("{expected}{STREAM}"));
    assert_eq!(answer["PhysicalResourceId"], "table-1");

    let functions = "{ create = function()
      return { physical_id = 'table-1', data = { f = print } }
    end }";
    let answer = given(functions, "custom-resource-create");
    let found = reason(&answer);
    assert!(
        found.contains("cannot encode a function at $.Data.f"),
        "{found}"
    );
    assert_eq!(answer["PhysicalResourceId"], "table-1");
}
