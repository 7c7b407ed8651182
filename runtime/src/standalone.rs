//! The stand-alone interpreter: what the `lua` command does with its arguments, its environment
//! and its standard input (chapter 7 of Lua's reference manual).
//!
//! Lua's own functions do the reading, loading and printing, so that C's buffers stay in order and
//! bytes stay bytes. They are taken from the state before any code of the user's runs.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::process::ExitCode;

use mlua::{Function, IntoLuaMulti, Lua, LuaString, MultiValue, Value};

use crate::{interpreter, memory, state};

mod command_line;
#[cfg_attr(feature = "lua54", path = "standalone/lua54.rs")]
#[cfg_attr(feature = "luajit", path = "standalone/luajit.rs")]
mod program;
mod script;

use command_line::{Action, CommandLine};

pub(crate) use command_line::ignores_environment;
pub(crate) use script::run_script;

/// Runs the interpreter with the command line `args`, whose first is the program's name.
///
/// Gives status 1 when the command line is wrong or code that it runs raises an error, as `lua`
/// does. Blocks until the code ends. `lua` must be dropped before the process ends: finalizers run
/// then.
pub(crate) fn run(lua: &Lua, args: Vec<OsString>) -> ExitCode {
    let program = match args.first() {
        Some(name) if !name.is_empty() => name.as_bytes(),
        _ => b"lua",
    };
    let line = match CommandLine::parse(&args) {
        Ok(line) => line,
        Err(bad_option) => {
            write_stderr(&[&program::usage(program, bad_option)]);
            return ExitCode::FAILURE;
        }
    };
    let ended = Interpreter::new(lua, program).and_then(|mut lua| lua.run(&line, &args));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failed::Reported { .. }) => ExitCode::FAILURE,
        Err(Failed::Raised(error)) => {
            complain(Some(program), error.to_string().as_bytes());
            ExitCode::FAILURE
        }
    }
}

/// Why the interpreter ends with status 1.
enum Failed {
    /// The user has been told.
    Reported { out_of_memory: bool },
    /// Something outside every protected call raised: a metamethod of the globals, no memory.
    Raised(mlua::Error),
}

impl From<mlua::Error> for Failed {
    fn from(error: mlua::Error) -> Self {
        Self::Raised(error)
    }
}

type Outcome<T = ()> = Result<T, Failed>;

struct Interpreter<'a> {
    lua: &'a Lua,
    /// What stands before a message; interactive mode has none.
    program: Option<&'a [u8]>,
    explain: Function,
    load: Function,
    /// What runs the options of this interpreter alone, where that is in Lua.
    #[cfg_attr(feature = "lua54", allow(dead_code, reason = "there it is not"))]
    own: Option<Function>,
    loadfile: Function,
    print: Function,
    read_line: Function,
    tostring: Function,
}

impl<'a> Interpreter<'a> {
    fn new(lua: &'a Lua, program: &'a [u8]) -> Outcome<Self> {
        let globals = lua.globals();
        let (explain, read_line, own) = lua.load(program::PRELUDE).set_name("=[lua]").eval()?;
        Ok(Self {
            lua,
            program: Some(program),
            explain,
            load: globals.raw_get("load")?,
            loadfile: globals.raw_get("loadfile")?,
            own,
            print: globals.raw_get("print")?,
            read_line,
            tostring: globals.raw_get("tostring")?,
        })
    }

    fn run(&mut self, line: &CommandLine, args: &[OsString]) -> Outcome {
        if line.shows_version && !program::INITS_FIRST {
            self.print_version()?;
        }
        self.set_arg(
            args,
            line.script.unwrap_or_else(|| program::no_script(args)),
        )?;
        program::set_up(self.lua);
        interpreter::set_collector(self.lua);
        if !line.ignores_environment {
            self.run_init()?;
        }
        if line.shows_version && program::INITS_FIRST {
            self.print_version()?;
        }
        for action in &line.actions {
            match action {
                Action::Execute(text) => self.run_text(text, "=(command line)")?,
                Action::Require(library) => self.require(library)?,
                Action::Own(option, operands) => self.run_own(option, operands)?,
            }
        }
        if let Some(script) = line.script {
            self.run_script(args, script)?;
        }
        if line.interactive {
            self.greet()?;
            self.converse()
        } else if line.script.is_none() && !line.has_own_work {
            if io::stdin().is_terminal() {
                self.print_version()?;
                self.greet()?;
                self.converse()
            } else {
                self.run_file(None, MultiValue::new())
            }
        } else {
            Ok(())
        }
    }

    fn print_version(&self) -> Outcome {
        Ok(self.print.call(interpreter::copyright(self.lua))?)
    }

    /// Sets `arg`: the script's name is at 0, its arguments follow, what stands before is negative.
    fn set_arg(&self, args: &[OsString], script: usize) -> Outcome {
        let arg = self.lua.create_table()?;
        for (index, value) in (0_i64..).zip(args) {
            let value = self.lua.create_string(value.as_bytes())?;
            arg.raw_set(index - script as i64, value)?;
        }
        Ok(self.lua.globals().raw_set("arg", arg)?)
    }

    /// Runs what the first of the variables that is set holds: code, or `@` and a file's name.
    fn run_init(&self) -> Outcome {
        for name in program::INIT_VARIABLES {
            if let Some(init) = std::env::var_os(name) {
                let init = init.into_vec();
                return match init.strip_prefix(b"@") {
                    Some(file) => self.run_file(Some(file), MultiValue::new()),
                    None => self.run_text(&init, &format!("={name}")),
                };
            }
        }
        Ok(())
    }

    fn run_text(&self, text: &[u8], name: &str) -> Outcome {
        let text = self.lua.create_string(text)?;
        let function = self.loaded(self.load.call((text, name))?)?;
        self.call(function, MultiValue::new()).map(drop)
    }

    /// Runs a file, or standard input.
    fn run_file(&self, name: Option<&[u8]>, args: MultiValue) -> Outcome {
        let name = name.map(|name| self.lua.create_string(name)).transpose()?;
        let function = self.loaded(self.loadfile.call(name)?)?;
        self.call(function, args).map(drop)
    }

    fn run_script(&self, args: &[OsString], script: usize) -> Outcome {
        // After `--`, a script may be called `-`.
        let is_stdin = args[script] == "-" && args[script - 1] != "--";
        let name = (!is_stdin).then(|| args[script].as_bytes());
        // `LUA_INIT` and `-e` may have changed it.
        let script_args = match self.lua.globals().get("arg")? {
            Value::Table(arg) => {
                let args = (1..=arg.len()?).map(|index| arg.raw_get(index));
                args.collect::<mlua::Result<_>>()?
            }
            _ if program::NEEDS_ARG => return self.fail(b"'arg' is not a table"),
            _ => MultiValue::new(),
        };
        self.run_file(name, script_args)
    }

    /// `-l`.
    fn require(&self, library: &[u8]) -> Outcome {
        let (global, module) = Self::library(library);
        let globals = self.lua.globals();
        let module = self.lua.create_string(module)?;
        let mut results = self.call(globals.get("require")?, module)?;
        let value = results.pop_front().unwrap_or(Value::Nil);
        match global {
            Some(global) => Ok(globals.set(self.lua.create_string(global)?, value)?),
            None => Ok(()),
        }
    }

    /// The read-eval-print loop.
    fn converse(&mut self) -> Outcome {
        let program = self.program.take();
        while let Some(line) = self.read_line("_PROMPT", "> ")? {
            // What fails is reported, and the next line read.
            let chunk = match self.complete(line) {
                Ok(None) => break,
                Ok(Some(chunk)) => Ok(chunk),
                Err(failed) => Err(failed),
            };
            let results = chunk.and_then(|chunk| self.call(chunk, ()));
            match results {
                Ok(results) if !results.is_empty() => self.show(results)?,
                Ok(_) | Err(Failed::Reported { .. }) => {}
                Err(raised) => return Err(raised),
            }
        }
        self.print.call::<()>("")?;
        self.program = program;
        Ok(())
    }

    /// Compiles `line` as an expression, else as a statement, for which more lines may be read; none
    /// when the conversation ends with it.
    fn complete(&self, mut line: Vec<u8>) -> Outcome<Option<Value>> {
        // As Lua 5.2 and older wrote it.
        if line.first() == Some(&b'=') {
            line.splice(..1, *b"return ");
        }
        if program::PRINTS_EXPRESSIONS {
            let expression = [b"return ", &line[..], b";"].concat();
            let expression = self.lua.create_string(expression)?;
            let (chunk, _): (Value, Value) = self.load.call((expression, "=stdin"))?;
            if !chunk.is_nil() {
                return Ok(Some(chunk));
            }
        }
        loop {
            let text = self.lua.create_string(&line)?;
            let loaded: (Value, Value) = self.load.call((text, "=stdin"))?;
            // Lua says so when the text ends where it must go on.
            let incomplete = match &loaded {
                (Value::Nil, Value::String(fault)) => {
                    fault.as_bytes().ends_with(program::INCOMPLETE)
                }
                _ => false,
            };
            match if incomplete {
                self.read_line("_PROMPT2", ">> ")?
            } else {
                None
            } {
                Some(next) => {
                    line.push(b'\n');
                    line.extend(next);
                }
                None if incomplete && program::ENDS_CUT_OFF => return Ok(None),
                None => return self.loaded(loaded).map(Some),
            }
        }
    }

    /// Reads a line without its end, after the prompt that the global `name` holds.
    fn read_line(&self, name: &str, default: &str) -> Outcome<Option<Vec<u8>>> {
        let prompt = match self.lua.globals().get(name)? {
            Value::Nil => default.as_bytes().to_vec(),
            value => {
                let tostring = Value::Function(self.tostring.clone());
                match self.call_bare(tostring, value)? {
                    Ok(text) => text_of(text.front().unwrap_or(&Value::Nil)),
                    Err(error) => return self.fail(&text_of(&error)),
                }
            }
        };
        let line: Option<LuaString> = self.read_line.call(self.lua.create_string(prompt)?)?;
        Ok(line.map(|line| line.as_bytes().to_vec()))
    }

    fn show(&self, results: MultiValue) -> Outcome {
        if let Err(error) = self.call_bare(self.lua.globals().get("print")?, results)? {
            let text = [b"error calling 'print' (", &text_of(&error)[..], b")"].concat();
            complain(self.program, &text);
        }
        Ok(())
    }

    /// The function that `load` or `loadfile` gave; or the fault it gave is reported.
    fn loaded(&self, (function, fault): (Value, Value)) -> Outcome<Value> {
        if function.is_nil() {
            self.fail(&text_of(&fault))
        } else {
            Ok(function)
        }
    }

    /// Calls `function`; an error is reported with a traceback.
    fn call(&self, function: Value, args: impl IntoLuaMulti) -> Outcome<MultiValue> {
        let args = args.into_lua_multi(self.lua)?;
        match state::call_with_handler(self.lua, &self.explain, function, args)? {
            Ok(results) => Ok(results),
            Err(Value::Nil) if program::IS_NIL_SILENT => Err(Failed::Reported {
                out_of_memory: false,
            }),
            Err(explained) => self.fail(&text_of(&explained)),
        }
    }

    /// Calls `function`; an error comes back as text, without a traceback.
    fn call_bare(
        &self,
        function: Value,
        args: impl IntoLuaMulti,
    ) -> Outcome<Result<MultiValue, Value>> {
        let args = args.into_lua_multi(self.lua)?;
        Ok(state::call_with_handler(
            self.lua,
            &self.tostring,
            function,
            args,
        )?)
    }

    fn fail<T>(&self, message: &[u8]) -> Outcome<T> {
        complain(self.program, message);
        // Where there was memory for it, a traceback follows the message.
        let first = message.split(|byte| *byte == b'\n').next();
        Err(Failed::Reported {
            out_of_memory: first.is_some_and(memory::is_message),
        })
    }
}

fn text_of(message: &Value) -> Vec<u8> {
    match message {
        Value::String(text) => text.as_bytes().to_vec(),
        _ => program::NO_TEXT.to_vec(),
    }
}

fn complain(program: Option<&[u8]>, message: &[u8]) {
    match program {
        Some(program) => write_stderr(&[program, b": ", message, b"\n"]),
        None => write_stderr(&[message, b"\n"]),
    }
}

/// Writes in one piece; where standard error is closed, there is nobody left to tell.
fn write_stderr(parts: &[&[u8]]) {
    let _ = io::stderr().write_all(&parts.concat());
}
