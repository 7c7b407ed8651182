//! `events.dynamodb`: the changes of a table, and attribute values both ways.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::support::IS_LUAJIT;
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
fn every_type_comes_back_as_it_was() {
    let item = json!({
        "text": { "S": "é" },
        "empty text": { "S": "" },
        "number": { "N": "-1.5" },
        "long": { "N": "12345678901234567890123456789012345678" },
        "bytes": { "B": "AP+A" },
        "no bytes": { "B": "" },
        "yes": { "BOOL": true },
        "no": { "BOOL": false },
        "null": { "NULL": true },
        "list": { "L": [{ "S": "a" }, { "NULL": true }, { "L": [] }, { "M": {} }] },
        "map": { "M": { "1": { "N": "1" }, "deep": { "M": { "er": { "B": "eA==" } } } } },
        "texts": { "SS": ["b", "a"] },
        "numbers": { "NS": ["1", "2.5", "12345678901234567890123456789012345678"] },
        "all bytes": { "BS": ["eA==", "AA=="] },
        "empty list": { "L": [] },
        "empty map": { "M": {} },
    });
    let body = "return events.dynamodb.encode_item(events.dynamodb.decode_item(event))";
    assert_eq!(answer(body, &item), item);
    let body = "return events.dynamodb.encode(events.dynamodb.decode(event))";
    let value = json!({ "M": item });
    assert_eq!(answer(body, &value), value);
}

#[test]
fn null_that_is_absent_is_absent_in_maps_alone() {
    let event = json!({ "a": { "NULL": true }, "b": { "L": [{ "NULL": true }] } });
    let body = "local item = events.dynamodb.decode_item(event)\n\
        return { item.a == nil, item.b[1] == json.null }";
    let absent = function(body).env("MOONLAYER_JSON_NULL", "nil");
    assert_eq!(answer_of(absent, &event), json!([true, true]));
    assert_eq!(answer(body, &event), json!([false, true]));
}

#[test]
fn plain_lua_becomes_attribute_values_by_the_rules_of_json() {
    let body = "local dynamodb = events.dynamodb\n\
        return dynamodb.encode_item({ text = 'a', whole = 5, half = 0.5, float = 5.0, big = 2 ^ 53,\n\
        huge = 1e20, third = 1 / 3, yes = true, null = json.null, list = { 1, 'b' },\n\
        hole = { 1, nil, 3 }, none = {}, empty = json.array({}), object = json.object({ 'x' }),\n\
        mixed = { 1, x = 2 }, bytes = dynamodb.binary('\\0\\255'), \n\
        texts = dynamodb.set({ 'a', 'b' }), numbers = dynamodb.set({ 1, 2.5 }),\n\
        all = dynamodb.set({ dynamodb.binary('x') }) })";
    assert_eq!(
        answer(body, &json!({})),
        json!({
            "text": { "S": "a" },
            "whole": { "N": "5" },
            "half": { "N": "0.5" },
            "float": { "N": "5" },
            "big": { "N": "9007199254740992" },
            "huge": { "N": "1e+20" },
            "third": { "N": "0.3333333333333333" },
            "yes": { "BOOL": true },
            "null": { "NULL": true },
            "list": { "L": [{ "N": "1" }, { "S": "b" }] },
            "hole": { "L": [{ "N": "1" }, { "NULL": true }, { "N": "3" }] },
            "none": { "M": {} },
            "empty": { "L": [] },
            "object": { "M": { "1": { "S": "x" } } },
            "mixed": { "M": { "1": { "N": "1" }, "x": { "N": "2" } } },
            "bytes": { "B": "AP8=" },
            "texts": { "SS": ["a", "b"] },
            "numbers": { "NS": ["1", "2.5"] },
            "all": { "BS": ["eA=="] },
        })
    );
}

#[test]
fn what_dynamodb_has_no_value_for_is_an_error_that_says_where() {
    for (value, expected) in [
        (
            "{ items = { 1, { cb = print } } }",
            "cannot encode a function at $.items[2].cb",
        ),
        ("coroutine.create(print)", "cannot encode a thread at $"),
        ("io.stdout", "cannot encode a userdata at $"),
        (
            "{ [true] = 1 }",
            "cannot encode a boolean as the name of an attribute at $.true",
        ),
        (
            "{ [1] = 'a', ['1'] = 'b' }",
            "cannot encode two attributes of one name at ",
        ),
        (
            "{ [1] = 1, [100] = 2 }",
            "cannot encode an excessively sparse array at $",
        ),
        (
            "json.array({ a = 1 })",
            "cannot encode a table marked as an array that has other keys at $",
        ),
        (
            "events.dynamodb.set({})",
            "cannot encode a set without values, which DynamoDB does not keep, at $",
        ),
        (
            "events.dynamodb.set({ 'a', 1 })",
            "a set has values of one type, but there is another at $[2]",
        ),
        (
            "events.dynamodb.set({ 'a', 'a' })",
            "a set has each value once, but there is one again at $[2]",
        ),
        (
            "events.dynamodb.set({ true })",
            "a set has strings, numbers or binary values, but there is a boolean at $[1]",
        ),
    ] {
        let message = error(&format!("events.dynamodb.encode({value})"), &json!({}));
        let expected = format!("dynamodb.encode: {expected}");
        assert!(message.starts_with(&expected), "{message}");
    }
    let cycle = "local t = {}; t.t = t; events.dynamodb.encode_item(t)";
    let message = error(cycle, &json!({}));
    let start = "dynamodb.encode_item: cannot encode more than 32 levels at $.t.t.t";
    assert!(message.starts_with(start), "{message}");
}

#[test]
fn what_is_no_item_is_an_error() {
    for (call, got) in [
        ("encode_item('x')", "string"),
        ("decode_item(nil)", "nil"),
        ("decode_item('x')", "string"),
    ] {
        let name = &call[..11];
        assert_eq!(
            error(&format!("events.dynamodb.{call}"), &json!({})),
            format!("bad argument #1 to '{name}' (table expected, got {got})")
        );
    }
    for (item, got) in [
        ("{ 'a' }", "list"),
        ("json.array({})", "list"),
        ("events.dynamodb.set({ 'a' })", "value"),
        ("events.dynamodb.binary('a')", "value"),
        ("events.dynamodb.number('12345678901234567890')", "value"),
    ] {
        let message = error(&format!("events.dynamodb.encode_item({item})"), &json!({}));
        let expected = "dynamodb.encode_item: an item has attributes by name, but there is";
        assert_eq!(message, format!("{expected} a single {got} at $"));
    }
}

#[test]
fn as_many_levels_as_dynamodb_takes_are_encoded() {
    // The item itself is none of the 32.
    let body = "local item = {}\nlocal inner = item\n\
        for _ = 1, event do inner.m = {} inner = inner.m end\n\
        return json.encode(events.dynamodb.encode_item(item))";
    assert!(
        answer(body, &json!(32))
            .as_str()
            .unwrap()
            .ends_with("}}}}}}}}")
    );
    assert!(error(&body.replace('\n', " "), &json!(33)).contains("more than 32 levels"));
}

#[test]
fn what_is_no_attribute_value_is_an_error_that_says_where() {
    for (item, expected) in [
        (
            json!({ "id": 42 }),
            "at $.id, a number stands where an attribute value is expected",
        ),
        (
            json!([1]),
            "at $[1], a number stands where an attribute value is expected",
        ),
        (
            json!({ "a": { "L": [{ "S": "x" }, { "X": "y" }] } }),
            "at $.a[2], a table is no attribute value, as {S = \"text\"} is: its members: X",
        ),
        (
            json!({ "a": {} }),
            "at $.a, a table is no attribute value, as {S = \"text\"} is: it is empty",
        ),
        (
            json!({ "a": { "S": "x", "N": "1" } }),
            "at $.a, a table is no attribute value, as {S = \"text\"} is: its members: N, S",
        ),
        (
            json!({ "a": { "N": "many" } }),
            "at $.a, \"many\" is no number in a string",
        ),
        (
            json!({ "a": { "N": 7 } }),
            "at $.a, a number is no number in a string",
        ),
        (json!({ "a": { "S": 7 } }), "at $.a, a string is a number"),
        (
            json!({ "a": { "BOOL": "true" } }),
            "at $.a, a boolean is a string",
        ),
        (
            json!({ "a": { "B": "?" } }),
            "at $.a, a binary value is not base64: ",
        ),
        (
            json!({ "a": { "B": 7 } }),
            "at $.a, a binary value is not base64: it is a number",
        ),
        (
            json!({ "a": { "NS": ["1", "x"] } }),
            "at $.a[2], \"x\" is no number in a string",
        ),
        (json!({ "a": { "SS": "x" } }), "at $.a, a set is a string"),
        (json!({ "a": { "L": "x" } }), "at $.a, a list is a string"),
        (json!({ "a": { "M": "x" } }), "at $.a, a map is a string"),
    ] {
        let message = error("events.dynamodb.decode_item(event)", &item);
        let expected = format!("dynamodb.decode_item: {expected}");
        assert!(message.starts_with(&expected), "{message}");
    }
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
fn sets_and_bytes_can_be_used_as_they_are() {
    let event = json!({
        "tags": { "SS": ["a", "b"] },
        "ids": { "NS": ["7", "12345678901234567890"] },
        "parts": { "BS": ["eA=="] },
        "photo": { "B": "AP8=" },
    });
    let body = "local dynamodb = events.dynamodb\n\
        local item = dynamodb.decode_item(event)\n\
        assert(item.tags:has('b') and not item.tags:has('c') and #item.tags == 2)\n\
        assert(item.ids:has(7) and item.ids:has(dynamodb.number('12345678901234567890')))\n\
        assert(item.parts:has(dynamodb.binary('x')))\n\
        assert(item.photo == dynamodb.binary('\\0\\255') and tostring(item.photo) == '\\0\\255')\n\
        assert(item.photo.bytes == '\\0\\255')\n\
        table.insert(item.tags, 'c')\n\
        return { item, dynamodb.encode(item.tags) }";
    let ids: Value = serde_json::from_str("[7, 12345678901234567890]").expect("JSON");
    assert_eq!(
        answer(body, &event),
        json!([
            { "tags": ["a", "b", "c"], "ids": ids, "parts": ["eA=="], "photo": "AP8=" },
            { "SS": ["a", "b", "c"] },
        ])
    );
    if !IS_LUAJIT {
        assert_eq!(
            answer("return #events.dynamodb.binary('abc')", &json!({})),
            3
        );
    }
    for name in ["binary", "set"] {
        let wants = if name == "set" { "table" } else { "string" };
        assert_eq!(
            error(&format!("events.dynamodb.{name}(7)"), &json!({})),
            format!("bad argument #1 to '{name}' ({wants} expected, got number)")
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
