//! What the tests of `lambda.web` share: events as the front ends send them, and handlers.

#[path = "../support/mod.rs"]
mod harness;

use std::{fs, path::Path};

pub use harness::{Event, Function, Run};
use serde_json::{Value, json};

/// The front ends, by the names of their events in `cli/events`.
pub const REST: &str = "api-gateway-rest";
pub const HTTP: &str = "api-gateway-http";
pub const URL: &str = "function-url";
pub const ALB: &str = "alb";
pub const ALB_MULTI: &str = "alb-multi-value";
pub const ALL: [&str; 5] = [REST, HTTP, URL, ALB, ALB_MULTI];

/// An event of that front end, as `moonlayer invoke` sends it.
pub fn event(name: &str) -> Value {
    let path = harness::project()
        .join(Path::new("cli/events"))
        .join(format!("{name}.json"));
    let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("an event of JSON")
}

/// That event with other members; `null` takes one out.
pub fn changed(name: &str, members: Value) -> Value {
    let mut event = event(name);
    merge(&mut event, members);
    event
}

fn merge(into: &mut Value, members: Value) {
    let Value::Object(members) = members else {
        panic!("members are an object");
    };
    for (key, value) in members {
        match (&value, into.get_mut(&key)) {
            (Value::Object(_), Some(inner @ Value::Object(_))) => merge(inner, value),
            _ => into[key] = value,
        }
    }
}

/// A request with that body to a function URL.
pub fn post(content_type: &str, body: impl AsRef<[u8]>) -> Value {
    let body = body.as_ref();
    let (body, is_base64) = match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (base64(body), true),
    };
    changed(
        URL,
        json!({ "headers": { "content-type": content_type }, "body": body,
            "isBase64Encoded": is_base64 }),
    )
}

/// RFC 4648, 4.
pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for nth in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * nth)) as usize & 63];
            text.push(if nth <= group.len() {
                char::from(digit)
            } else {
                '='
            });
        }
    }
    text
}

/// A function whose handler is `web.handler(function(req) … end)`, its body on line 3.
pub fn handler(body: &str) -> Function {
    made("handler", "req", body)
}

/// A function whose handler is `web.stream(function(req, response) … end)`, its body on line 3.
pub fn streaming(body: &str) -> Function {
    made("stream", "req, response", body)
}

fn made(kind: &str, parameters: &str, body: &str) -> Function {
    let source = format!(
        "local json, web = require('lambda.json'), require('lambda.web')\n\
         return {{ handler = web.{kind}(function({parameters})\n{body}\nend) }}"
    );
    Function::new("app.lua", source).handler("app.handler")
}

/// What the handler of this body makes of the events.
#[track_caller]
pub fn run<'a>(body: &str, events: impl IntoIterator<Item = &'a Value>) -> Run {
    invoke(handler(body), events)
}

/// What the function makes of the events.
#[track_caller]
pub fn invoke<'a>(function: Function, events: impl IntoIterator<Item = &'a Value>) -> Run {
    let mut function = function;
    for event in events {
        function = function.invoke(Event::json(event.to_string()));
    }
    function.run()
}

/// What the only post says, which is no failure.
#[track_caller]
pub fn answer_of(run: &Run) -> Value {
    let post = run.post();
    assert!(post.path.ends_with("/response"), "{}", run.transcript());
    post.json()
}

/// What the handler of this body answers the event with.
#[track_caller]
pub fn answer(body: &str, event: &Value) -> Value {
    answer_of(&run(body, [event]))
}

/// The value that the handler of this body returns, as JSON.
#[track_caller]
pub fn value(body: &str, event: &Value) -> Value {
    let answer = answer(body, event);
    assert_eq!(answer["statusCode"], 200, "{answer}");
    serde_json::from_str(answer["body"].as_str().expect("a body")).expect("a body of JSON")
}

/// The message of the failed invocation that the handler of this body makes of the event.
#[track_caller]
pub fn failure(body: &str, event: &Value) -> String {
    let run = run(body, [event]);
    let post = run.post();
    assert!(post.path.ends_with("/error"), "{}", run.transcript());
    let message = post.json()["errorMessage"]
        .as_str()
        .expect("a message")
        .to_owned();
    // The log says it, too.
    assert!(run.stdout().contains("ERROR"), "{}", run.transcript());
    message
}

/// The answer to a request that a built-in refuses, and the log's only record.
#[track_caller]
pub fn refusal(body: &str, event: &Value) -> (Value, Value, String) {
    let run = run(body, [event]);
    let answer = answer_of(&run);
    let text = answer["body"].as_str().expect("a body");
    let said = serde_json::from_str(text).expect("a body of JSON");
    let [record] = run.stdout().lines().collect::<Vec<_>>()[..] else {
        panic!("another count of records than one\n{}", run.transcript());
    };
    assert!(record.contains("\tWARN\t"), "{record}");
    (answer["statusCode"].clone(), said, record.to_owned())
}
