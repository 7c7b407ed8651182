//! Built-in modules: what `require("lambda.…")` answers with. One that is not required costs
//! nothing.

use std::rc::Rc;

use mlua::{Lua, Table, Value};

use crate::deadline::Deadline;
use crate::interpreter;
use crate::json::Codec;
use crate::lifecycle::Lifecycle;
use crate::log::Log;
use http::Connections;

pub mod cjson;
pub mod crypto;
pub mod file;
pub mod gunzip;
pub mod http;
pub mod json;
pub mod lifecycle;
pub mod log;
pub mod parts;
pub mod report;
pub mod stream;
pub mod throw;

/// Offers the built-ins to `require`: `lambda.…` first of all, `cjson` only after the paths, so
/// that a user's own wins.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn install(
    lua: &Lua,
    codec: &Rc<Codec>,
    log: &Rc<Log>,
    deadline: &Rc<Deadline>,
    lifecycle: &Rc<Lifecycle>,
    connections: &Rc<Connections>,
) -> mlua::Result<()> {
    let package: Table = lua.globals().raw_get("package")?;
    let preload: Table = package.raw_get("preload")?;
    report::install(lua, codec, log, deadline);
    preload.raw_set("lambda", lua.create_function(|lua, ()| lambda(lua))?)?;
    preload.raw_set(
        "lambda.crypto",
        lua.create_function(|lua, ()| crypto::module(lua))?,
    )?;
    let (http_codec, deadline) = (Rc::clone(codec), Rc::clone(deadline));
    let connections = Rc::clone(connections);
    let http = lua
        .create_function(move |lua, ()| http::module(lua, &http_codec, &deadline, &connections))?;
    preload.raw_set("lambda.http", http)?;
    let json_codec = Rc::clone(codec);
    let json = lua.create_function(move |lua, ()| json::module(lua, &json_codec))?;
    preload.raw_set("lambda.json", json)?;
    let (log_codec, log) = (Rc::clone(codec), Rc::clone(log));
    let log = lua.create_function(move |lua, ()| log::module(lua, &log_codec, &log))?;
    preload.raw_set("lambda.log", log)?;
    parts::install(lua, &preload)?;
    let lifecycle = Rc::clone(lifecycle);
    let lifecycle = lua.create_function(move |lua, ()| lifecycle::module(lua, &lifecycle))?;
    preload.raw_set("lambda.lifecycle", lifecycle)?;

    let searchers: Table = package.raw_get(interpreter::SEARCHERS)?;
    let codec = Rc::clone(codec);
    searchers.raw_push(lua.create_function(move |lua, name: mlua::LuaString| {
        let safe = match &*name.as_bytes() {
            b"cjson" => false,
            b"cjson.safe" => true,
            _ => return Ok((Value::Nil, None)),
        };
        let codec = Rc::clone(&codec);
        let loader = lua.create_function(move |lua, ()| cjson::module(lua, &codec, safe))?;
        Ok((Value::Function(loader), Some("built into the runtime")))
    })?)
}

/// What `require "lambda"` gives.
fn lambda(lua: &Lua) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    module.raw_set("_VERSION", env!("CARGO_PKG_VERSION"))?;
    Ok(module)
}
