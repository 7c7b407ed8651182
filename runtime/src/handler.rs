//! `Handler`: the user's function, found by its setting and called with one event at a time.

use std::path::{Path, PathBuf};

use mlua::{Lua, ObjectLike, Table, Value};

use crate::console::Script;
use crate::coroutine;
use crate::error::ErrorReport;
use crate::files::{self, LoadError};
use crate::memory;
use crate::modules::parts;
use crate::modules::throw::type_name;
use crate::raised::encode_report;
use crate::state::State;

/// What the handler setting names, loaded.
#[derive(Debug)]
pub enum Handler {
    /// A function.
    Function(Value),
    /// A script, in the mode `console`.
    Script(Script),
}

/// A handler setting, `src/orders.create`, in its parts.
#[derive(Debug, Eq, PartialEq)]
struct Name {
    /// The names of folders and file.
    segments: Vec<String>,
    /// `None`: the file itself returns the function.
    function: Option<String>,
}

/// Makes the task root the working directory, of all threads: once, before any Lua runs.
///
/// # Errors
/// The report to post to `/init/error`.
pub fn enter(root: &Path) -> Result<(), ErrorReport> {
    std::env::set_current_dir(root).map_err(|error| {
        let root = root.display();
        import_error(format!(
            "cannot enter the task root {root} (LAMBDA_TASK_ROOT): {error}"
        ))
    })
}

impl Handler {
    /// Loads the file of `setting` once and finds its function.
    ///
    /// # Errors
    /// The report to post to `/init/error`.
    pub fn load(state: &State, setting: Option<&str>) -> Result<Self, ErrorReport> {
        let name = Name::parse(setting)?;
        let files = &state.files;
        let file = name.find(state)?;
        let shown = files.shown(&file);
        let lua = &state.lua;
        let arg = lua.create_table()?;
        arg.raw_set(0, shown.as_str())?;
        lua.globals().raw_set("arg", arg)?;

        let chunk = files.load(lua, &file).map_err(|error| match error {
            LoadError::Syntax(message) => {
                ErrorReport::runtime("Runtime.UserCodeSyntaxError", message)
            }
            LoadError::OutOfMemory => memory::report(),
            LoadError::Other(message) => import_error(message),
        })?;
        let module_name = name.segments.join(".");
        let args = (module_name.as_str(), file.to_string_lossy());
        let (returned, _) = coroutine::call(lua, &Value::Function(chunk), args)
            .map_err(|failure| init_report(state, failure))?;

        // What require does with a module's value, so that require of the handler's finds it.
        let package: Table = lua.globals().raw_get("package")?;
        let loaded: Table = package.raw_get("loaded")?;
        let nothing = returned.is_nil();
        if !nothing {
            loaded.raw_set(module_name.as_str(), &returned)?;
        } else if loaded.raw_get::<Value>(module_name.as_str())?.is_nil() {
            loaded.raw_set(module_name.as_str(), true)?;
        }
        let module: Value = loaded.raw_get(module_name.as_str())?;
        let function = match (&name.function, &module) {
            (None, module) => module.clone(),
            (Some(name), Value::Table(module)) => module.get(name.as_str())?,
            (Some(name), Value::UserData(module)) => {
                module.get(name.as_str()).unwrap_or(Value::Nil)
            }
            (Some(name), _) if nothing => lua.globals().get(name.as_str())?,
            _ => Value::Nil,
        };
        let Some(identity) = callable(lua, &function) else {
            return Err(name.not_found(state, &shown, &module, nothing));
        };
        let label = name
            .function
            .as_deref()
            .or(name.segments.last().map(String::as_str));
        if let Value::Function(identity) = identity {
            let identity = parts::unwrapped(lua, identity)?;
            coroutine::name_handler(lua, identity, label.unwrap_or_default())?;
        }
        Ok(Self::Function(function))
    }

    /// Calls the function and encodes its answer into `response`, which is emptied first; not so an
    /// answer of which `streamed` says that the response has gone another way.
    ///
    /// # Errors
    /// The report to post as the invocation's failure.
    pub fn call(
        &self,
        state: &State,
        event: Value,
        context: &Table,
        response: &mut Vec<u8>,
        streamed: impl FnOnce(&Value) -> bool,
    ) -> Result<(), ErrorReport> {
        let function = match self {
            Self::Function(function) => function,
            Self::Script(script) => return script.run(state, &event, context, response),
        };
        let (lua, codec) = (&state.lua, &*state.codec);
        let (value, error) = coroutine::call(lua, function, (event, context))
            .map_err(|failure| ErrorReport::raised(lua, codec, failure))?;
        if !error.is_nil() {
            return Err(ErrorReport::of_value(lua, codec, &error));
        }
        if streamed(&value) {
            return Ok(());
        }
        response.clear();
        codec
            .encode(lua, &value, response)
            .map_err(|error| encode_report(lua, codec, error))
    }
}

impl Name {
    fn parse(setting: Option<&str>) -> Result<Self, ErrorReport> {
        let malformed = |why: String| {
            let message = format!(
                "{why}; set it to file.function, such as src/orders.create for the function \
                 \"create\" of src/orders.lua"
            );
            ErrorReport::runtime("Runtime.MalformedHandlerName", message)
        };
        let setting =
            setting.ok_or_else(|| malformed("the function has no handler setting".to_owned()))?;
        let (module, function) = match setting.rsplit_once('.') {
            Some((module, function)) => (module, Some(function)),
            None => (setting, None),
        };
        let segments: Vec<String> = module.split(['.', '/']).map(str::to_owned).collect();
        let empty = segments.iter().any(String::is_empty) || function == Some("");
        let why = match () {
            () if setting.starts_with('/') => "it is an absolute path",
            () if setting.contains("..") => "it leaves the task root or has an empty part",
            () if empty => "it has an empty part",
            () if function.is_some_and(|name| name.contains('/')) => {
                "the part behind its last dot is no function's name"
            }
            () => {
                return Ok(Self {
                    segments,
                    function: function.map(str::to_owned),
                });
            }
        };
        Err(malformed(format!(
            "the handler {setting:?} is malformed: {why}"
        )))
    }

    fn find(&self, state: &State) -> Result<PathBuf, ErrorReport> {
        let module = self.segments.join("/");
        let root = state.files.root();
        let candidates = [format!("{module}.lua"), format!("{module}/init.lua")];
        let mut tried = Vec::new();
        for candidate in &candidates {
            let path = root.join(candidate);
            match files::readable(&path) {
                Ok(()) => return Ok(path),
                Err(line) => tried.push(line),
            }
        }
        Err(import_error(format!(
            "cannot load the handler's file {} from the task root: {}",
            candidates[0],
            tried.join("; ")
        )))
    }

    fn not_found(&self, state: &State, file: &str, module: &Value, nothing: bool) -> ErrorReport {
        let is = self.segments.join("/");
        let message = match (&self.function, module) {
            (None, Value::Table(module)) => format!(
                "{file} returns a table, not a function; set the handler to {is}.NAME, one of: {}",
                listed(functions(&state.lua, module))
            ),
            (None, module) => format!(
                "the handler {is:?} names a file that returns a function, but {file} returns {}",
                if nothing {
                    "nothing"
                } else {
                    type_name(module)
                }
            ),
            (Some(name), Value::Table(module)) => {
                format!(
                    "{file} has no function {name:?}; it has: {}",
                    listed(functions(&state.lua, module))
                )
            }
            (Some(name), _) if nothing => format!(
                "{file} returns nothing and sets no global function {name:?}; it sets: {}",
                listed(global_functions(&state.lua.globals()))
            ),
            (Some(_), Value::Function(_)) => {
                format!("{file} returns a function; set the handler to {is:?}, without a dot")
            }
            (Some(name), module) => format!(
                "{file} returns a {}, which has no function {name:?}; return a table that has it",
                type_name(module)
            ),
        };
        ErrorReport::runtime("Runtime.HandlerNotFound", message)
    }
}

/// What runs when the value is called: itself, or the function of its metatable.
pub fn callable(lua: &Lua, value: &Value) -> Option<Value> {
    if value.is_function() {
        return Some(value.clone());
    }
    // Lua's own look, for userdata of C modules too.
    let debug: Table = lua.globals().raw_get("debug").ok()?;
    let metatable: Option<Table> = debug.call_function("getmetatable", value).ok()?;
    let method: Value = metatable?.raw_get("__call").ok()?;
    (!method.is_nil()).then_some(method)
}

fn functions(lua: &Lua, module: &Table) -> Vec<String> {
    names(module, |value| callable(lua, value).is_some())
}

/// The global functions that are written in Lua: the user's.
fn global_functions(globals: &Table) -> Vec<String> {
    names(globals, |value| match value {
        Value::Function(function) => function.info().what != "C",
        _ => false,
    })
}

/// The names of the members that `wanted` says yes to.
fn names(table: &Table, wanted: impl Fn(&Value) -> bool) -> Vec<String> {
    let members = table.pairs::<Value, Value>().filter_map(Result::ok);
    let names = members.filter_map(|(key, value)| match key {
        Value::String(name) if wanted(&value) => Some(name.to_string_lossy()),
        _ => None,
    });
    names.collect()
}

fn listed(mut names: Vec<String>) -> String {
    names.sort();
    if names.is_empty() {
        "no function".to_owned()
    } else {
        names.join(", ")
    }
}

fn init_report(state: &State, failure: coroutine::Failure) -> ErrorReport {
    let raised = ErrorReport::raised(&state.lua, &state.codec, failure);
    if raised.is_out_of_memory() {
        return raised;
    }
    let kind = if state.files.is_syntax_error(&raised.message) {
        "Runtime.UserCodeSyntaxError"
    } else {
        IMPORT_MODULE_ERROR
    };
    ErrorReport::runtime(kind, raised.message).with_stack_trace(raised.stack_trace)
}

fn import_error(message: String) -> ErrorReport {
    ErrorReport::runtime(IMPORT_MODULE_ERROR, message)
}

/// The type of a handler's file that does not load.
pub const IMPORT_MODULE_ERROR: &str = "Runtime.ImportModuleError";

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(setting: &str) -> (String, Option<String>) {
        let name = Name::parse(Some(setting)).unwrap();
        (name.segments.join("/"), name.function)
    }

    #[test]
    fn the_last_dot_parts_module_and_function() {
        let create = Some("create".to_owned());
        assert_eq!(
            parsed("src/orders.create"),
            ("src/orders".to_owned(), create.clone())
        );
        assert_eq!(
            parsed("src.orders.create"),
            ("src/orders".to_owned(), create)
        );
    }

    #[test]
    fn a_setting_without_a_dot_names_a_file() {
        assert_eq!(parsed("hello"), ("hello".to_owned(), None));
        assert_eq!(parsed("src/hello"), ("src/hello".to_owned(), None));
    }

    #[test]
    fn settings_that_name_no_file_and_function_are_malformed() {
        for setting in [
            ".", "a.", ".a", "..", "../a.b", "a/../b.c", "/a.b", "a//b.c", "a..b", "./a.b", "a./b",
            "a/.b", "/", "",
        ] {
            let report = Name::parse(Some(setting)).unwrap_err();
            assert_eq!(
                report.error_type, "Runtime.MalformedHandlerName",
                "{setting}"
            );
        }
        assert!(
            Name::parse(None)
                .unwrap_err()
                .message
                .contains("no handler setting")
        );
    }
}
