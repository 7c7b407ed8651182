//! `lambda.lifecycle`: functions that run at the turning points of a process's life.

use std::rc::Rc;

use mlua::{Lua, LuaString, Table, Value};

use super::throw::{self, Throw, type_name};
use crate::handler::callable;
use crate::lifecycle::{Hook, Lifecycle};

/// What `require "lambda.lifecycle"` gives.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn module(lua: &Lua, lifecycle: &Rc<Lifecycle>) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let lifecycle = Rc::clone(lifecycle);
    let on = throw::function(lua, "on", move |lua, (name, function): (Value, Value)| {
        let hook = hook(&name).map_err(|why| bad_argument(1, &why))?;
        if callable(lua, &function).is_none() {
            let why = format!("function expected, got {}", type_name(&function));
            return Err(bad_argument(2, &why));
        }
        Ok(lifecycle.add(hook, function)?)
    })?;
    module.raw_set("on", on)?;
    Ok(module)
}

fn hook(name: &Value) -> Result<Hook, String> {
    let names = || Hook::ALL.map(Hook::name).join(", ");
    let shown = |name: &LuaString| name.to_string_lossy();
    match name {
        Value::String(name) => Hook::named(&name.as_bytes())
            .ok_or_else(|| format!("no hook is called {:?}; it takes: {}", shown(name), names())),
        other => Err(format!(
            "name of a hook expected, got {}; it takes: {}",
            type_name(other),
            names()
        )),
    }
}

fn bad_argument(nth: usize, why: &str) -> Throw {
    Throw::Message(format!("bad argument #{nth} to 'on' ({why})"))
}
