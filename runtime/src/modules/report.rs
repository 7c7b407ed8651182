//! What a built-in caught of the user's code is logged as what fails an invocation is:
//! `part("report")`.

use std::rc::Rc;

use mlua::{Lua, Table, Value};

use super::throw::{self, Throw, plain};
use crate::coroutine;
use crate::deadline::Deadline;
use crate::error::ErrorReport;
use crate::json::Codec;
use crate::log::{Field, Log, json_string};
use crate::memory;

/// What the functions take from the runtime.
struct Reporter {
    codec: Rc<Codec>,
    log: Rc<Log>,
    deadline: Rc<Deadline>,
}

/// Gives `part("report")` what it needs.
pub fn install(lua: &Lua, codec: &Rc<Codec>, log: &Rc<Log>, deadline: &Rc<Deadline>) {
    lua.set_app_data(Reporter {
        codec: Rc::clone(codec),
        log: Rc::clone(log),
        deadline: Rc::clone(deadline),
    });
}

/// A table of `frames`, `log` and `failed`.
///
/// `frames(err)` gives what `part("trace")` noted where the error was raised. There are none where
/// nobody may answer in the handler's place: its time is over, it called `os.exit`, or memory ran
/// out. `log(err, frames)` writes the record that a failed invocation would have.
///
/// `failed(err, raised, fields)` is for what is a part of the invocation only: a record of a batch
/// may take all memory, and the next need not. It logs the error, with its frames if it was raised,
/// and with the table of strings `fields`, and gives its message; but what stops the invocation is
/// raised again.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn functions(lua: &Lua) -> mlua::Result<Value> {
    let functions = lua.create_table()?;
    let frames = |lua: &Lua, error: Value| {
        let stops = with(lua, |reporter| reporter.deadline.expired())
            || matches!(&error, Value::String(text) if memory::is_message(&text.as_bytes()));
        Ok((!stops).then(|| coroutine::kept(lua, error)))
    };
    functions.raw_set("frames", lua.create_function(frames)?)?;
    let log = |lua: &Lua, (error, frames): (Value, Vec<String>)| {
        with(lua, |Reporter { codec, log, .. }| {
            let report = ErrorReport::of_value(lua, codec, &error);
            log.error(&report.with_stack_trace(frames));
        });
        Ok(())
    };
    functions.raw_set("log", lua.create_function(log)?)?;
    functions.raw_set("failed", throw::function(lua, "failed", failed)?)?;
    Ok(Value::Table(functions))
}

fn failed(lua: &Lua, (error, raised, fields): (Value, bool, Table)) -> Result<String, Throw> {
    let frames = raised.then(|| coroutine::kept(lua, error.clone()));
    let report = with(
        lua,
        |Reporter {
             codec, deadline, ..
         }| {
            let report = ErrorReport::of_value(lua, codec, &error);
            // Asked behind it, which may have called the user's `__tostring`.
            (!deadline.expired()).then_some(report)
        },
    );
    let Some(report) = report else {
        return Err(Throw::Value(error));
    };
    let report = report.with_stack_trace(frames.unwrap_or_default());
    // The next error may have the same text, and frames of its own.
    coroutine::forget(lua)?;
    let fields = strings(&fields)?;
    with(lua, |reporter| reporter.log.failure(&report, &fields));
    Ok(report.message)
}

fn with<T>(lua: &Lua, body: impl FnOnce(&Reporter) -> T) -> T {
    let reporter = lua.app_data_ref::<Reporter>();
    body(&reporter.expect("the modules are installed with one"))
}

fn strings(fields: &Table) -> Result<Vec<Field>, Throw> {
    let fields = fields.pairs::<String, String>().map(|pair| {
        let (name, text) = pair.map_err(|error| plain(&error))?;
        let json = json_string(&text);
        Ok(Field { name, json })
    });
    fields.collect()
}
