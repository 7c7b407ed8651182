//! `events.websocket`: what clients of a WebSocket API say, and what they are answered.

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

/// A handler whose own body is `code`, with `websocket` at hand.
fn run(code: &str, event: &Value) -> Run {
    function(code).invoke(Event::json(event.to_string())).run()
}

fn function(code: &str) -> Function {
    let source = format!(
        "local websocket = require('lambda.events').websocket
         return {{ handler = function(event) {code} end }}"
    );
    Function::new("main.lua", source)
}

/// The record without the event that it was made of, which `event` must be.
fn read(event: &Value) -> Value {
    let run = run("return websocket.read(event)", event);
    let mut record = run.post().json();
    let of = record.as_object_mut().expect("a table").remove("raw");
    assert_eq!(of.as_ref(), Some(event));
    record
}

#[test]
fn a_connection_tells_who_and_where_to_answer() {
    let mut event = sample("websocket-connect");
    event["requestContext"]["authorizer"] = json!({"principalId": "ada"});
    event["stageVariables"] = json!({"table": "rooms"});
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
    let mut record = read(&event);
    let headers = record["headers"].take();
    assert_eq!(headers["origin"], "https://chat.example.com");
    assert_eq!(headers.as_object().map(|headers| headers.len()), Some(10));
    let expected = json!({
        "kind": "connect",
        "connection_id": "BnXk6d2UoAMCJhw=",
        "route_key": "$connect",
        "request_id": "BnXk7FqvoAMEd3w=",
        "endpoint": "https://f6g7h8i9j0.execute-api.us-east-1.amazonaws.com/production",
        "domain": "f6g7h8i9j0.execute-api.us-east-1.amazonaws.com",
        "stage": "production",
        "api_id": "f6g7h8i9j0",
        "connected_at_ms": 1795198520456_i64,
        "time_ms": 1795198525123_i64,
        "source_ip": "203.0.113.24",
        "user_agent": agent,
        "headers": null,
        "query": {"room": "lobby"},
        "stage_variables": {"table": "rooms"},
        "authorizer": {"principalId": "ada"},
    });
    assert_eq!(record, expected);
}

#[test]
fn headers_are_found_in_any_case_and_joined_where_there_are_several() {
    let mut event = sample("websocket-connect");
    event["headers"] = json!({"Sec-WebSocket-Protocol": "b", "Cookie": "b=2"});
    event["multiValueHeaders"] = json!({
        "Sec-WebSocket-Protocol": ["a", "b"], "Cookie": ["a=1", "b=2"], "X-None": [],
    });
    let code = "local headers = websocket.read(event).headers
        return { headers['SEC-websocket-PROTOCOL'], headers.cookie, headers['x-none'] == nil,
                 headers[1] == nil }";
    let got = run(code, &event).post().json();
    assert_eq!(got, json!(["a, b", "a=1; b=2", true, true]));
}

#[test]
fn a_message_has_its_text_and_no_more_than_the_service_says() {
    let record = read(&sample("websocket-message"));
    assert_eq!(record["kind"], "message");
    assert_eq!(record["route_key"], "sendMessage");
    assert_eq!(record["message_id"], "BnXk7dxWIAMCJhw=");
    assert_eq!(record["body"], r#"{"action":"sendMessage","text":"hello"}"#);
    assert_eq!(record["headers"], json!({}));
    assert_eq!(record.get("authorizer"), None);
}

#[test]
fn a_message_in_base64_is_decoded_and_a_wrong_one_is_an_error() {
    let mut event = sample("websocket-message");
    event["isBase64Encoded"] = true.into();
    event["body"] = "AP/+".into();
    let code = "return { websocket.read(event).body:byte(1, -1) }";
    assert_eq!(run(code, &event).post().json(), json!([0, 255, 254]));
    event["body"] = "!".into();
    let report = run(code, &event).post().json();
    let message = report["errorMessage"].as_str().expect("a message");
    assert!(
        message.starts_with("main.lua:2: the body of the message is not base64"),
        "{message}"
    );
}

#[test]
fn a_disconnection_tells_its_code_and_reason() {
    let record = read(&sample("websocket-disconnect"));
    assert_eq!(record["kind"], "disconnect");
    assert_eq!(record["disconnect_code"], 1001);
    assert_eq!(record["disconnect_reason"], "Going away");
}

#[test]
fn null_is_absent_whatever_the_setting_says() {
    let mut event = sample("websocket-message");
    for name in [
        "headers",
        "multiValueHeaders",
        "queryStringParameters",
        "body",
    ] {
        event[name] = Value::Null;
    }
    for name in ["identity", "messageId", "domainName"] {
        event["requestContext"][name] = Value::Null;
    }
    let code = "local record = websocket.read(event)
        return { record.body == nil, record.endpoint == nil, record.message_id == nil,
                 record.source_ip == nil, next(record.headers) == nil, next(record.query) == nil }";
    for nulls in ["null", "nil"] {
        let run = function(code)
            .env("MOONLAYER_JSON_NULL", nulls)
            .invoke(Event::json(event.to_string()))
            .run();
        assert_eq!(
            run.post().json(),
            json!([true, true, true, true, true, true])
        );
    }
}

#[test]
fn answers_let_in_refuse_and_reply() {
    let code =
        "return { websocket.ok(), websocket.ok('hi'), websocket.refuse(), websocket.refuse(429) }";
    let got = run(code, &json!({}));
    let text = r#"[{"statusCode":200},{"statusCode":200,"body":"hi"},{"statusCode":403},{"statusCode":429}]"#;
    let expected: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(got.post().json(), expected);
    assert!(!got.post().text().contains(".0"), "{}", got.post().text());
}

#[test]
fn a_handler_of_records_answers_200_unless_told_otherwise() {
    let source = "local websocket = require('lambda.events').websocket
        return { handler = websocket.handler(function(record, context)
          if record.kind == 'connect' then return websocket.refuse(401) end
          if record.kind == 'disconnect' then return nil, record.disconnect_reason end
          assert(context.aws_request_id == 'request-2')
        end) }";
    let function = Function::new("main.lua", source)
        .invoke(Event::json(sample("websocket-connect").to_string()))
        .invoke(Event::json(sample("websocket-message").to_string()))
        .invoke(Event::json(sample("websocket-disconnect").to_string()));
    let run = function.run();
    let answers: Vec<_> = run.posts().iter().map(|post| post.json()).collect();
    assert_eq!(
        answers[..2],
        [json!({"statusCode": 401}), json!({"statusCode": 200})]
    );
    assert_eq!(answers[2]["errorMessage"], "Going away");
}

#[test]
fn what_is_no_answer_is_an_error_in_place_of_one_that_api_gateway_hides() {
    for (value, kind) in [
        ("'hello'", "string"),
        ("true", "boolean"),
        ("200", "number"),
    ] {
        let source = format!(
            "local websocket = require('lambda.events').websocket
             return {{ handler = websocket.handler(function() return {value} end) }}"
        );
        let run = Function::new("main.lua", source)
            .invoke(Event::json(sample("websocket-message").to_string()))
            .run();
        assert_eq!(
            run.post().json()["errorMessage"],
            format!(
                "the function returned a {kind}: return websocket.ok(body), \
                 websocket.refuse(status) or nothing"
            )
        );
    }
}

/// Not as tail calls, which leave no place to name.
#[test]
fn mistakes_are_errors_in_the_users_code() {
    for (code, event, message) in [
        (
            "local record = websocket.read(event) return record",
            sample("sqs"),
            "main.lua:2: events.websocket: expected an event of API Gateway (WebSocket), \
             got one of SQS; events.sqs reads it",
        ),
        (
            "local answer = websocket.refuse(200) return answer",
            json!({}),
            "main.lua:2: bad argument #1 to 'refuse' (a status from 400 to 599 expected, got 200)",
        ),
        (
            "local answer = websocket.refuse('403') return answer",
            json!({}),
            "main.lua:2: bad argument #1 to 'refuse' (a status from 400 to 599 expected, got 403)",
        ),
        (
            "local answer = websocket.ok({}) return answer",
            json!({}),
            "main.lua:2: bad argument #1 to 'ok' (string expected, got table): encode it as JSON",
        ),
        (
            "local made = websocket.handler(7) return made",
            json!({}),
            "main.lua:2: bad argument #1 to 'handler' (function expected, got number)",
        ),
    ] {
        let report = run(code, &event).post().json();
        assert_eq!(report["errorMessage"], message, "{code}");
    }
}

#[test]
fn an_event_of_another_source_fails_a_handler_of_records() {
    let source = "local websocket = require('lambda.events').websocket
        return { handler = websocket.handler(function() end) }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json(sample("sns").to_string()))
        .invoke(Event::json("7"))
        .run();
    let reports: Vec<_> = run.posts().iter().map(|post| post.json()).collect();
    assert_eq!(
        reports[0]["errorMessage"],
        "events.websocket: expected an event of API Gateway (WebSocket), got one of SNS; \
         events.sns reads it"
    );
    assert_eq!(
        reports[1]["errorMessage"],
        "bad argument #1 to 'websocket' (an event expected, got number)"
    );
}
