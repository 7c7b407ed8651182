//! `lambda.batch`: which records are called failed, to whom, and what the log says of them.

#[path = "batch/deadline.rs"]
mod deadline;
#[path = "batch/failures.rs"]
mod failures;
#[path = "batch/refusals.rs"]
mod refusals;
mod support;

use serde_json::{Value, json};
use support::{Event, Function};

/// A function whose records do what they say: `fail`, `return nil, …`, `raise` a table; any other
/// prints its word. `options` is the second argument of `batch.handler`.
fn function(options: &str) -> Function {
    let source = format!(
        r#"local batch = require("lambda.batch")
local json = require("lambda.json")

local function word(record)
  local data = record.body or record.kinesis or record.dynamodb
  return type(data) == "table" and data.word or data
end

local function work(record, context)
  local said = word(record)
  if said == "fail" then
    error("it failed")
  elseif said == "return" then
    return nil, "it returned"
  elseif said == "raise" then
    error({{ type = "OrderNotFound", message = "no 7" }})
  end
  print("did " .. said)
  return "ignored"
end

return {{ handler = batch.handler(work, {options}) }}"#
    );
    Function::new("main.lua", source)
}

/// An event of SQS whose records have these bodies and the identifiers `m1`, `m2`, …
fn queue(bodies: &[&str]) -> Event {
    of_queue("orders", bodies)
}

/// The same of a FIFO queue. A body `b:fail` is `fail` in the message group `b`.
fn fifo(bodies: &[&str]) -> Event {
    of_queue("orders.fifo", bodies)
}

fn of_queue(name: &str, bodies: &[&str]) -> Event {
    records(bodies, |nth, body| {
        let (group, body) = body.split_once(':').unwrap_or(("a", body));
        json!({
            "messageId": format!("m{nth}"),
            "body": body,
            "attributes": {"MessageGroupId": group},
            "eventSource": "aws:sqs",
            "eventSourceARN": format!("arn:aws:sqs:eu-west-1:123456789012:{name}"),
        })
    })
}

/// An event of Kinesis with sequence numbers beyond what a double can hold.
fn kinesis(words: &[&str]) -> Event {
    records(words, |nth, word| {
        json!({
            "eventSource": "aws:kinesis",
            "eventID": format!("shardId-000000000000:{nth}"),
            "kinesis": {"sequenceNumber": kinesis_number(nth), "word": word},
        })
    })
}

fn kinesis_number(nth: usize) -> String {
    format!("4959033827149025660855969253836157109592157598913658887{nth}")
}

/// An event of a DynamoDB stream with the sequence numbers `101`, `102`, …
fn dynamodb(words: &[&str]) -> Event {
    records(words, |nth, word| {
        json!({
            "eventSource": "aws:dynamodb",
            "eventID": format!("e{nth}"),
            "dynamodb": {"SequenceNumber": (100 + nth).to_string(), "word": word},
        })
    })
}

fn records(words: &[&str], record: impl Fn(usize, &str) -> Value) -> Event {
    let records: Vec<_> = (1..)
        .zip(words)
        .map(|(nth, word)| record(nth, word))
        .collect();
    Event::json(json!({ "Records": records }).to_string())
}

/// The answer that calls these failed.
fn failed(identifiers: &[&str]) -> Value {
    let items: Vec<_> = identifiers
        .iter()
        .map(|identifier| json!({"itemIdentifier": identifier}))
        .collect();
    json!({ "batchItemFailures": items })
}

/// What the records said that went well.
fn done(stdout: &str) -> Vec<&str> {
    let words = stdout
        .lines()
        .filter_map(|line| line.split("\tdid ").nth(1));
    words.collect()
}
