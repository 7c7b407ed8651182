//! `lambda.events`: the records of AWS's event sources in plain Lua.

mod support;

#[path = "events/attributes.rs"]
mod attributes;
#[path = "events/buses.rs"]
mod buses;
#[path = "events/logs.rs"]
mod logs;
#[path = "events/messages.rs"]
mod messages;
#[path = "events/numbers.rs"]
mod numbers;
#[path = "events/objects.rs"]
mod objects;
#[path = "events/sources.rs"]
mod sources;
#[path = "events/streams.rs"]
mod streams;
#[path = "events/tables.rs"]
mod tables;

use std::fs;

use serde_json::{Value, json};
use support::{Event, Function, project};

/// An event as the developer's tool has it.
fn sample(name: &str) -> Value {
    let path = project().join(format!("cli/events/{name}.json"));
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("a sample is JSON")
}

/// A function whose handler has this body, in `main.lua` from line 4 on.
fn function(body: &str) -> Function {
    let source = format!(
        "local events = require('lambda.events')\n\
         local json = require('lambda.json')\n\
         return {{ handler = function(event)\n{body}\nend }}"
    );
    Function::new("main.lua", source)
}

/// What the handler with this body answers to the event.
#[track_caller]
fn answer(body: &str, event: &Value) -> Value {
    answer_of(function(body), event)
}

#[track_caller]
fn answer_of(function: Function, event: &Value) -> Value {
    let run = function.invoke(Event::json(event.to_string())).run();
    let post = run.post();
    assert!(post.path.ends_with("/response"), "{}", post.text());
    post.json()
}

/// The records that `events.NAME` gives of the event, without their raw ones.
#[track_caller]
fn records(name: &str, event: &Value) -> Value {
    let body = format!(
        "local records = events.{name}(event)\n\
         for _, record in ipairs(records) do\n\
         assert(type(record.raw) == 'table')\n\
         for name, value in pairs(record) do\n\
         if name == 'raw' or name == 'sqs' or name == 'sns' or name == 'kinesis' then\n\
         record[name] = nil\nend\nend\nend\n\
         return json.array(records)"
    );
    answer(&body, event)
}

/// The error of the handler with this body, which is Lua's own kind.
#[track_caller]
fn error(body: &str, event: &Value) -> String {
    let run = function(body).invoke(Event::json(event.to_string())).run();
    let post = run.post();
    assert!(post.path.ends_with("/error"), "{}", post.text());
    let report = post.json();
    assert_eq!(report["errorType"], "LuaError", "{report}");
    // What is ours is left out of the trace.
    let trace = json!(["main.lua:4: in function 'handler'"]);
    assert_eq!(report["stackTrace"], trace, "{report}");
    let message = report["errorMessage"].as_str().expect("a message");
    let message = message.strip_prefix("main.lua:4: ");
    message
        .unwrap_or_else(|| panic!("no position: {report}"))
        .to_owned()
}

/// The event with one member replaced, which a JSON pointer names.
fn with(mut event: Value, pointer: &str, value: Value) -> Value {
    *event.pointer_mut(pointer).expect("such a member") = value;
    event
}

/// The event without one member of what a JSON pointer names.
fn without(mut event: Value, pointer: &str, member: &str) -> Value {
    let parent = event.pointer_mut(pointer).expect("such a member");
    let parent = parent.as_object_mut().expect("an object");
    assert!(parent.remove(member).is_some(), "{member}");
    event
}

/// An event of SQS with these bodies.
fn queue<const N: usize>(bodies: [&str; N]) -> Value {
    let records = bodies.iter().enumerate().map(|(nth, body)| {
        json!({
            "messageId": format!("message-{}", nth + 1),
            "body": body,
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:orders",
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// What SNS puts into a queue for a message.
fn envelope(message: &str) -> String {
    json!({
        "Type": "Notification",
        "MessageId": "notification-1",
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:uploads",
        "Message": message,
        "Timestamp": "2026-11-20T18:15:25.123Z",
        "MessageAttributes": { "weight": { "Type": "Number", "Value": "1.5" } },
    })
    .to_string()
}
