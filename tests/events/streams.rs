//! `events.kinesis` and `events.kafka`.

use serde_json::{Value, json};

use super::{answer, error, records, sample, with, without};

#[test]
fn a_record_of_kinesis_has_its_data_as_bytes() {
    let event = with(sample("kinesis"), "/Records/1/kinesis/data", json!("AP8K"));
    let body = "local first, second = unpack(events.kinesis(event))\n\
        return { first:json().page, second.data:byte(1, -1) }";
    let body = body.replace("unpack", "(unpack or table.unpack)");
    assert_eq!(answer(&body, &event), json!(["/", 0, 255, 10]));
    assert_eq!(
        records("kinesis", &sample("kinesis"))[0],
        json!({
            "id": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
            "data": "{\"page\":\"/\"}",
            "partition_key": "visitor-1",
            "sequence_number": "49590338271490256608559692538361571095921575989136588898",
            "shard_id": "shardId-000000000006",
            "time_ms": 1_795_198_525_123_u64,
            "stream": "clicks",
            "arn": "arn:aws:kinesis:us-east-1:123456789012:stream/clicks",
            "region": "us-east-1",
        })
    );
}

#[test]
fn a_malformed_record_of_kinesis_is_an_error_that_names_it() {
    for (event, expected) in [
        (
            without(sample("kinesis"), "/Records/1", "kinesis"),
            "record 2 has no kinesis.data",
        ),
        (
            with(sample("kinesis"), "/Records/1/kinesis/data", Value::Null),
            "record 2 has no kinesis.data",
        ),
        (
            with(sample("kinesis"), "/Records/0/kinesis/data", json!(7)),
            "the kinesis.data of record 1 is a number",
        ),
        (
            with(sample("kinesis"), "/Records/0/kinesis/data", json!("a?")),
            "the data of record 1 is not base64: ",
        ),
    ] {
        let message = error("events.kinesis(event)", &event);
        assert!(
            message.starts_with(&format!("events.kinesis: {expected}")),
            "{message}"
        );
    }
    assert!(
        error(
            "events.kinesis(event)[1]:json()",
            &with(sample("kinesis"), "/Records/0/kinesis/data", json!("eA=="))
        )
        .starts_with(
            "the data of Kinesis record 49590338271490256608559692538361571095921575989136588898 \
             is not JSON: invalid JSON at byte 1"
        )
    );
}

/// An event with these groups of records.
fn kafka(source: &str, groups: Value) -> Value {
    json!({
        "eventSource": source,
        "eventSourceArn": "arn:aws:kafka:us-east-1:123456789012:cluster/orders/b0f3-1",
        "bootstrapServers": "b-1.orders.example.com:9092",
        "records": groups,
    })
}

fn kafka_record(topic: &str, partition: u32, offset: u64) -> Value {
    json!({ "topic": topic, "partition": partition, "offset": offset })
}

#[test]
fn a_record_of_kafka_has_its_bytes() {
    let mut record = kafka_record("orders", 0, 9_007_199_254_740_991);
    record["timestamp"] = json!(1_795_198_525_123_u64);
    record["timestampType"] = json!("CREATE_TIME");
    record["key"] = json!("a2V5");
    record["value"] = json!("eyJpZCI6NDF9");
    record["headers"] = json!([
        { "trace": [97, 98] },
        { "name": [-61, -87] },
        { "trace": [99, 195, 169] },
        { "empty": [] },
    ]);
    for source in ["aws:kafka", "SelfManagedKafka"] {
        let event = kafka(source, json!({ "orders-0": [record] }));
        let body = "assert(events.kafka(event)[1]:json().id == 41)\nreturn events.source(event)";
        assert_eq!(answer(body, &event), "kafka");
        assert_eq!(
            records("kafka", &event),
            json!([{
                "topic": "orders",
                "partition": 0,
                "offset": 9_007_199_254_740_991_u64,
                "key": "key",
                "value": "{\"id\":41}",
                "headers": { "trace": "cé", "name": "é", "empty": "" },
                "all_headers": [
                    { "name": "trace", "value": "ab" },
                    { "name": "name", "value": "é" },
                    { "name": "trace", "value": "cé" },
                    { "name": "empty", "value": "" },
                ],
                "time_ms": 1_795_198_525_123_u64,
                "time_type": "CREATE_TIME",
            }])
        );
    }
}

#[test]
fn records_of_kafka_come_by_topic_partition_and_offset() {
    let event = kafka(
        "aws:kafka",
        json!({
            "b-0": [kafka_record("b", 0, 1)],
            "a-c-10": [kafka_record("a-c", 10, 5), kafka_record("a-c", 10, 6)],
            "a-c-9": [kafka_record("a-c", 9, 7)],
            "a-2": [kafka_record("a", 2, 8)],
        }),
    );
    let body = "local all = {}\n\
        for nth, one in ipairs(events.kafka(event)) do\n\
        all[nth] = one.topic .. '/' .. one.partition .. '/' .. one.offset\nend\nreturn all";
    assert_eq!(
        answer(body, &event),
        json!(["a/2/8", "a-c/9/7", "a-c/10/5", "a-c/10/6", "b/0/1"])
    );
}

#[test]
fn a_tombstone_of_kafka_has_no_value() {
    let mut record = kafka_record("orders", 0, 1);
    record["value"] = Value::Null;
    record["key"] = json!("");
    record["headers"] = json!([{ "nothing": null }]);
    let event = kafka("aws:kafka", json!({ "orders-0": [record] }));
    let body = "local one = events.kafka(event)[1]\n\
        assert(one.value == nil and one:json() == nil and one.key == '')\n\
        return one.all_headers";
    assert_eq!(answer(body, &event), json!([{ "name": "nothing" }]));
    assert_eq!(records("kafka", &kafka("aws:kafka", json!({}))), json!([]));
    assert_eq!(
        records("kafka", &kafka("aws:kafka", Value::Null)),
        json!([])
    );
}

#[test]
fn a_malformed_record_of_kafka_is_an_error_that_names_it() {
    let mut bad_value = kafka_record("orders", 0, 2);
    bad_value["value"] = json!("%");
    let mut bad_key = kafka_record("orders", 0, 2);
    bad_key["key"] = json!({});
    let mut bad_header = kafka_record("orders", 0, 2);
    bad_header["headers"] = json!([{ "trace": [256] }]);
    let good = kafka_record("orders", 0, 1);
    for (second, expected) in [
        (json!(7), "record 2 of orders-0 is a number"),
        (
            bad_value,
            "the value of record 2 of orders-0 is not base64: ",
        ),
        (
            bad_key,
            "the key of record 2 of orders-0 is no string of base64 but a table",
        ),
        (
            bad_header,
            "the header trace of record 2 of orders-0 has something else than bytes",
        ),
    ] {
        let event = kafka("aws:kafka", json!({ "orders-0": [good, second] }));
        let message = error("events.kafka(event)", &event);
        assert!(
            message.starts_with(&format!("events.kafka: {expected}")),
            "{message}"
        );
    }
    let event = kafka("aws:kafka", json!({ "orders-0": 7 }));
    assert_eq!(
        error("events.kafka(event)", &event),
        "events.kafka: orders-0 has no list of records but a number"
    );
}
