//! The program `lua` as lua.c of Lua 5.4 has it.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use mlua::Lua;

use super::command_line::{Action, CommandLine, Operands};
use super::{Interpreter, Outcome, write_stderr};

/// The variables that hold what is run first; the first that is set wins.
pub const INIT_VARIABLES: &[&str] = &["LUA_INIT_5_4", "LUA_INIT"];
/// Whether what they hold runs before the version is shown.
pub const INITS_FIRST: bool = false;
/// Whether a line that is an expression is printed without `=` before it.
pub const PRINTS_EXPRESSIONS: bool = true;
/// Whether a statement that the end of the input cuts off is not told.
pub const ENDS_CUT_OFF: bool = false;
/// How Lua's message of a text that ends too early ends.
pub const INCOMPLETE: &[u8] = b"<eof>";
/// What is said of an error that is neither text nor known to the message handler.
pub const NO_TEXT: &[u8] = b"(error message not a string)";
/// Gives the message handler and the reader of lines; in Lua, because a handler must work where
/// the stack has just overflowed.
pub const PRELUDE: &str = include_str!("lua54.lua");

/// Where `arg[0]` is among the arguments when there is no script: at the program's name.
pub fn no_script(_: &[OsString]) -> usize {
    0
}

/// Takes `option`, which `operands` follow, if it is one.
pub fn option<'a>(
    line: &mut CommandLine<'a>,
    option: &'a [u8],
    operands: &mut Operands<'a>,
) -> Option<()> {
    match option {
        b"-E" => line.ignores_environment = true,
        b"-W" => line.actions.push(Action::Own(option, Vec::new())),
        b"-i" => {
            line.interactive = true;
            line.shows_version = true;
        }
        b"-v" => line.shows_version = true,
        [b'-', letter @ (b'e' | b'l'), joined @ ..] => {
            let operand = if joined.is_empty() {
                operands.next().filter(|next| !next.starts_with(b"-"))?
            } else {
                joined
            };
            line.has_own_work |= *letter == b'e';
            line.actions.push(match letter {
                b'e' => Action::Execute(operand),
                _ => Action::Require(operand),
            });
        }
        _ => return None,
    }
    Some(())
}

/// What to tell someone who wrote `bad_option`.
pub fn usage(program: &[u8], bad_option: &OsStr) -> Vec<u8> {
    let option = bad_option.as_bytes();
    let fault: [&[u8]; 3] = match option {
        [_, b'e' | b'l', ..] => [b"'", option, b"' needs argument\n"],
        _ => [b"unrecognized option '", option, b"'\n"],
    };
    [
        program,
        b": ",
        &fault.concat(),
        b"usage: ",
        program,
        USAGE.as_bytes(),
    ]
    .concat()
}

impl Interpreter<'_> {
    /// What the version's own options ask for: `-W` turns warnings on.
    pub(super) fn run_own(&self, _option: &[u8], _operands: &[&[u8]]) -> Outcome {
        self.lua.warning("@on", false);
        Ok(())
    }

    /// Before a conversation: nothing.
    pub(super) fn greet(&self) -> Outcome {
        Ok(())
    }

    /// The name of the global for `-l`, and of the module: `g=mod`; for `mod-v2` alone, `mod`.
    pub(super) fn library(library: &[u8]) -> (Option<&[u8]>, &[u8]) {
        let split = |mark| library.iter().position(|byte| *byte == mark);
        match (split(b'='), split(b'-')) {
            (Some(equals), _) => (Some(&library[..equals]), &library[equals + 1..]),
            (None, Some(hyphen)) => (Some(&library[..hyphen]), library),
            (None, None) => (Some(library), library),
        }
    }
}

/// Whether an error of nil ends the program without a word.
pub const IS_NIL_SILENT: bool = false;
/// Whether a script gets these arguments, the elements of `arg`; a table that is none ends it all.
pub const NEEDS_ARG: bool = true;

/// Makes the state what the program's is: `warn` gets a voice, off until a warning `@on`, then a
/// line on standard error each.
pub fn set_up(lua: &Lua) {
    let (on, continues) = (Cell::new(false), Cell::new(false));
    lua.set_warning_function(move |_, message, to_be_continued| {
        let is_control = !continues.get() && !to_be_continued && message.starts_with('@');
        if is_control {
            match message {
                "@on" => on.set(true),
                "@off" => on.set(false),
                // Controls are for whoever knows them.
                _ => {}
            }
        } else {
            if on.get() {
                let start = if continues.get() { "" } else { "Lua warning: " };
                let end = if to_be_continued { "" } else { "\n" };
                write_stderr(&[start.as_bytes(), message.as_bytes(), end.as_bytes()]);
            }
            continues.set(to_be_continued);
        }
        Ok(())
    });
}

const USAGE: &str = " [options] [script [args]]
Available options are:
  -e stat   execute string 'stat'
  -i        enter interactive mode after executing 'script'
  -l mod    require library 'mod' into global 'mod'
  -l g=mod  require library 'mod' into global 'g'
  -v        show version information
  -E        ignore environment variables
  -W        turn warnings on
  --        stop handling options
  -         stop handling options and execute stdin
";
