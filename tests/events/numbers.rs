//! The numbers of DynamoDB, up to 38 digits: as Lua's where one holds them, and back.

use serde_json::{Value, json};

use super::support::IS_LUAJIT;
use super::{answer, error};

/// What the numbers of these texts are (`number` or `table`), and what is written of them.
#[track_caller]
fn both_ways(texts: &[&str]) -> Vec<(String, String)> {
    let body = "local all = json.array({})\n\
        for nth, text in ipairs(event) do\n\
        local value = events.dynamodb.decode({ N = text })\n\
        all[nth] = { type(value), events.dynamodb.encode(value).N }\n\
        end\nreturn all";
    let answer = answer(body, &json!(texts));
    let pair = |pair: &Value| {
        let text = |nth: usize| pair[nth].as_str().expect("text").to_owned();
        (text(0), text(1))
    };
    answer
        .as_array()
        .expect("an array")
        .iter()
        .map(pair)
        .collect()
}

#[test]
fn numbers_that_lua_holds_are_its_own() {
    let texts = [
        "0",
        "42",
        "-7",
        "19.9",
        "0.1",
        "-0.0015",
        "9007199254740992",
        "-9007199254740992",
        "123456789012345",
        "3.141592653589793",
        "0.30000000000000004",
        "123456.789012345",
    ];
    for (text, (kind, back)) in texts.iter().zip(both_ways(&texts)) {
        assert_eq!((kind.as_str(), back.as_str()), ("number", *text));
    }
    // The same number in other digits.
    let others = [
        "19.90", "007", "1e2", "1.5E3", "-0", "5.0", "1E-130", ".5", "+3",
    ];
    let digits = ["19.9", "7", "100", "1500", "0", "5", "1e-130", "0.5", "3"];
    for (digits, (kind, back)) in digits.iter().zip(both_ways(&others)) {
        assert_eq!((kind.as_str(), back.as_str()), ("number", *digits));
    }
}

#[test]
fn integers_are_exact_over_all_that_lua_has() {
    let texts = [
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
    ];
    let kind = if IS_LUAJIT { "table" } else { "number" };
    for (text, (found, back)) in texts.iter().zip(both_ways(&texts)) {
        assert_eq!((found.as_str(), back.as_str()), (kind, *text));
    }
}

#[test]
fn numbers_that_lua_does_not_hold_keep_all_digits() {
    let texts = [
        "9223372036854775808",
        "-9223372036854775809",
        "12345678901234567890123456789012345678",
        "-12345678901234567890123456789012345678",
        "3.1415926535897932384626433832795028841",
        "0.10000000000000001",
        "100000000000000000000",
        "9.9999999999999999999999999999999999999E+125",
        "1.0000000000000000000000000000000000001",
        "-9.9999999999999999999999999999999999999E+125",
        "1.2345678901234567890123456789012345678E-130",
    ];
    for (text, (kind, back)) in texts.iter().zip(both_ways(&texts)) {
        assert_eq!((kind.as_str(), back.as_str()), ("table", *text));
    }
}

#[test]
fn a_long_number_shows_compares_and_is_encoded_with_its_digits() {
    let body = "local number = events.dynamodb.number\n\
        local long, same = number('12345678901234567890'), number('12345678901234567890.0')\n\
        local more, less = number('12345678901234567890.5'), number('-12345678901234567890')\n\
        assert(long == same and long ~= more and long < more and more > long and long <= same)\n\
        assert(number('-12345678901234567891') < less and less < number('-12345678901234567889'))\n\
        assert(less < long and not (long < less) and less <= long and number('-1e30') < less)\n\
        assert(number('123456789012345678901') > more)\n\
        assert(long:tonumber() == 12345678901234567890.0)\n\
        return { tostring(long), json.encode({ long, more }), number('42') }";
    assert_eq!(
        answer(body, &json!({})),
        json!([
            "12345678901234567890",
            "[12345678901234567890,12345678901234567890.5]",
            42
        ])
    );
    // Text that JSON would not take.
    let body = "local all = {}\n\
        for nth, text in ipairs(event) do all[nth] = json.encode(events.dynamodb.number(text)) end\n\
        return all";
    let texts = json!([
        "+12345678901234567890",
        ".12345678901234567890",
        "0012345678901234567891.50",
        "12345678901234567891.",
        "0.12345678901234567891",
        "12345678901234567891e5",
    ]);
    let expected = json!([
        "1234567890123456789E1",
        "1234567890123456789E-19",
        "123456789012345678915E-1",
        "12345678901234567891E0",
        "0.12345678901234567891",
        "12345678901234567891e5",
    ]);
    assert_eq!(answer(body, &texts), expected);
}

#[test]
fn a_long_number_compares_with_every_number_and_with_nothing_else() {
    // LuaJIT compares values of one type only, whatever they are.
    let body = "local long = events.dynamodb.number('12345678901234567890')\n\
        if _VERSION == 'Lua 5.4' then\n\
          assert(5 < long and long > 5 and not (long <= 5) and 1e20 > long and long < 1e20)\n\
          assert(long < math.huge and math.huge > long and -math.huge < long)\n\
          assert(not (long <= -math.huge) and not (long < 0 / 0) and not (0 / 0 <= long))\n\
        end\n\
        assert(long ~= events.dynamodb.binary('x') and long ~= {} and long ~= 'x')\n\
        local messages = {}\n\
        for nth, other in ipairs({ 'x', {}, true }) do\n\
          local ok, message = pcall(function() return long < other end)\n\
          assert(not ok, 'compared')\n\
          messages[nth] = message\n\
        end\n\
        return messages";
    for message in answer(body, &json!({})).as_array().expect("messages") {
        let message = message.as_str().expect("a message");
        assert!(
            message.starts_with("main.lua:13: attempt to compare "),
            "{message}"
        );
    }
}

#[test]
fn arithmetic_on_a_long_number_is_an_error_that_says_what_to_do() {
    for operation in ["n + 1", "1 - n", "n * n", "n / 2", "-n", "n % 7", "n ^ 2"] {
        let body =
            format!("local n = events.dynamodb.number('12345678901234567890'); return {operation}");
        assert_eq!(
            error(&body, &json!({})),
            "12345678901234567890 has more digits than a number of Lua's: number:tonumber() gives \
             the nearest",
            "{operation}"
        );
    }
}

#[test]
fn what_dynamodb_takes_as_no_number_is_an_error() {
    let encode = |value: &str| error(&format!("events.dynamodb.encode({value})"), &json!({}));
    let start = "dynamodb.encode: cannot encode a number: ";
    assert_eq!(
        encode("1/0"),
        format!("{start}inf is no number of DynamoDB's, at $")
    );
    assert!(encode("0/0").starts_with(start));
    assert_eq!(
        encode("{ a = { 1e126 } }"),
        format!(
            "{start}1e+126 is beyond DynamoDB's numbers, which are from 1E-130 to 1E+126, at $.a[1]"
        )
    );
    assert!(encode("-1e-131").contains("-1e-131 is beyond"));
    let long = "9".repeat(39);
    assert_eq!(
        encode(&format!("events.dynamodb.number('{long}')")),
        format!("{start}{long} has 39 digits, and DynamoDB keeps 38, at $")
    );
    for (text, shown) in [
        ("'x'", "\"x\""),
        ("''", "\"\""),
        ("'0x10'", "\"0x10\""),
        ("'nan'", "\"nan\""),
        ("'1e'", "\"1e\""),
        ("'1e9999999999'", "\"1e9999999999\""),
        ("'.'", "\".\""),
        ("7", "a number"),
        ("nil", "a nil"),
    ] {
        assert_eq!(
            error(&format!("events.dynamodb.number({text})"), &json!({})),
            format!("bad argument #1 to 'number' (a number in a string expected, got {shown})")
        );
    }
}
