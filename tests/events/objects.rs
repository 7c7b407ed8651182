//! `events.s3`: by S3 itself, EventBridge, SNS and SQS.

use serde_json::{Value, json};

use super::{answer, envelope, error, queue, records, sample, with, without};

/// What EventBridge tells of an object.
fn bridged(kind: &str, detail: Value) -> Value {
    let mut event = json!({
        "version": "0",
        "id": "2d4eba74-fd51-3966-4bfa-b013c9da8ff1",
        "detail-type": kind,
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2026-11-20T18:15:25Z",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::example-reports"],
        "detail": {
            "version": "0",
            "bucket": { "name": "example-reports" },
            "object": {
                "key": "a+b%20c.pdf",
                "size": 1024,
                "etag": "d41d8cd98f00b204e9800998ecf8427e",
                "version-id": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
                "sequencer": "0055AED6DCD90281E5",
            },
            "request-id": "C3D13FE58DE4C810",
            "requester": "123456789012",
            "source-ip-address": "203.0.113.24",
        },
    });
    for (name, value) in detail.as_object().expect("an object") {
        event["detail"][name] = value.clone();
    }
    event
}

#[test]
fn an_object_has_its_key_as_it_was_given() {
    assert_eq!(
        records("s3", &sample("s3")),
        json!([{
            "event_name": "ObjectCreated:Put",
            "bucket": "example-reports",
            "key": "reports/résumé (final) 1+1.pdf",
            "size": 1024,
            "etag": "d41d8cd98f00b204e9800998ecf8427e",
            "version_id": "096fKKXTRTtl3on89fVO.nfljtsv6qko",
            "sequencer": "0055AED6DCD90281E5",
            "time": "2026-11-20T18:15:25.123Z",
            "time_ms": 1_795_198_525_123_u64,
            "region": "us-east-1",
            "principal": "AWS:AIDAEXAMPLECALLERID12",
            "source_ip": "203.0.113.24",
        }])
    );
}

#[test]
fn every_byte_of_a_key_is_decoded_once() {
    for (key, bytes) in [
        ("plain", "plain"),
        ("a+b", "a b"),
        ("a%2Bb", "a+b"),
        ("a%252Bb", "a%2Bb"),
        ("%e2%82%AC", "€"),
        ("", ""),
        ("50%", "50%"),
        ("50%zz%4", "50%zz%4"),
        ("%%41", "%A"),
    ] {
        let event = with(sample("s3"), "/Records/0/s3/object/key", json!(key));
        assert_eq!(records("s3", &event)[0]["key"], bytes, "{key}");
    }
    let event = with(sample("s3"), "/Records/0/s3/object/key", json!("%FF%00"));
    let body = "return { events.s3(event)[1].key:byte(1, -1) }";
    assert_eq!(answer(body, &event), json!([255, 0]));
}

#[test]
fn an_object_by_eventbridge_is_the_same_record() {
    let event = bridged("Object Created", json!({ "reason": "PutObject" }));
    let mut expected = records("s3", &sample("s3"))[0].clone();
    // There the key is not encoded, and the time has no fraction.
    expected["key"] = json!("a+b%20c.pdf");
    expected["time"] = json!("2026-11-20T18:15:25Z");
    expected["time_ms"] = json!(1_795_198_525_000_u64);
    expected["principal"] = json!("123456789012");
    assert_eq!(records("s3", &event), json!([expected]));
}

#[test]
fn the_events_of_eventbridge_have_the_names_of_s3() {
    let expired = "Lifecycle Expiration";
    for (kind, detail, name) in [
        (
            "Object Created",
            json!({ "reason": "POST Object" }),
            "ObjectCreated:Post",
        ),
        (
            "Object Created",
            json!({ "reason": "CopyObject" }),
            "ObjectCreated:Copy",
        ),
        (
            "Object Created",
            json!({ "reason": "CompleteMultipartUpload" }),
            "ObjectCreated:CompleteMultipartUpload",
        ),
        (
            "Object Created",
            json!({ "reason": "Other" }),
            "Object Created",
        ),
        (
            "Object Deleted",
            json!({ "reason": "DeleteObject", "deletion-type": "Permanently Deleted" }),
            "ObjectRemoved:Delete",
        ),
        (
            "Object Deleted",
            json!({ "reason": "DeleteObject", "deletion-type": "Delete Marker Created" }),
            "ObjectRemoved:DeleteMarkerCreated",
        ),
        (
            "Object Deleted",
            json!({ "reason": expired, "deletion-type": "Permanently Deleted" }),
            "LifecycleExpiration:Delete",
        ),
        ("Object Tags Added", json!({}), "ObjectTagging:Put"),
        (
            "Object Restore Completed",
            json!({}),
            "ObjectRestore:Completed",
        ),
        ("Object Eaten", json!({}), "Object Eaten"),
    ] {
        let event = bridged(kind, detail);
        assert_eq!(records("s3", &event)[0]["event_name"], name);
    }
}

#[test]
fn objects_come_out_of_queues_and_topics_with_what_carried_them() {
    let notification = sample("s3").to_string();
    let by_eventbridge = bridged("Object Created", json!({ "reason": "PutObject" })).to_string();
    let event = queue([&notification, &envelope(&notification), &by_eventbridge]);
    let body = "local all = {}\n\
        for nth, object in ipairs(events.s3(event)) do\n\
        all[nth] = { object.key, object.sqs.id, object.sns and object.sns.id }\n\
        end\nreturn all";
    let key = "reports/résumé (final) 1+1.pdf";
    assert_eq!(
        answer(body, &event),
        json!([
            [key, "message-1"],
            [key, "message-2", "notification-1"],
            ["a+b%20c.pdf", "message-3"],
        ])
    );
    let event = with(sample("sns"), "/Records/0/Sns/Message", json!(notification));
    let body = "local object = events.s3(event)[1]\n\
        return { object.key, object.sns.topic, object.sqs == nil }";
    assert_eq!(answer(body, &event), json!([key, "orders", true]));
}

#[test]
fn what_carries_no_object_is_an_error_that_names_it() {
    assert_eq!(
        error("events.s3(event)", &sample("sqs")),
        "events.s3: expected events of S3, but SQS message 059f36b4-87a3-44ab-83d2-661975830a7d \
         holds one of an unknown source (its members: id, item, quantity)"
    );
    assert_eq!(
        error("events.s3(event)", &queue(["[1]"])),
        "events.s3: expected events of S3, but SQS message message-1 holds one of an unknown \
         source (it is a list)"
    );
    assert_eq!(
        error("events.s3(event)", &queue(["7"])),
        "events.s3: expected events of S3, but SQS message message-1 holds no table but a number"
    );
    assert_eq!(
        error("events.s3(event)", &queue([&envelope("{}")])),
        "events.s3: expected events of S3, but SNS notification notification-1 holds one of an \
         unknown source (it is empty)"
    );
    assert_eq!(
        error("events.s3(event)", &queue([&envelope("oops")])),
        "events.s3: SNS notification notification-1 is not JSON: invalid JSON at byte 1: expected \
         a value"
    );
    // An envelope in an envelope is of SNS.
    assert_eq!(
        error("events.s3(event)", &queue([&envelope(&envelope("{}"))])),
        "events.s3: expected events of S3, but SNS notification notification-1 holds a \
         notification of SNS; events.sns reads it"
    );
}

#[test]
fn the_event_by_which_s3_tests_a_destination_has_no_objects() {
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent",
        "Time": "2026-11-20T18:15:25.123Z", "Bucket": "example-reports" });
    assert_eq!(records("s3", &test), json!([]));
    let event = queue([&test.to_string(), &sample("s3").to_string()]);
    assert_eq!(records("s3", &event).as_array().unwrap().len(), 1);
}

#[test]
fn a_malformed_object_is_an_error_that_names_it() {
    let key = "/Records/0/s3/object/key";
    let no_detail = with(bridged("Object Created", json!({})), "/detail", json!(7));
    for (event, expected) in [
        (
            without(sample("s3"), "/Records/0", "s3"),
            "record 1 has no s3.bucket.name",
        ),
        (
            without(sample("s3"), "/Records/0/s3", "object"),
            "record 1 has no s3.object.key",
        ),
        (
            with(sample("s3"), key, json!(7)),
            "the s3.object.key of record 1 is a number",
        ),
        (no_detail, "record 1 has no detail.bucket.name"),
    ] {
        assert_eq!(
            error("events.s3(event)", &event),
            format!("events.s3: {expected}")
        );
    }
}
