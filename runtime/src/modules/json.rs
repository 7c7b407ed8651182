//! `lambda.json`: JSON without loss. Its user documentation is in `types/lambda/json.lua`.

use std::rc::Rc;

use mlua::{LightUserData, Lua, LuaString, Table, Value};

use super::throw::{self, Throw};
use crate::json::{Codec, DecodeError, Nulls, binding};

/// What `require("lambda.json")` gives.
///
/// # Errors
/// Lua is out of memory.
pub fn module(lua: &Lua, codec: &Rc<Codec>) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let functions = binding::functions(lua, codec, false)?;
    let array_mt = codec.array_mt(lua)?;
    let object_mt = codec.object_mt(lua)?;
    module.raw_set(
        "array",
        marking(lua, "array", array_mt.clone(), object_mt.clone())?,
    )?;
    module.raw_set("array_mt", array_mt.clone())?;
    module.raw_set("decode", functions.decode)?;
    module.raw_set("encode", functions.encode)?;
    module.raw_set("null", LightUserData(std::ptr::null_mut()))?;
    module.raw_set(
        "object",
        marking(lua, "object", object_mt.clone(), array_mt)?,
    )?;
    module.raw_set("object_mt", object_mt)?;
    module.raw_set(
        "raw",
        throw::function(lua, "raw", |lua, text: LuaString| {
            binding::raw(lua, &text.as_bytes()).map_err(|error| match error {
                DecodeError::Lua(error) => error.into(),
                error => Throw::Message(error.to_string()),
            })
        })?,
    )?;
    Ok(module)
}

/// `part("json/nulls")`: a `decode` that keeps nulls, whatever `MOONLAYER_JSON_NULL` says.
///
/// # Errors
/// Lua is out of memory.
pub fn decode_with_nulls(lua: &Lua) -> mlua::Result<Value> {
    let codec = Codec::new(lua, Nulls::Null)?;
    binding::functions(lua, &codec, false).map(|functions| Value::Function(functions.decode))
}

/// A function that gives its table, or a new one, the metatable `mark`, which may replace `other`.
fn marking(
    lua: &Lua,
    name: &'static str,
    mark: Table,
    other: Table,
) -> mlua::Result<mlua::Function> {
    throw::function(lua, name, move |lua, value: Value| {
        let table = match value {
            Value::Nil => lua.create_table()?,
            Value::Table(table) => table,
            value => {
                let message = format!(
                    "bad argument #1 to '{name}' (table expected, got {})",
                    value.type_name()
                );
                return Err(Throw::Message(message));
            }
        };
        if table
            .metatable()
            .is_some_and(|found| found != mark && found != other)
        {
            let message = format!(
                "cannot mark a table as an {name}: it has a metatable of its own; mark a copy"
            );
            return Err(Throw::Message(message));
        }
        table.set_metatable(Some(mark.clone()))?;
        Ok(table)
    })
}
