//! Any bytes: decoded, encoded, decoded again, with serde_json as the judge of what is JSON.
#![no_main]

use std::rc::Rc;

use libfuzzer_sys::fuzz_target;
use mlua::{Lua, Value};
use moonlayer::json::{Codec, Nulls, is_object};

thread_local! {
    // One state for the whole run: what one text leaves behind, the next one meets.
    static STATE: (Lua, Rc<Codec>) = {
        let lua = Lua::new();
        let codec = Codec::new(&lua, Nulls::Null).expect("there is memory");
        (lua, codec)
    };
}

fuzz_target!(|text: &[u8]| {
    STATE.with(|(lua, codec)| check(lua, codec, text));
});

fn check(lua: &Lua, codec: &Codec, text: &[u8]) {
    let judge = serde_json::from_slice::<serde_json::Value>(text);
    let value = match codec.decode(lua, text) {
        Ok(value) => value,
        Err(error) => {
            assert!(judge.is_err(), "only serde_json accepts {text:?}: {error}");
            assert!(!is_object(text));
            return;
        }
    };
    if let Err(error) = &judge {
        // What serde_json refuses though JSON's grammar has it: numbers that no double holds,
        // escaped lone surrogates, deep nesting; and bytes that are not UTF-8, which Lua's strings
        // may hold.
        let message = error.to_string();
        let known = [
            "number out of range",
            "surrogate",
            "hex escape",
            "recursion limit",
            "unicode code point",
        ];
        let known = known.iter().any(|reason| message.contains(reason));
        assert!(
            known || std::str::from_utf8(text).is_err(),
            "only we accept {text:?}: {message}"
        );
    }
    let mut once = Vec::new();
    if let Err(error) = codec.encode(lua, &value, &mut once) {
        // Only an infinity (1e400) or bytes that are not UTF-8 can be decoded and not encoded.
        assert!(
            judge.is_err(),
            "cannot encode what serde_json accepts, {text:?}: {error}"
        );
        return;
    }
    if let Ok(judge) = &judge {
        let back = serde_json::from_slice(&once).expect("an answer is JSON");
        assert!(same(&back, judge), "{text:?}: {back} for {judge}");
        assert_eq!(is_object(text), judge.is_object());
    }
    let again = codec.decode(lua, &once).expect("our own text is JSON");
    assert!(same_values(&value, &again), "{text:?}");
    let mut options = codec.encoding.get();
    options.indent = 1;
    let mut indented = Vec::new();
    codec
        .encode_with(lua, &again, &mut indented, options)
        .expect("it could be encoded on one line");
    let indented = codec.decode(lua, &indented).expect("indented text is JSON");
    assert!(same_values(&value, &indented), "{text:?}");
}

/// Equal, but for integers beyond a signed 64-bit one, which are floats in Lua.
fn same(ours: &serde_json::Value, theirs: &serde_json::Value) -> bool {
    use serde_json::Value::{Array, Number, Object};
    match (ours, theirs) {
        (Number(a), Number(b)) => a == b || a.as_f64() == b.as_f64() && b.as_i64().is_none(),
        (Array(a), Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Object(a), Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => ours == theirs,
    }
}

/// Equal in Lua, tables by what they hold and by their metatable.
fn same_values(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a.to_bits() == b.to_bits(),
        (Value::Table(a), Value::Table(b)) => {
            let pairs = || {
                a.pairs::<Value, Value>()
                    .map(|pair| pair.expect("no conversion fails"))
            };
            a.metatable() == b.metatable()
                && pairs().count() == b.pairs::<Value, Value>().count()
                && pairs().all(|(key, value)| {
                    same_values(
                        &value,
                        &b.raw_get::<Value>(key).expect("no conversion fails"),
                    )
                })
        }
        _ => a == b,
    }
}
