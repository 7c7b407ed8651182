//! `events.sqs` and `events.sns`, and the one in the other.

use serde_json::{Value, json};

use super::{answer, answer_of, envelope, error, function, queue, records, sample, with, without};

#[test]
fn a_message_of_sqs_has_its_values_in_plain_lua() {
    let messages = records("sqs", &sample("sqs"));
    assert_eq!(
        messages[0],
        json!({
            "id": "059f36b4-87a3-44ab-83d2-661975830a7d",
            "body": "{\"id\":41,\"item\":\"lamp\",\"quantity\":1}",
            "attributes": { "source": "shop", "priority": 5, "signature": "example" },
            "receive_count": 1,
            "time_ms": 1_795_198_525_001_u64,
            "first_received_ms": 1_795_198_525_011_u64,
            "sender_id": "AIDAEXAMPLESENDERID12",
            "trace_header":
                "Root=1-6b008e3d-5f84c2a1b3e6d7f809a1b2c3;Parent=53995c3f42cd8ad8;Sampled=0",
            "receipt_handle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a1ExampleReceiptHandle==",
            "queue": "orders",
            "arn": "arn:aws:sqs:us-east-1:123456789012:orders",
            "region": "us-east-1",
        })
    );
    assert_eq!(messages[1]["id"], "2e1424d4-f796-459a-8184-9c92662be6da");
    let fifo = records("sqs", &sample("sqs-fifo"));
    assert_eq!(fifo[1]["group_id"], "customer-7");
    assert_eq!(fifo[1]["deduplication_id"], "order-41-shipped");
    // Of more digits than a number has.
    assert_eq!(fifo[1]["sequence_number"], "18849496460467696384");
}

#[test]
fn a_record_keeps_the_raw_one() {
    let body = "local record = events.sqs(event)[1]\n\
        return { same = record.raw == event.Records[1], md5 = record.raw.md5OfBody }";
    assert_eq!(
        answer(body, &sample("sqs")),
        json!({ "same": true, "md5": "bfe0750cc1917fbf733e1e07bf7f8259" })
    );
}

#[test]
fn message_attributes_have_the_types_that_they_were_sent_with() {
    let attribute = |kind: &str, value: &str| json!({ "dataType": kind, "stringValue": value });
    let attributes = json!({
        "id": attribute("String.UUID", "7"),
        "count": attribute("Number.int", "9007199254740991"),
        "half": attribute("Number", "-0.5"),
        "long": attribute("Number", "12345678901234567890.123456789"),
        "no number": attribute("Number", "many"),
        "image": { "dataType": "Binary.png", "binaryValue": "iVBORw==" },
        "nothing": { "dataType": "String", "stringValue": null },
    });
    let event = with(sample("sqs"), "/Records/0/messageAttributes", attributes);
    let body = "local plain = events.sqs(event)[1].attributes\n\
        plain.image = { plain.image:byte(1, -1) }\n\
        plain.absent = plain.nothing == nil\n\
        return plain";
    assert_eq!(
        answer(body, &event),
        json!({
            "id": "7",
            "count": 9_007_199_254_740_991_u64,
            "half": -0.5,
            "long": "12345678901234567890.123456789",
            "no number": "many",
            "image": [0x89, 0x50, 0x4e, 0x47],
            "absent": true,
        })
    );
}

#[test]
fn json_decodes_the_body_and_says_which_is_none() {
    let body = "return events.sqs(event)[1]:json().item";
    assert_eq!(answer(body, &sample("sqs")), "lamp");
    assert_eq!(
        error("events.sqs(event)[2]:json()", &queue(["{}", "{oops"])),
        "the body of SQS message message-2 is not JSON: invalid JSON at byte 2: expected a \
         member's name in double quotes"
    );
    assert_eq!(
        error("events.sqs(event)[1].json()", &queue(["{}"])),
        "bad self to 'json' (record expected, got nil); call record:json()"
    );
}

#[test]
fn a_malformed_message_is_an_error_that_names_it() {
    for (event, expected) in [
        (
            without(sample("sqs"), "/Records/1", "body"),
            "record 2 has no body",
        ),
        (
            with(sample("sqs"), "/Records/1/body", Value::Null),
            "record 2 has no body",
        ),
        (
            with(sample("sqs"), "/Records/0/body", json!({})),
            "the body of record 1 is a table",
        ),
        (
            with(
                sample("sqs"),
                "/Records/0/messageAttributes/source",
                json!(7),
            ),
            "the messageAttributes.source of record 1 is a number",
        ),
        (
            with(
                sample("sqs"),
                "/Records/0/messageAttributes/signature/binaryValue",
                json!("?"),
            ),
            "attribute signature of record 1 is not base64: ",
        ),
    ] {
        let message = error("events.sqs(event)", &event);
        assert!(
            message.starts_with(&format!("events.sqs: {expected}")),
            "{message}"
        );
    }
}

#[test]
fn what_is_absent_or_null_in_a_message_is_absent() {
    let bare = json!({ "Records": [{ "eventSource": "aws:sqs", "body": "", "messageId": null,
        "attributes": null, "messageAttributes": null, "eventSourceARN": null }] });
    assert_eq!(
        records("sqs", &bare),
        json!([{ "body": "", "attributes": {} }])
    );
}

#[test]
fn a_notification_has_its_values_in_plain_lua() {
    let mut event = sample("sns");
    event["Records"][0]["Sns"]["MessageAttributes"]["tags"] =
        json!({ "Type": "String.Array", "Value": "[\"new\",1,null]" });
    event["Records"][0]["Sns"]["MessageAttributes"]["image"] =
        json!({ "Type": "Binary", "Value": "aW1hZ2U=" });
    assert_eq!(
        records("sns", &event),
        json!([{
            "id": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
            "message": "{\"orderId\":42,\"state\":\"shipped\"}",
            "subject": "Order 42",
            "attributes":
                { "state": "shipped", "weight": 1.5, "tags": ["new", 1, null], "image": "image" },
            "time": "2026-11-20T18:15:25.123Z",
            "time_ms": 1_795_198_525_123_u64,
            "topic": "orders",
            "arn": "arn:aws:sns:us-east-1:123456789012:orders",
            "subscription_arn": "arn:aws:sns:us-east-1:123456789012:orders:21be56ed-a058-49f5-8c98-aedd2564c486",
        }])
    );
    let state = answer("return events.sns(event)[1]:json().state", &event);
    assert_eq!(state, "shipped");
    let none = with(sample("sns"), "/Records/0/Sns/Subject", Value::Null);
    assert_eq!(records("sns", &none)[0].get("subject"), None);
}

#[test]
fn a_malformed_notification_is_an_error_that_names_it() {
    for (event, expected) in [
        (
            without(sample("sns"), "/Records/0", "Sns"),
            "record 1 has no Sns.Message",
        ),
        (
            with(sample("sns"), "/Records/0/Sns/Message", json!(7)),
            "the Sns.Message of record 1 is a number",
        ),
    ] {
        let message = error("events.sns(event)", &event);
        assert_eq!(message, format!("events.sns: {expected}"));
    }
}

#[test]
fn notifications_come_out_of_queues_with_their_message() {
    let event = queue([&envelope("first"), &envelope("second")]);
    let body = "local all = {}\n\
        for nth, one in ipairs(events.sns(event)) do\n\
        all[nth] = { one.message, one.sqs.id, one.topic, one.attributes.weight, one.raw.Type }\n\
        end\nreturn all";
    assert_eq!(
        answer(body, &event),
        json!([
            ["first", "message-1", "uploads", 1.5, "Notification"],
            ["second", "message-2", "uploads", 1.5, "Notification"],
        ])
    );
}

#[test]
fn a_queue_without_notifications_is_an_error_that_says_so() {
    assert_eq!(
        error("events.sns(event)", &queue([&envelope("one"), "{\"a\":1}"])),
        "events.sns: expected events of SNS, but SQS message message-2 holds one of an unknown \
         source (its members: a)"
    );
    assert_eq!(
        error("events.sns(event)", &queue(["just text"])),
        "events.sns: SQS message message-1 is not JSON: invalid JSON at byte 1: expected a value; \
         events.sqs reads what comes by raw message delivery"
    );
    assert_eq!(
        error("events.sns(event)", &queue([&sample("s3").to_string()])),
        "events.sns: expected events of SNS, but SQS message message-1 holds one of S3; events.s3 \
         reads it"
    );
}

#[test]
fn null_that_is_absent_changes_no_record() {
    let event = with(sample("sns"), "/Records/0/Sns/Subject", Value::Null);
    let body = "local one = events.sns(event)[1]\none.raw = nil\nreturn one";
    let absent = function(body).env("MOONLAYER_JSON_NULL", "nil");
    assert_eq!(answer_of(absent, &event), answer(body, &event));
}

#[test]
fn ten_thousand_messages_are_read() {
    let mut event = sample("sqs");
    let record = event["Records"][0].clone();
    event["Records"] = json!(vec![record; 10_000]);
    let body = "local sum = 0\n\
        for _, message in ipairs(events.sqs(event)) do sum = sum + message:json().id end\n\
        return sum";
    assert_eq!(answer(body, &event), 410_000);
}
