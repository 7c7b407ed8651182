//! The events that peers are given and the answers they owe: deterministic, so that two runs
//! measure the same bytes.
//!
//! Every number survives a reader that keeps doubles (integers below 2^53, at most 15 significant
//! digits), since some peers have nothing else: what is measured is speed, not how they round.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use serde_json::Value;

/// One event with the answer that is right for it.
pub struct Event {
    /// What the tables call it.
    pub name: &'static str,
    /// The bytes that the Runtime API sends.
    pub body: Vec<u8>,
    /// The value that the response must be equal to.
    pub expected: Value,
}

impl Event {
    /// `{"name":"Ada"}`, to be answered by `{"message":"Hello Ada"}`.
    pub fn hello() -> Self {
        Self {
            name: "hello",
            body: br#"{"name":"Ada"}"#.to_vec(),
            expected: serde_json::json!({ "message": "Hello Ada" }),
        }
    }

    /// `{"n":25}`, to be answered by that Fibonacci number: some milliseconds of computing, so that
    /// the mock takes little of two cores.
    pub fn fibonacci() -> Self {
        Self {
            name: "fib(25)",
            body: br#"{"n":25}"#.to_vec(),
            expected: serde_json::json!(75_025),
        }
    }

    /// An API Gateway event of 1.4 KB, to be echoed.
    pub fn api_gateway() -> Result<Self> {
        Self::echoed("api 1.4 KB", API_GATEWAY.to_owned())
    }

    /// The API Gateway event, to be answered as `functions/order.lua` does.
    pub fn order() -> Result<Self> {
        Ok(Self {
            name: "order",
            expected: serde_json::json!({
                "statusCode": 200,
                "headers": { "content-type": "application/json" },
                "body": r#"{"id":"10248"}"#,
                "isBase64Encoded": false,
            }),
            ..Self::api_gateway()?
        })
    }

    /// Records of twelve levels with integers, floats, escapes and non-ASCII text, to be echoed.
    /// The text has about `size_bytes` bytes.
    pub fn records(name: &'static str, size_bytes: usize) -> Result<Self> {
        let mut random = Random(0x9E37_79B9_7F4A_7C15);
        let mut text = String::with_capacity(size_bytes + 2_048);
        text.push_str("{\"records\":[");
        while text.len() < size_bytes {
            if !text.ends_with('[') {
                text.push(',');
            }
            push_record(&mut text, &mut random);
        }
        text.push_str("]}");
        Self::echoed(name, text)
    }

    /// The API Gateway event with a base64 body that brings it to `size_bytes`, to be echoed.
    pub fn base64(name: &'static str, size_bytes: usize) -> Result<Self> {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut random = Random(0xD1B5_4A32_D192_ED03);
        let mut event: Value = serde_json::from_str(API_GATEWAY).context("api-gateway.json")?;
        let length = size_bytes.saturating_sub(API_GATEWAY.len()) / 4 * 4;
        let body = (0..length)
            .map(|_| char::from(ALPHABET[random.below(64) as usize]))
            .collect();
        event["body"] = Value::String(body);
        event["isBase64Encoded"] = Value::Bool(true);
        Self::echoed(name, event.to_string())
    }

    fn echoed(name: &'static str, text: String) -> Result<Self> {
        let expected = serde_json::from_str(&text).with_context(|| format!("event {name}"))?;
        Ok(Self {
            name,
            body: text.into_bytes(),
            expected,
        })
    }
}

/// Whether two JSON values are the same to a reader: numbers by value (`1` and `1.0` are equal),
/// members in any order.
pub fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || (a.is_f64() || b.is_f64()) && a.as_f64() == b.as_f64()
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => left == right,
    }
}

const API_GATEWAY: &str = include_str!("../events/api-gateway.json");

const WORDS: [&str; 12] = [
    "Bestellung",
    "Größe",
    "日本語",
    "naïve",
    "line\\nbreak",
    "\\\"quoted\\\"",
    "tab\\tstop",
    "\\u00e9t\\u00e9",
    "C:\\\\temp",
    "plain",
    "emoji 🌙",
    "Łódź",
];

/// One record, about 1 KB: an order down to the corners of a line's box.
fn push_record(text: &mut String, random: &mut Random) {
    let id = random.below(1 << 52);
    let (first, second) = (random.word(), random.word());
    let cents = random.below(10_000_000);
    write!(
        text,
        "{{\"id\":{id},\"title\":\"{first} {second}\",\"active\":{},\"note\":null,\
         \"total\":{}.{:02},\"tags\":[\"{}\",\"{}\",\"{}\"],\"empty\":[],\"none\":{{}},\
         \"order\":{{\"placed\":{},\"ratio\":{}.{:07}e-{},\"lines\":[",
        random.below(2) == 0,
        cents / 100,
        cents % 100,
        random.word(),
        random.word(),
        random.word(),
        1_700_000_000_000 + random.below(100_000_000_000),
        1 + random.below(9),
        random.below(10_000_000),
        1 + random.below(8),
    )
    .expect("writing to a String cannot fail");
    for line in 0..2 {
        if line > 0 {
            text.push(',');
        }
        push_line(text, random);
    }
    text.push_str("]}}");
}

fn push_line(text: &mut String, random: &mut Random) {
    write!(
        text,
        "{{\"sku\":\"{:08x}\",\"quantity\":{},\"item\":{{\"name\":\"{}\",\"attributes\":{{\
         \"colour\":\"{}\",\"weight\":-{}.{:03},\"dimensions\":{{\"unit\":\"mm\",\"box\":{{\
         \"corners\":[",
        random.below(1 << 32),
        random.below(1_000),
        random.word(),
        random.word(),
        random.below(100),
        random.below(1_000),
    )
    .expect("writing to a String cannot fail");
    for corner in 0..3 {
        let comma = if corner > 0 { "," } else { "" };
        let (x, y, z) = (
            random.below(5_000),
            random.below(5_000),
            random.below(100_000),
        );
        write!(text, "{comma}[{x},-{y},{}.{:02}]", z / 100, z % 100)
            .expect("writing to a String cannot fail");
    }
    text.push_str("]}}}}}");
}

/// xorshift64*: even enough for test data.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) % limit
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.below(WORDS.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_the_size_and_the_levels_they_promise() {
        let event = Event::records("records", 1_000_000).unwrap();
        assert!(
            (1_000_000..1_002_000).contains(&event.body.len()),
            "{}",
            event.body.len()
        );
        assert_eq!(levels(&event.expected), 12);
    }

    #[test]
    fn a_base64_event_has_the_size_it_promises() {
        let event = Event::base64("base64", 1_000_000).unwrap();
        assert!(
            (999_000..1_001_000).contains(&event.body.len()),
            "{}",
            event.body.len()
        );
    }

    #[test]
    fn every_number_fits_a_reader_of_doubles() {
        let event = Event::records("records", 1_000_000).unwrap();
        let text = String::from_utf8(event.body).unwrap();
        for number in text.split(|c: char| !c.is_ascii_digit() && c != '.') {
            assert!(number.len() <= 16, "{number}");
        }
    }

    #[test]
    fn numbers_are_the_same_by_value() {
        assert!(same(&value("[1, 100, 0.5]"), &value("[1.0, 1e2, 5e-1]")));
        assert!(!same(&value("[1]"), &value("[2]")));
        assert!(!same(
            &value("[9007199254740993]"),
            &value("[9007199254740992]")
        ));
    }

    #[test]
    fn a_lost_member_or_element_is_a_difference() {
        assert!(same(
            &value(r#"{"a":1,"b":null}"#),
            &value(r#"{"b":null,"a":1}"#)
        ));
        assert!(!same(&value(r#"{"a":1,"b":null}"#), &value(r#"{"a":1}"#)));
        assert!(!same(&value(r#"{"a":1}"#), &value(r#"{"a":1,"b":null}"#)));
        assert!(!same(&value("[[]]"), &value("[{}]")));
        assert!(!same(&value("[1]"), &value("[1,1]")));
        assert!(!same(&value("null"), &value("false")));
    }

    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn levels(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
            Value::Object(members) => 1 + members.values().map(levels).max().unwrap_or(0),
            _ => 0,
        }
    }
}
