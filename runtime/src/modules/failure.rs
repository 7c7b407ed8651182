//! What built-ins that catch errors of the user's do with them: `part("failure")`.

use std::rc::Rc;

use mlua::{Lua, Value};

use crate::coroutine;
use crate::error::ErrorReport;
use crate::json::Codec;
use crate::log::Log;

/// Where the records go.
struct Sink {
    codec: Rc<Codec>,
    log: Rc<Log>,
}

/// Makes `part("failure")` write to this log.
pub fn install(lua: &Lua, codec: &Rc<Codec>, log: &Rc<Log>) {
    let (codec, log) = (Rc::clone(codec), Rc::clone(log));
    lua.set_app_data(Sink { codec, log });
}

/// A table of `frames(err)`, what `part("trace")` noted where it was raised, and `log(err, frames)`,
/// which writes the record that a failed invocation would have.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn functions(lua: &Lua) -> mlua::Result<Value> {
    let functions = lua.create_table()?;
    let frames = |lua: &Lua, error: Value| Ok(coroutine::kept(lua, error));
    functions.raw_set("frames", lua.create_function(frames)?)?;
    let log = |lua: &Lua, (error, frames): (Value, Vec<String>)| {
        if let Some(sink) = lua.app_data_ref::<Sink>() {
            let report = ErrorReport::of_value(lua, &sink.codec, &error);
            sink.log.error(&report.with_stack_trace(frames));
        }
        Ok(())
    };
    functions.raw_set("log", lua.create_function(log)?)?;
    Ok(Value::Table(functions))
}
