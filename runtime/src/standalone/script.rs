//! A script as the command `lua SCRIPT ARGUMENTS` runs it, without a command line.

use mlua::{Lua, MultiValue, Value};

use super::{Failed, Interpreter, Outcome, complain, program};
use crate::{interpreter, memory};

/// Runs a script with its arguments, as the command `lua SCRIPT ARGUMENTS` does where the
/// environment has no say. What it raises is told on standard error.
///
/// Blocks until the script ends; `lua` must be dropped then, for its finalizers.
///
/// # Errors
/// The script failed.
pub fn run_script(
    lua: &Lua,
    script: &str,
    args: impl Iterator<Item = Vec<u8>>,
) -> Result<(), ScriptFailed> {
    let run = || -> Outcome {
        let interpreter = Interpreter::new(lua, b"lua")?;
        let arg = lua.create_table()?;
        arg.raw_set(0, script)?;
        let mut script_args = MultiValue::new();
        for word in args {
            let word = lua.create_string(&word)?;
            script_args.push_back(Value::String(word.clone()));
            arg.raw_push(word)?;
        }
        lua.globals().raw_set("arg", arg)?;
        program::set_up(lua);
        interpreter::set_collector(lua);
        interpreter.run_file(Some(script.as_bytes()), script_args)
    };
    let out_of_memory = match run() {
        Ok(()) => return Ok(()),
        Err(Failed::Reported { out_of_memory }) => out_of_memory,
        Err(Failed::Raised(mlua::Error::StackError)) => {
            complain(Some(b"lua"), b"too many arguments to script");
            false
        }
        Err(Failed::Raised(error)) => {
            complain(Some(b"lua"), error.to_string().as_bytes());
            memory::is_out_of_memory(&error)
        }
    };
    Err(ScriptFailed { out_of_memory })
}

/// A script ended with an error, of which its user has been told.
#[derive(Debug)]
pub struct ScriptFailed {
    /// Lua had too little memory.
    pub out_of_memory: bool,
}
