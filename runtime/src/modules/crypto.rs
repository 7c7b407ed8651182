//! `lambda.crypto`: digests, encodings, random bytes and the signatures of webhooks. Its user
//! documentation is in `types/lambda/crypto.lua`.
//!
//! All is done by the primitives of `ring`, which the HTTPS client brings, but for MD5.

mod digest;
mod encoding;
mod options;
mod random;
mod webhook;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mlua::{IntoLua, IntoLuaMulti, Lua, LuaString, MultiValue, Table, Value};
use subtle::ConstantTimeEq;

use super::throw::{self, Throw, type_name};
use crate::memory::make_room;
use encoding::Encoding;

/// What `require "lambda.crypto"` gives.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn module(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    add_digests(lua, &module)?;
    add_encodings(lua, &module)?;
    let random_bytes = throw::function(lua, "random_bytes", |lua, count: Value| {
        let count = random::count(&count)?;
        make_room(lua, 2 * count)?;
        Ok(lua.create_string(random::bytes(count)?)?)
    })?;
    module.raw_set("random_bytes", random_bytes)?;
    let uuid = throw::function(lua, "uuid", |_, ()| Ok(random::uuid4(random::array()?)))?;
    module.raw_set("uuid", uuid)?;
    let uuid7 = throw::function(lua, "uuid7", |_, ()| {
        Ok(random::uuid7(since_epoch(), random::array()?))
    })?;
    module.raw_set("uuid7", uuid7)?;
    let equal = throw::function(lua, "equal", |_, (a, b): (Value, Value)| {
        let (a, b) = (string("equal", 1, a)?, string("equal", 2, b)?);
        Ok(bool::from((*a.as_bytes()).ct_eq(&b.as_bytes())))
    })?;
    module.raw_set("equal", equal)?;
    for &(name, verify) in webhook::ALL {
        let function = throw::function(lua, name, move |lua, options: Value| {
            let options = options::Options::new(lua, name, options)?;
            let now_s = since_epoch().as_secs_f64();
            match verify(&options, now_s)? {
                Ok(()) => Ok(true.into_lua_multi(lua)?),
                Err(reason) => Ok((false, reason).into_lua_multi(lua)?),
            }
        })?;
        module.raw_set(name, function)?;
    }
    Ok(module)
}

fn add_digests(lua: &Lua, module: &Table) -> mlua::Result<()> {
    for &(name, digest) in digest::DIGESTS {
        let function = throw::function(lua, name, move |lua, args: (Value, Value)| {
            let data = string(name, 1, args.0)?;
            let encoding = encoding(name, 2, &args.1)?;
            encoded(lua, encoding, &digest.of(&data.as_bytes()))
        })?;
        module.raw_set(name, function)?;
    }
    for &(name, algorithm) in digest::HMACS {
        let function = throw::function(lua, name, move |lua, args: (Value, Value, Value)| {
            let (key, data) = (string(name, 1, args.0)?, string(name, 2, args.1)?);
            let encoding = encoding(name, 3, &args.2)?;
            let tag = digest::hmac(algorithm, &key.as_bytes(), &[&data.as_bytes()]);
            encoded(lua, encoding, tag.as_ref())
        })?;
        module.raw_set(name, function)?;
    }
    Ok(())
}

fn add_encodings(lua: &Lua, module: &Table) -> mlua::Result<()> {
    for encoding in Encoding::ALL {
        let name = encoding.name();
        let encode = throw::function(lua, name, move |lua, data: Value| {
            let data = string(name, 1, data)?;
            encoded(lua, Some(encoding), &data.as_bytes())
        })?;
        module.raw_set(name, encode)?;
        let name = encoding.decoder();
        let decode = throw::function(lua, name, move |lua, text: Value| {
            let text = string(name, 1, text)?;
            make_room(lua, encoding.decoding_bytes(&text.as_bytes()))?;
            let decoded = encoding.decode(&text.as_bytes());
            let values = match decoded {
                Ok(bytes) => lua.create_string(bytes)?.into_lua_multi(lua)?,
                Err(why) => (Value::Nil, why).into_lua_multi(lua)?,
            };
            Ok::<MultiValue, Throw>(values)
        })?;
        module.raw_set(name, decode)?;
    }
    Ok(())
}

/// The bytes, or their text in the encoding.
fn encoded(lua: &Lua, encoding: Option<Encoding>, bytes: &[u8]) -> Result<Value, Throw> {
    let text = match encoding {
        Some(encoding) => {
            make_room(lua, encoding.text_bytes(bytes.len()).saturating_mul(2))?;
            lua.create_string(encoding.encode(bytes))?
        }
        None => lua.create_string(bytes)?,
    };
    Ok(text.into_lua(lua)?)
}

/// The argument as a string: a number is none, since its digits differ between the interpreters.
fn string(function: &str, nth: usize, value: Value) -> Result<LuaString, Throw> {
    match value {
        Value::String(text) => Ok(text),
        other => {
            let why = format!("string expected, got {}", type_name(&other));
            Err(bad_argument(nth, function, &why))
        }
    }
}

/// The argument that says how a digest is to be given; none for its bytes.
fn encoding(function: &str, nth: usize, value: &Value) -> Result<Option<Encoding>, Throw> {
    let why = match value {
        Value::Nil => return Ok(None),
        Value::String(name) => match Encoding::named(&name.as_bytes()) {
            Some(encoding) => return Ok(Some(encoding)),
            None => format!("unknown encoding {:?}", name.to_string_lossy()),
        },
        other => format!("name of an encoding expected, got {}", type_name(other)),
    };
    let names = Encoding::ALL.map(Encoding::name).join(", ");
    let why = format!("{why}; it takes: {names}; without one it gives bytes");
    Err(bad_argument(nth, function, &why))
}

fn bad_argument(nth: usize, function: &str, why: &str) -> Throw {
    Throw::Message(format!("bad argument #{nth} to '{function}' ({why})"))
}

fn since_epoch() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}
