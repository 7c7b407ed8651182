//! What built-ins that catch errors of the user's do with them: `part("failure")`.

use std::rc::Rc;

use mlua::{Lua, Value};

use crate::coroutine;
use crate::deadline::Deadline;
use crate::error::ErrorReport;
use crate::json::Codec;
use crate::log::Log;
use crate::memory;

/// What the functions take from the runtime.
struct Surroundings {
    codec: Rc<Codec>,
    deadline: Rc<Deadline>,
    log: Rc<Log>,
}

/// Gives `part("failure")` what it needs.
pub fn install(lua: &Lua, codec: &Rc<Codec>, deadline: &Rc<Deadline>, log: &Rc<Log>) {
    lua.set_app_data(Surroundings {
        codec: Rc::clone(codec),
        deadline: Rc::clone(deadline),
        log: Rc::clone(log),
    });
}

/// A table of `frames(err)`, what `part("trace")` noted where it was raised, and `log(err, frames)`,
/// which writes the record that a failed invocation would have.
///
/// There are no frames where nobody may answer in the handler's place: its time is over, it called
/// `os.exit`, or memory ran out.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn functions(lua: &Lua) -> mlua::Result<Value> {
    let functions = lua.create_table()?;
    let frames = |lua: &Lua, error: Value| {
        let around = lua.app_data_ref::<Surroundings>();
        let stops = around.is_some_and(|around| around.deadline.expired())
            || matches!(&error, Value::String(text) if memory::is_message(&text.as_bytes()));
        Ok((!stops).then(|| coroutine::kept(lua, error)))
    };
    functions.raw_set("frames", lua.create_function(frames)?)?;
    let log = |lua: &Lua, (error, frames): (Value, Vec<String>)| {
        if let Some(around) = lua.app_data_ref::<Surroundings>() {
            let report = ErrorReport::of_value(lua, &around.codec, &error);
            around.log.error(&report.with_stack_trace(frames));
        }
        Ok(())
    };
    functions.raw_set("log", lua.create_function(log)?)?;
    Ok(Value::Table(functions))
}
