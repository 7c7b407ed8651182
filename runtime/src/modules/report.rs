//! The part `report`: what a built-in caught of the user's code is logged as what fails an
//! invocation is.

use std::rc::Rc;

use mlua::{Lua, Table, Value};

use super::throw::{self, Throw, plain};
use crate::coroutine;
use crate::deadline::Deadline;
use crate::error::ErrorReport;
use crate::json::Codec;
use crate::log::{Field, Log, json_string};

/// What it takes to make and log a report.
struct Reporter {
    codec: Rc<Codec>,
    log: Rc<Log>,
    deadline: Rc<Deadline>,
}

/// Lets what is made here by [`function`] write to `log`.
pub fn to(lua: &Lua, codec: &Rc<Codec>, log: &Rc<Log>, deadline: &Rc<Deadline>) {
    lua.set_app_data(Reporter {
        codec: Rc::clone(codec),
        log: Rc::clone(log),
        deadline: Rc::clone(deadline),
    });
}

/// A function of an error, whether it was raised (then the part `trace` has noted where), and a
/// table of strings for the record. It logs the error and gives its message; but what stops the
/// invocation is raised again.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn function(lua: &Lua) -> mlua::Result<Value> {
    let raise = throw::function(lua, "raise", |_, error: Value| {
        Err::<(), _>(Throw::Value(error))
    })?;
    let raise = Value::Function(raise);
    let report = move |lua: &Lua, (error, raised, fields): (Value, bool, Table)| {
        let reporter = lua.app_data_ref::<Reporter>();
        let reporter = reporter.expect("the modules are installed with one");
        let Reporter {
            codec,
            log,
            deadline,
        } = &*reporter;
        let report = if raised {
            // The report then has the frames of where it was raised first.
            match coroutine::call(lua, &raise, &error) {
                Err(failure) => ErrorReport::raised(lua, codec, failure),
                Ok(_) => unreachable!("it raises whatever it is given"),
            }
        } else {
            ErrorReport::of_value(lua, codec, &error)
        };
        if deadline.expired() {
            return Err(Throw::Value(error));
        }
        // The next error may have the same text, and frames of its own.
        coroutine::forget(lua)?;
        log.failure(&report, &strings(&fields)?);
        Ok(report.message)
    };
    Ok(Value::Function(throw::function(lua, "report", report)?))
}

fn strings(fields: &Table) -> Result<Vec<Field>, Throw> {
    let fields = fields.pairs::<String, String>().map(|pair| {
        let (name, text) = pair.map_err(|error| plain(&error))?;
        let json = json_string(&text);
        Ok(Field { name, json })
    });
    fields.collect()
}
