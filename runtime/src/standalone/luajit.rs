//! The program `luajit` as luajit.c has it.

use std::ffi::{OsStr, OsString};

use mlua::{Function, Lua, Value};

use super::command_line::{Action, CommandLine, Operands};
use super::{Interpreter, Outcome, text_of};

/// The variables that hold what is run first; the first that is set wins.
pub const INIT_VARIABLES: &[&str] = &["LUA_INIT"];
/// Whether what they hold runs before the version is shown.
pub const INITS_FIRST: bool = true;
/// Whether a line that is an expression is printed without `=` before it.
pub const PRINTS_EXPRESSIONS: bool = false;
/// Whether a statement that the end of the input cuts off is not told.
pub const ENDS_CUT_OFF: bool = true;
/// How Lua's message of a text that ends too early ends.
pub const INCOMPLETE: &[u8] = b"'<eof>'";
/// What is said of an error that is no text.
pub const NO_TEXT: &[u8] = b"(error object is not a string)";
/// Whether an error of nil ends the program without a word.
pub const IS_NIL_SILENT: bool = true;
/// Whether a script gets the elements of `arg` or else fails: here it gets none.
pub const NEEDS_ARG: bool = false;
/// Gives the message handler and the reader of lines; in Lua, because a handler must work where
/// the stack has just overflowed. Then what the options `-j`, `-O` and `-b` do.
pub const PRELUDE: &str = include_str!("luajit.lua");

/// Where `arg[0]` is among the arguments when there is no script: after them all.
pub fn no_script(args: &[OsString]) -> usize {
    args.len()
}

/// Takes `option`, which `operands` follow, if it is one.
pub fn option<'a>(
    line: &mut CommandLine<'a>,
    option: &'a [u8],
    operands: &mut Operands<'a>,
) -> Option<()> {
    match option {
        [b'-', b'E', ..] => line.ignores_environment = true,
        b"-i" => {
            line.interactive = true;
            line.shows_version = true;
        }
        b"-v" => line.shows_version = true,
        [b'-', letter @ (b'e' | b'l' | b'j'), joined @ ..] => {
            let operand = if joined.is_empty() {
                operands.next()?
            } else {
                joined
            };
            line.has_own_work |= *letter == b'e';
            line.has_own_options = true;
            line.actions.push(match letter {
                b'e' => Action::Execute(operand),
                b'l' => Action::Require(operand),
                _ => Action::Own(b"-j", vec![operand]),
            });
        }
        [b'-', b'O', joined @ ..] => line.actions.push(Action::Own(b"-O", vec![joined])),
        [b'-', b'b', ..] => {
            let is_first = !line.shows_version
                && !line.interactive
                && !line.has_own_options
                && !line.ignores_environment;
            if !is_first {
                return None;
            }
            line.has_own_work = true;
            let all = std::iter::once(option).chain(operands).collect();
            line.actions.push(Action::Own(b"-b", all));
        }
        _ => return None,
    }
    Some(())
}

/// What to tell someone who wrote an option that is none.
pub fn usage(program: &[u8], _bad_option: &OsStr) -> Vec<u8> {
    [b"usage: ", program, USAGE.as_bytes()].concat()
}

impl Interpreter<'_> {
    /// `-j`, `-O` and `-b`.
    pub(super) fn run_own(&self, option: &[u8], operands: &[&[u8]]) -> Outcome {
        let run = self.own.clone().map_or(Value::Nil, Value::Function);
        let option = self.lua.create_string(option)?;
        let mut args = vec![Value::String(option)];
        for operand in operands {
            args.push(Value::String(self.lua.create_string(operand)?));
        }
        let found = self.call_bare(run, mlua::MultiValue::from_vec(args))?;
        let ran = match found {
            Ok(mut found) => {
                let function = found.pop_front().unwrap_or(Value::Nil);
                self.call_bare(function, found)?
            }
            Err(error) => Err(error),
        };
        ran.map(drop).or_else(|error| self.fail(&text_of(&error)))
    }

    /// Before a conversation: whether the compiler is on, and how.
    pub(super) fn greet(&self) -> Outcome {
        let jit: mlua::Table = self.lua.globals().raw_get("jit")?;
        let status: Function = jit.raw_get("status")?;
        let status: mlua::MultiValue = status.call(())?;
        let mut line = b"JIT: OFF".to_vec();
        for (nth, value) in status.iter().enumerate() {
            match value {
                Value::Boolean(true) if nth == 0 => line = b"JIT: ON".to_vec(),
                Value::String(flag) => {
                    line.push(b' ');
                    line.extend_from_slice(&flag.as_bytes());
                }
                _ => {}
            }
        }
        Ok(self.print.call(self.lua.create_string(&line)?)?)
    }

    /// The name of the global for `-l`, of which there is none, and of the module.
    pub(super) fn library(library: &[u8]) -> (Option<&[u8]>, &[u8]) {
        (None, library)
    }
}

/// Makes the state what the program's is.
pub fn set_up(_: &Lua) {}

const USAGE: &str = " [options]... [script [args]...].
Available options are:
  -e chunk  Execute string 'chunk'.
  -l name   Require library 'name'.
  -b ...    Save or list bytecode.
  -j cmd    Perform LuaJIT control command.
  -O[opt]   Control LuaJIT optimizations.
  -i        Enter interactive mode after executing 'script'.
  -v        Show version information.
  -E        Ignore environment variables.
  --        Stop handling options.
  -         Execute stdin and stop handling options.
";
