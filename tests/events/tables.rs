//! `events.dynamodb`: the changes of a table.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{answer, answer_of, error, function, records, sample, with, without};

#[test]
fn a_change_has_its_items_in_plain_lua() {
    let changes = records("dynamodb", &sample("dynamodb"));
    let item = |price: f64| {
        json!({
            "id": 42,
            "item": "lamp",
            "price": price,
            "gift": true,
            "note": null,
            "tags": ["home", "light"],
            "sizes": [1, 2.5],
            "photo": "cGl4ZWxz",
            "lines": ["first", 2],
            "customer": { "name": "Ada", "visits": 9_007_199_254_740_993_u64 },
        })
    };
    assert_eq!(
        changes[1],
        json!({
            "id": "8c431eb4cb5d39f5c5add0f345d40457",
            "event_name": "MODIFY",
            "table_name": "orders",
            "keys": { "id": 42 },
            "new": item(17.5),
            "old": item(19.9),
            "sequence_number": "200000000042385173",
            "size_bytes": 331,
            "view": "NEW_AND_OLD_IMAGES",
            "time_ms": 1_795_198_525_000_u64,
            "is_expired": false,
            "arn": "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-11-20T00:00:00.000",
            "region": "us-east-1",
        })
    );
    assert_eq!(changes[0].get("old"), None);
    assert_eq!(changes[2].get("new"), None);
}

#[test]
fn what_the_time_to_live_has_deleted_is_expired() {
    let mut event = sample("dynamodb");
    event["Records"][2]["userIdentity"] =
        json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    assert_eq!(records("dynamodb", &event)[2]["is_expired"], true);
}

#[test]
fn changes_come_out_of_kinesis_with_their_record() {
    let change = |time: u64| {
        json!({
            "awsRegion": "us-east-1",
            "eventID": "a1",
            "eventName": "INSERT",
            "userIdentity": null,
            "recordFormat": "application/json",
            "tableName": "orders",
            "dynamodb": {
                "ApproximateCreationDateTime": time,
                "Keys": { "id": { "N": "42" } },
                "NewImage": { "id": { "N": "42" } },
                "SizeBytes": 8,
            },
            "eventSource": "aws:dynamodb",
        })
    };
    let data = |change: Value| json!(STANDARD.encode(change.to_string()));
    let event = with(
        sample("kinesis"),
        "/Records/0/kinesis/data",
        data(change(1_795_198_525_123)),
    );
    let micros = data(change(1_795_198_525_123_456));
    let event = with(event, "/Records/1/kinesis/data", micros);
    let body = "local all = {}\n\
        for nth, one in ipairs(events.dynamodb(event)) do\n\
        all[nth] = { one.new.id, one.table_name, one.time_ms, one.kinesis.partition_key }\n\
        end\nreturn all";
    assert_eq!(
        answer(body, &event),
        json!([
            [42, "orders", 1_795_198_525_123_u64, "visitor-1"],
            [42, "orders", 1_795_198_525_123_u64, "visitor-2"],
        ])
    );
    assert_eq!(
        error("events.dynamodb(event)", &sample("kinesis")),
        "events.dynamodb: the data of record 1 is no change of a table of DynamoDB; events.kinesis \
         reads it"
    );
}

#[test]
fn a_malformed_change_is_an_error_that_names_it() {
    let image = "/Records/1/dynamodb/NewImage";
    for (event, expected) in [
        (
            without(sample("dynamodb"), "/Records/1", "dynamodb"),
            "record 2 has no dynamodb",
        ),
        (
            with(sample("dynamodb"), "/Records/1/dynamodb", json!("x")),
            "the dynamodb of record 2 is a string",
        ),
        (
            with(
                sample("dynamodb"),
                &format!("{image}/price/N"),
                json!("much"),
            ),
            "NewImage of record 2: at $.price, \"much\" is no number in a string",
        ),
        (
            with(sample("dynamodb"), image, json!("x")),
            "NewImage of record 2: at $, a map is a string",
        ),
    ] {
        assert_eq!(
            error("events.dynamodb(event)", &event),
            format!("events.dynamodb: {expected}")
        );
    }
}

#[test]
fn an_item_of_many_levels_and_ten_thousand_changes_are_read() {
    let mut deep = json!({ "N": "1" });
    for _ in 0..400 {
        deep = json!({ "L": [deep] });
    }
    let body = "local depth, value = 0, events.dynamodb.decode(event)\n\
        while type(value) == 'table' do depth, value = depth + 1, value[1] end\nreturn depth";
    assert_eq!(answer(body, &deep), 400);
    let mut event = sample("dynamodb");
    event["Records"] = json!(vec![event["Records"][0].clone(); 10_000]);
    let body = "local sum = 0\n\
        for _, one in ipairs(events.dynamodb(event)) do sum = sum + one.keys.id end\nreturn sum";
    let large = function(body).env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
    assert_eq!(answer_of(large, &event), 420_000);
}
