//! `cjson` and `cjson.safe`: this runtime's codec under the names and options of OpenResty's
//! lua-cjson.
//!
//! What differs is listed in docs/json.md. Its user documentation is in `types/cjson.lua`.

use std::rc::Rc;

use mlua::{LightUserData, Lua, Table, Value};

use super::throw::{self, Throw};
use crate::json::{self, Codec, Nulls, SHORTEST, binding};

/// What `require("cjson")` gives, or with `safe`, `require("cjson.safe")`.
///
/// The settings are the module's own: `codec` keeps its options, and each module made here starts
/// with lua-cjson's.
///
/// # Errors
/// Lua is out of memory.
pub fn module(lua: &Lua, codec: &Rc<Codec>, safe: bool) -> mlua::Result<Table> {
    let own = Codec::new(lua, Nulls::Null)?;
    let mut decoding = own.decoding.get();
    decoding.mark_arrays = false;
    own.decoding.set(decoding);

    let module = lua.create_table()?;
    let functions = binding::functions(lua, &own, safe)?;
    module.raw_set("decode", functions.decode)?;
    module.raw_set("encode", functions.encode)?;
    module.raw_set("null", LightUserData(std::ptr::null_mut()))?;
    module.raw_set("empty_array", LightUserData(json::empty_array()))?;
    module.raw_set("array_mt", own.array_mt(lua)?)?;
    module.raw_set("empty_array_mt", own.empty_array_mt(lua)?)?;

    setting(
        lua,
        &module,
        &own,
        "decode_array_with_array_mt",
        |codec, argument| {
            let mut options = codec.decoding.get();
            options.mark_arrays = switch(argument, options.mark_arrays)?;
            codec.decoding.set(options);
            Ok(options.mark_arrays)
        },
    )?;
    setting(lua, &module, &own, "decode_max_depth", |codec, argument| {
        let mut options = codec.decoding.get();
        let depth = integer(argument, options.max_depth as i64, 1, i64::from(i32::MAX))?;
        options.max_depth = depth as usize;
        codec.decoding.set(options);
        Ok(depth)
    })?;
    setting(
        lua,
        &module,
        &own,
        "encode_empty_table_as_object",
        |codec, argument| {
            let mut options = codec.encoding.get();
            options.empty_as_object = switch(argument, options.empty_as_object)?;
            codec.encoding.set(options);
            Ok(options.empty_as_object)
        },
    )?;
    setting(
        lua,
        &module,
        &own,
        "encode_number_precision",
        |codec, argument| {
            let mut options = codec.encoding.get();
            let digits = integer(argument, options.digits as i64, 1, SHORTEST as i64)?;
            options.digits = digits as usize;
            codec.encoding.set(options);
            Ok(digits)
        },
    )?;
    sparse_array(lua, &module, &own)?;

    let codec = Rc::clone(codec);
    module.raw_set(
        "new",
        throw::function(lua, "new", move |lua, ()| {
            Ok(self::module(lua, &codec, safe)?)
        })?,
    )?;
    Ok(module)
}

/// Adds a function that changes a setting when it gets an argument, and returns what holds then.
fn setting<R: mlua::IntoLua>(
    lua: &Lua,
    module: &Table,
    codec: &Rc<Codec>,
    name: &'static str,
    change: impl Fn(&Codec, Value) -> Result<R, String> + 'static,
) -> mlua::Result<()> {
    let codec = Rc::clone(codec);
    let function = throw::function(lua, name, move |_, argument: Value| {
        change(&codec, argument)
            .map_err(|what| Throw::Message(format!("bad argument #1 to '{name}' ({what})")))
    })?;
    module.raw_set(name, function)
}

fn sparse_array(lua: &Lua, module: &Table, codec: &Rc<Codec>) -> mlua::Result<()> {
    let name = "encode_sparse_array";
    let codec = Rc::clone(codec);
    let function = throw::function(lua, name, move |_, arguments: (Value, Value, Value)| {
        let bad = |number: usize| {
            move |what: String| {
                Throw::Message(format!("bad argument #{number} to '{name}' ({what})"))
            }
        };
        let mut options = codec.encoding.get();
        options.sparse_as_object = switch(arguments.0, options.sparse_as_object).map_err(bad(1))?;
        options.sparse_ratio =
            integer(arguments.1, options.sparse_ratio, 0, i64::from(i32::MAX)).map_err(bad(2))?;
        options.sparse_safe =
            integer(arguments.2, options.sparse_safe, 0, i64::from(i32::MAX)).map_err(bad(3))?;
        codec.encoding.set(options);
        Ok((
            options.sparse_as_object,
            options.sparse_ratio,
            options.sparse_safe,
        ))
    })?;
    module.raw_set(name, function)
}

/// lua-cjson takes a boolean, `"on"` or `"off"`; nil changes nothing.
fn switch(argument: Value, now: bool) -> Result<bool, String> {
    match argument {
        Value::Nil => Ok(now),
        Value::Boolean(value) => Ok(value),
        Value::String(text) if text == "on" => Ok(true),
        Value::String(text) if text == "off" => Ok(false),
        other => Err(format!(
            "boolean, \"on\" or \"off\" expected, got {}",
            other.type_name()
        )),
    }
}

fn integer(argument: Value, now: i64, least: i64, most: i64) -> Result<i64, String> {
    let value = match argument {
        Value::Nil => return Ok(now),
        Value::Integer(value) => value,
        Value::Number(value) if value.fract() == 0.0 && value.abs() < 1e15 => value as i64,
        other => return Err(format!("integer expected, got {}", other.type_name())),
    };
    if !(least..=most).contains(&value) {
        return Err(format!("expected integer between {least} and {most}"));
    }
    Ok(value)
}
