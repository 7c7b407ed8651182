//! WSAPI applications as handlers: `MOONLAYER_MODE=web`. What an application is given and what its
//! answer becomes is in `lua/wsapi.lua`.

use mlua::{Function, Lua, Table, Value};

use super::{Handler, Named, callable, global_functions, listed, names};
use crate::coroutine;
use crate::error::ErrorReport;
use crate::modules::parts;
use crate::modules::throw::type_name;
use crate::state::State;

impl Handler {
    /// Loads the file of `setting` once and finds its application: a function, or a table with a
    /// function `run`. Its answers leave while they are made where it `streams`.
    ///
    /// # Errors
    /// The report to post to `/init/error`.
    pub fn load_application(
        state: &State,
        setting: Option<&str>,
        streams: bool,
    ) -> Result<Self, ErrorReport> {
        let lua = &state.lua;
        let named = Named::load(state, setting)?;
        let (application, is_member) = match application(lua, &named.value)? {
            Some(found) => found,
            None => return Err(not_found(lua, &named)),
        };
        let label = if is_member { RUN } else { named.label() };
        if let Some(Value::Function(identity)) = callable(lua, &application) {
            coroutine::name_handler(lua, identity, label)?;
        }
        let make = parts::part(lua, "wsapi")?;
        let make = make.as_function().expect("the part is a function");
        let root = lua.create_string(state.files.root().as_os_str().as_encoded_bytes())?;
        let file = lua.create_string(named.file.as_os_str().as_encoded_bytes())?;
        let function: Function = make.call((application, streams, root, file))?;
        Ok(Self::Function(Value::Function(function)))
    }
}

/// What serves requests, and whether it is a table's `run`. Where a table can be called as well,
/// its `run` counts, as with the servers of WSAPI.
fn application(lua: &Lua, value: &Value) -> Result<Option<(Value, bool)>, ErrorReport> {
    if let Value::Table(table) = value {
        let run: Value = table.get(RUN)?;
        if callable(lua, &run).is_some() {
            return Ok(Some((run, true)));
        }
    }
    let found = callable(lua, value).is_some();
    Ok(found.then(|| (value.clone(), false)))
}

fn not_found(lua: &Lua, named: &Named) -> ErrorReport {
    let (name, file, nothing) = (&named.name, &named.shown, named.nothing);
    let is = name.segments.join("/");
    let message = match (&name.function, &named.module) {
        (None, Value::Table(module)) => format!(
            "{file} returns a table without a function {RUN:?}, which is no WSAPI application; add \
             one, or set the handler to {is}.NAME, one of: {}",
            applications(lua, module)
        ),
        (None, module) => format!(
            "the handler {is:?} names a file that returns {APPLICATION}, but {file} returns {}",
            match nothing {
                true => "nothing".to_owned(),
                false => format!("a {}", type_name(module)),
            }
        ),
        (Some(name), Value::Table(module)) => format!(
            "{file} has no {name:?} that is {APPLICATION}; it has: {}",
            applications(lua, module)
        ),
        (Some(name), _) if nothing => format!(
            "{file} returns nothing and sets no global {name:?} that is {APPLICATION}; it sets: {}",
            listed(global_functions(&lua.globals()))
        ),
        (Some(_), Value::Function(_)) => {
            format!("{file} returns a function; set the handler to {is:?}, without a dot")
        }
        (Some(name), module) => format!(
            "{file} returns a {}, which has no {name:?}; return {APPLICATION}",
            type_name(module)
        ),
    };
    ErrorReport::runtime("Runtime.HandlerNotFound", message)
}

/// The names of the members that could be meant.
fn applications(lua: &Lua, module: &Table) -> String {
    let found = names(module, |value| {
        matches!(application(lua, value), Ok(Some(_)))
    });
    listed(found)
}

const RUN: &str = "run";
const APPLICATION: &str = "a WSAPI application (a function, or a table with a function \"run\")";
