//! `events.dynamodb.decode` and `encode`: DynamoDB's attribute values both ways.

use serde_json::{Value, json};

use super::support::IS_LUAJIT;
use super::{answer, answer_of, error, function};

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
