//! Tables that are marked as arrays or objects.

use super::*;

#[test]
fn marks_replace_each_other_but_no_other_metatable() {
    run(r#"
        local t = json.array(json.object({ 1 }))
        assert(json.encode(t) == "[1]" and json.encode(json.object(t)) == '{"1":1}')
        local ok, message = pcall(json.array, setmetatable({}, {}))
        assert(not ok and message:find("has a metatable of its own", 1, true), message)
        ok, message = pcall(json.object, 5)
        assert(not ok and message:find("table expected", 1, true), message)
    "#);
}

#[test]
fn only_objects_are_objects() {
    for text in ["{}", " {\"a\":[1]} ", "{\"_aws\":{}}\n"] {
        assert!(is_object(text.as_bytes()), "{text}");
    }
    for text in [
        "",
        "[]",
        "{",
        "{}}",
        "{a}",
        "x {}",
        "{\"a\":1",
        "{} {}",
        "{}\x0c",
        "\x0b{}",
        "{\"a\":\"\u{1}\"}",
        "null",
    ] {
        assert!(!is_object(text.as_bytes()), "{text}");
    }
    assert!(!is_object(b"{\"a\":\"\xff\"}"));
}
