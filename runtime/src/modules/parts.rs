//! Built-ins that are written in Lua, and what they are made of.
//!
//! `lua/lambda/NAME.lua` is what `require "lambda.NAME"` gives. It is called with one function,
//! `part`, which loads the other files below `lua/`, each once and only when it is asked for, and
//! the parts in Rust. So a function pays for what it uses.

use std::ops::Range;

use mlua::{Function, Lua, LuaString, Table, Value};

use crate::coroutine;

include!(concat!(env!("OUT_DIR"), "/lua.rs"));

/// A file below `lua/`, as the interpreter loads it.
struct Source {
    /// The file, without `.lua`.
    name: &'static str,
    /// Its name in Lua; frames of these are left out of stack traces.
    chunk: &'static str,
    /// Where it lies in `CODE`.
    code: Range<usize>,
}

/// A part in Rust.
type Native = fn(&Lua) -> mlua::Result<Value>;

const NATIVE: &[(&str, Native)] = &[
    ("file", super::file::functions),
    ("gunzip", super::gunzip::function),
    ("json/nulls", super::json::decode_with_nulls),
    ("report", super::report::functions),
    ("stream/open", super::stream::open),
    ("text", text),
    ("trace", |lua| coroutine::keeper(lua).map(Value::Function)),
    ("wrapped", |lua| wrapped_functions(lua).map(Value::Table)),
];

/// The functions of the user's by the handlers that were made of them.
const WRAPPED: &str = "moonlayer.wrapped";
const PART: &str = "moonlayer.part";

/// Offers the modules to `require`.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn install(lua: &Lua, preload: &Table) -> mlua::Result<()> {
    for source in MODULES {
        let loader = lua.create_function(move |lua, ()| run(lua, source))?;
        preload.raw_set(source.name.replace('/', "."), loader)?;
    }
    Ok(())
}

/// The part of that name, for Rust.
///
/// # Errors
/// Only when Lua is out of memory, or the interpreter is stopped at its deadline.
pub fn part(lua: &Lua, name: &str) -> mlua::Result<Value> {
    part_function(lua)?.call(name)
}

fn run(lua: &Lua, source: &Source) -> mlua::Result<Value> {
    let part = part_function(lua)?;
    let code = &CODE[source.code.clone()];
    lua.load(code).set_name(source.chunk).call(part)
}

/// `part`, the same in all of this state.
fn part_function(lua: &Lua) -> mlua::Result<Function> {
    if let Some(part) = lua.named_registry_value(PART)? {
        return Ok(part);
    }
    let loaded = lua.create_table()?;
    let part = lua.create_function(move |lua, name: String| {
        let known: Value = loaded.raw_get(name.as_str())?;
        if !known.is_nil() {
            return Ok(known);
        }
        let native = NATIVE.iter().find(|(native, _)| *native == name);
        let source = PARTS.iter().find(|source| source.name == name);
        let value = match (native, source) {
            (Some((_, make)), _) => make(lua)?,
            (None, Some(source)) => run(lua, source)?,
            (None, None) => unreachable!("a built-in asks for the part {name:?}"),
        };
        loaded.raw_set(name, &value)?;
        Ok(value)
    })?;
    lua.set_named_registry_value(PART, &part)?;
    Ok(part)
}

/// The user's function, when `function` is a handler that a built-in made of one.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn unwrapped(lua: &Lua, mut function: Function) -> mlua::Result<Function> {
    let known: Option<Table> = lua.named_registry_value(WRAPPED)?;
    if let Some(known) = known {
        while let Value::Function(inner) = known.raw_get(&function)? {
            function = inner;
        }
    }
    Ok(function)
}

fn wrapped_functions(lua: &Lua) -> mlua::Result<Table> {
    let wrapped = lua.create_table()?;
    let weak = lua.create_table()?;
    weak.raw_set("__mode", "k")?;
    wrapped.set_metatable(Some(weak))?;
    lua.set_named_registry_value(WRAPPED, &wrapped)?;
    Ok(wrapped)
}

/// What Lua's own library has not, or not with every interpreter.
fn text(lua: &Lua) -> mlua::Result<Value> {
    let text = lua.create_table()?;
    let is_utf8 = |_: &Lua, text: LuaString| Ok(std::str::from_utf8(&text.as_bytes()).is_ok());
    text.raw_set("is_utf8", lua.create_function(is_utf8)?)?;
    Ok(Value::Table(text))
}
