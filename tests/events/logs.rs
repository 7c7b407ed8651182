//! `events.cloudwatch_logs`: subscriptions to a function and through Kinesis.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::support::Event;
use super::{answer, error, function, records, sample, with, without};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// The event with these bytes, in base64.
fn zipped(gzip: &[u8]) -> Value {
    json!({ "awslogs": { "data": STANDARD.encode(gzip) } })
}

/// A batch of CloudWatch Logs with these events.
fn batch(kind: &str, events: Value) -> Value {
    json!({
        "messageType": kind,
        "owner": "123456789012",
        "logGroup": "/aws/lambda/orders",
        "logStream": "2026/11/20/[$LATEST]0123456789abcdef",
        "subscriptionFilters": ["errors"],
        "logEvents": events,
    })
}

fn log_event(id: &str, message: &str) -> Value {
    json!({ "id": id, "timestamp": 1_795_198_525_123_u64, "message": message })
}

#[test]
fn the_sample_is_unzipped() {
    let events = records("cloudwatch_logs", &sample("cloudwatch-logs"));
    let events = events.as_array().expect("an array");
    assert!(!events.is_empty());
    for event in events {
        assert!(
            event["message"].is_string() && event["group"].is_string(),
            "{event}"
        );
    }
}

#[test]
fn a_log_event_says_where_it_is_from() {
    let mut second = log_event("2", "{\"level\":\"ERROR\"}");
    second["extractedFields"] = json!({ "level": "ERROR" });
    let batch = batch("DATA_MESSAGE", json!([log_event("1", "first"), second]));
    let event = zipped(&gzip(batch.to_string().as_bytes()));
    let common = |id: &str, message: &str| {
        json!({
            "id": id,
            "message": message,
            "time_ms": 1_795_198_525_123_u64,
            "group": "/aws/lambda/orders",
            "stream": "2026/11/20/[$LATEST]0123456789abcdef",
            "account": "123456789012",
        })
    };
    let mut expected = common("2", "{\"level\":\"ERROR\"}");
    expected["fields"] = json!({ "level": "ERROR" });
    assert_eq!(
        records("cloudwatch_logs", &event),
        json!([common("1", "first"), expected])
    );
    let body = "local all, batches = events.cloudwatch_logs(event)\n\
        local batch = batches[1]\n\
        return { all[2]:json().level, #batches, batch.filters[1], batch.is_control, \
        batch.raw.owner, batch.group, all[1].raw.message }";
    assert_eq!(
        answer(body, &event),
        json!([
            "ERROR",
            1,
            "errors",
            false,
            "123456789012",
            "/aws/lambda/orders",
            "first"
        ])
    );
}

#[test]
fn a_control_message_has_no_log_events() {
    let text = "CWL CONTROL MESSAGE: Checking health of destination";
    let batch = batch("CONTROL_MESSAGE", json!([log_event("", text)]));
    let event = zipped(&gzip(batch.to_string().as_bytes()));
    let body = "local all, batches = events.cloudwatch_logs(event)\n\
        return { #all, batches[1].is_control, batches[1].raw.logEvents[1].message }";
    assert_eq!(answer(body, &event), json!([0, true, text]));
}

#[test]
fn log_events_come_out_of_kinesis_with_their_record() {
    let of = |id: &str| batch("DATA_MESSAGE", json!([log_event(id, "line")])).to_string();
    let data = |text: String| json!(STANDARD.encode(gzip(text.as_bytes())));
    let event = with(sample("kinesis"), "/Records/0/kinesis/data", data(of("1")));
    let event = with(event, "/Records/1/kinesis/data", data(of("2")));
    let body = "local all = {}\n\
        for nth, one in ipairs(events.cloudwatch_logs(event)) do\n\
        all[nth] = { one.id, one.kinesis.partition_key }\nend\nreturn all";
    assert_eq!(
        answer(body, &event),
        json!([["1", "visitor-1"], ["2", "visitor-2"]])
    );
    assert_eq!(
        error("events.cloudwatch_logs(event)", &sample("kinesis")),
        "events.cloudwatch_logs: the data of record 1: it is not gzip: that begins with the bytes \
         1f 8b"
    );
}

#[test]
fn what_is_no_zipped_batch_is_an_error_that_says_why() {
    let whole = gzip(
        batch("DATA_MESSAGE", json!([log_event("1", "x")]))
            .to_string()
            .as_bytes(),
    );
    let mut damaged = whole.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 1;
    let what = "awslogs.data";
    for (event, expected) in [
        (
            zipped(b""),
            format!("{what}: there are no bytes where gzip is expected"),
        ),
        (zipped(b"{}"), format!("{what}: it is not gzip")),
        (
            zipped(&whole[..whole.len() - 9]),
            format!("{what}: the gzip is cut off"),
        ),
        (zipped(&damaged), format!("{what}: the gzip is damaged: ")),
        (
            zipped(&gzip(b"")),
            format!("what {what} unzips to is not JSON: "),
        ),
        (
            zipped(&gzip(b"{oops")),
            format!("what {what} unzips to is not JSON: "),
        ),
        (
            zipped(&gzip(b"7")),
            format!("what {what} unzips to has no logEvents"),
        ),
        (
            zipped(&gzip(b"{}")),
            format!("what {what} unzips to has no logEvents"),
        ),
        (
            zipped(&gzip(
                batch("DATA_MESSAGE", json!([{ "id": "1" }]))
                    .to_string()
                    .as_bytes(),
            )),
            "record 1 has no message".to_owned(),
        ),
        (
            json!({ "awslogs": { "data": "?" } }),
            format!("{what} is not base64: "),
        ),
        (
            json!({ "awslogs": { "data": 7 } }),
            format!("{what} is no string of base64 but a number"),
        ),
        (
            without(sample("cloudwatch-logs"), "/awslogs", "data"),
            format!("{what} is no string of base64 but a nil"),
        ),
    ] {
        let message = error("events.cloudwatch_logs(event)", &event);
        let expected = format!("events.cloudwatch_logs: {expected}");
        assert!(message.starts_with(&expected), "{message}");
    }
}

#[test]
fn a_gzip_bomb_is_an_error_that_says_the_limit() {
    let bomb = gzip(&vec![b' '; (64 << 20) + 1]);
    assert!(bomb.len() < 100_000);
    let run = function("events.cloudwatch_logs(event)")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
        .invoke(Event::json(zipped(&bomb).to_string()))
        .run();
    assert_eq!(
        run.post().json()["errorMessage"],
        "main.lua:4: events.cloudwatch_logs: awslogs.data: it unzips to more than 64 MB, the most \
         that is taken"
    );
}

#[test]
fn what_unzips_to_more_than_the_memory_is_out_of_memory_and_the_next_event_is_served() {
    let large = gzip(&vec![b' '; 60 << 20]);
    let small = zipped(&gzip(
        batch("DATA_MESSAGE", json!([])).to_string().as_bytes(),
    ));
    let run = function("return #events.cloudwatch_logs(event)")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "64")
        .invoke(Event::json(zipped(&large).to_string()))
        .invoke(Event::json(small.to_string()))
        .run();
    let posts = run.posts();
    assert_eq!(posts[0].json()["errorType"], "Function.OutOfMemory");
    assert_eq!(posts[1].text(), "0");
}
