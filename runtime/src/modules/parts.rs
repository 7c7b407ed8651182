//! Built-ins that are written in Lua, and what they are made of.
//!
//! `lua/lambda/NAME.lua` is what `require "lambda.NAME"` gives. It is called with one function,
//! `part`, which loads the other files below `lua/`, each once and only when it is asked for, and
//! the parts in Rust. So a function pays for what it uses.

use mlua::{Function, Lua, Table, Value};

include!(concat!(env!("OUT_DIR"), "/lua.rs"));

/// A part in Rust.
type Native = fn(&Lua) -> mlua::Result<Value>;

const NATIVE: &[(&str, Native)] = &[
    ("gunzip", super::gunzip::function),
    ("stream/open", super::stream::open),
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
    for (name, source) in SOURCES {
        if let Some(module) = name.strip_prefix("lambda/") {
            let loader = lua.create_function(move |lua, ()| run(lua, name, source))?;
            preload.raw_set(format!("lambda.{module}"), loader)?;
        }
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

fn run(lua: &Lua, name: &str, source: &str) -> mlua::Result<Value> {
    // Frames of these sources are left out of stack traces.
    let chunk = match name.strip_prefix("lambda/") {
        Some(module) => format!("=lambda.{module}"),
        None => format!("=lambda.{}", name.replace('/', ".")),
    };
    lua.load(source).set_name(chunk).call(part_function(lua)?)
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
        let source = SOURCES.iter().find(|(source, _)| *source == name);
        let value = match (native, source) {
            (Some((_, make)), _) => make(lua)?,
            (None, Some((_, source))) => run(lua, &name, source)?,
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
