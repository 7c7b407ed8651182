//! Properties that hold for any text and any value, with serde_json as the judge.

use mlua::{Lua, Value};
use proptest::prelude::*;
use serde_json::Value as Judge;

use super::{Codec, DecodeError, Nulls};
use crate::interpreter::HAS_INTEGERS;

/// Decodes and encodes with a codec of its own.
fn echo(text: &[u8]) -> Result<Vec<u8>, String> {
    let lua = Lua::new();
    let codec = Codec::new(&lua, Nulls::Null).unwrap();
    let value = codec
        .decode(&lua, text)
        .map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    codec
        .encode(&lua, &value, &mut out)
        .map_err(|error| error.to_string())?;
    Ok(out)
}

fn accepts(text: &[u8]) -> Result<(), DecodeError> {
    let lua = Lua::new();
    Codec::new(&lua, Nulls::Null)
        .unwrap()
        .decode(&lua, text)
        .map(drop)
}

/// JSON of all kinds, as serde_json writes it.
fn any_json() -> impl Strategy<Value = Judge> {
    let leaf = prop_oneof![
        Just(Judge::Null),
        any::<bool>().prop_map(Judge::from),
        any::<i64>().prop_map(Judge::from),
        (-100_i64..100).prop_map(Judge::from),
        any::<f64>()
            .prop_filter("JSON has finite numbers only", |n| n.is_finite())
            .prop_map(Judge::from),
        any::<String>().prop_map(Judge::from),
        "[a-z\"\\\\\n\u{1}é😀]{0,80}".prop_map(Judge::from),
    ];
    leaf.prop_recursive(6, 120, 8, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..8).prop_map(Judge::from),
            proptest::collection::vec((key(), inner), 0..8)
                .prop_map(|members| Judge::Object(members.into_iter().collect())),
        ]
    })
}

/// Few names, so that many come again.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,2}",
        "(name|identifier|a_rather_long_name_of_a_member)[0-9]?",
        any::<String>()
    ]
}

/// What serde_json refuses though JSON's grammar has it: numbers that no double holds, lone
/// surrogates, bytes that are not UTF-8. Also its limit of 128 levels.
fn only_ours(error: &serde_json::Error) -> bool {
    let message = error.to_string();
    [
        "number out of range",
        "surrogate",
        "hex escape",
        "recursion limit",
        "unicode code point",
    ]
    .iter()
    .any(|reason| message.contains(reason))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_decoded_and_encoded_means_the_same(judge in any_json()) {
        for text in [serde_json::to_vec(&judge).unwrap(), serde_json::to_vec_pretty(&judge).unwrap()] {
            let out = echo(&text).unwrap();
            let back = serde_json::from_slice::<Judge>(&out).unwrap();
            if HAS_INTEGERS {
                prop_assert_eq!(&back, &judge);
            }
            prop_assert!(same(&back, &judge), "{} for {}", back, judge);
        }
    }

    // What serde_json writes has the point of a float.
    #[cfg(feature = "lua54")]
    #[test]
    fn indented_text_is_what_serde_json_writes(judge in any_json()) {
        let lua = Lua::new();
        let codec = Codec::new(&lua, Nulls::Null).unwrap();
        let value = codec.decode(&lua, &serde_json::to_vec(&judge).unwrap()).unwrap();
        let mut options = codec.encoding.get();
        options.indent = 2;
        let mut out = Vec::new();
        codec.encode_with(&lua, &value, &mut out, options).unwrap();
        // serde_json's maps are sorted by name, as ours are with `indent`.
        prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string_pretty(&judge).unwrap());
    }

    #[test]
    fn any_bytes_are_accepted_or_refused_as_serde_json_does(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        agree(&text)?;
    }

    #[test]
    fn near_json_is_accepted_or_refused_as_serde_json_does(text in "[\\[\\]{}:,\"\\\\u0-9eE.+ntrufalse \n-]{0,24}") {
        agree(text.as_bytes())?;
    }

    #[test]
    fn numbers_are_accepted_and_read_as_serde_json_does(text in "-?[0-9]{1,25}(\\.[0-9]{0,25})?([eE][+-]?[0-9]{0,3})?") {
        agree(text.as_bytes())?;
    }

    #[test]
    fn mutated_json_is_accepted_or_refused_as_serde_json_does(
        judge in any_json(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..4),
    ) {
        let mut text = serde_json::to_vec(&judge).unwrap();
        for (index, byte, what) in changes {
            if text.is_empty() {
                break;
            }
            let at = index.index(text.len());
            match what {
                0 => text[at] = byte,
                1 => drop(text.remove(at)),
                _ => text.insert(at, byte),
            }
        }
        agree(&text)?;
    }

    #[test]
    fn floats_come_back_bit_for_bit(bits in any::<u64>()) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        let lua = Lua::new();
        let codec = Codec::new(&lua, Nulls::Null).unwrap();
        let mut out = Vec::new();
        codec.encode(&lua, &Value::Number(number), &mut out).unwrap();
        let back = match codec.decode(&lua, &out).unwrap() {
            Value::Number(back) => back,
            // A double without a fraction, as mlua shows it.
            Value::Integer(back) if !HAS_INTEGERS => back as f64,
            other => panic!("a float stays a float, not {other:?}"),
        };
        prop_assert_eq!(back.to_bits(), bits);
        prop_assert_eq!(serde_json::from_slice::<f64>(&out).unwrap().to_bits(), bits);
    }

    #[test]
    fn strings_are_encoded_as_serde_json_does(text in any::<String>(), at in 0..100_usize) {
        let text = format!("{}{text}", "x".repeat(at));
        let lua = Lua::new();
        let codec = Codec::new(&lua, Nulls::Null).unwrap();
        let mut out = Vec::new();
        codec.encode(&lua, &Value::String(lua.create_string(&text).unwrap()), &mut out).unwrap();
        prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
    }
}

fn agree(text: &[u8]) -> Result<(), TestCaseError> {
    let shown = String::from_utf8_lossy(text);
    match (echo(text), serde_json::from_slice::<Judge>(text)) {
        (Ok(out), Ok(judge)) => {
            let back: Judge = serde_json::from_slice(&out).unwrap();
            prop_assert!(same(&back, &judge), "{shown}: {back} for {judge}");
        }
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) => {
            // Such texts are refused by the judge for what they hold, not for their grammar.
            prop_assert!(
                only_ours(&error) || std::str::from_utf8(text).is_err(),
                "{shown}: only we accept, it says {error}"
            );
        }
        (Err(error), Ok(_)) => prop_assert!(false, "{shown}: only we refuse: {error}"),
    }
    if let Err(DecodeError::Syntax { position, .. }) = accepts(text) {
        prop_assert!((1..=text.len() + 1).contains(&position));
    }
    Ok(())
}

/// Equal, but for integers beyond 64 bits with sign, which are floats here, and the sign of an
/// integer 0.
fn same(ours: &Judge, theirs: &Judge) -> bool {
    match (ours, theirs) {
        (Judge::Number(a), Judge::Number(b)) => {
            a == b || a.as_f64() == b.as_f64() && (b.as_i64().is_none() || !HAS_INTEGERS)
        }
        (Judge::Array(a), Judge::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Judge::Object(a), Judge::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => ours == theirs,
    }
}
