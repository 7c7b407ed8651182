//! The command line of `lua`, parsed as lua.c does: options up to the script's name.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// Whether the command line has `-E`: the state's paths then take nothing from the environment.
pub(crate) fn ignores_environment(args: &[OsString]) -> bool {
    CommandLine::parse(args).is_ok_and(|line| line.ignores_environment)
}

/// A command line, understood.
#[derive(Default)]
pub(super) struct CommandLine<'a> {
    /// What `-e`, `-l` and `-W` ask for, in their order.
    pub(super) actions: Vec<Action<'a>>,
    /// `-e` or `-v` is there: without a script, standard input is not read.
    pub(super) has_own_work: bool,
    pub(super) ignores_environment: bool,
    pub(super) interactive: bool,
    /// Index of the script's name among the arguments.
    pub(super) script: Option<usize>,
    pub(super) shows_version: bool,
}

pub(super) enum Action<'a> {
    Execute(&'a [u8]),
    Require(&'a [u8]),
    WarningsOn,
}

impl<'a> CommandLine<'a> {
    /// Parses `args`; the error is the option that is wrong.
    pub(super) fn parse(args: &'a [OsString]) -> Result<Self, &'a OsStr> {
        let mut line = Self::default();
        let mut at = 1;
        while let Some(option) = args.get(at) {
            match option.as_bytes() {
                b"--" => {
                    at += 1;
                    break;
                }
                b"-E" => line.ignores_environment = true,
                b"-W" => line.actions.push(Action::WarningsOn),
                b"-i" => {
                    line.interactive = true;
                    line.shows_version = true;
                }
                b"-v" => line.shows_version = true,
                [b'-', letter @ (b'e' | b'l'), joined @ ..] => {
                    let operand = if joined.is_empty() {
                        at += 1;
                        let next = args.get(at).map(|next| next.as_bytes());
                        next.filter(|next| !next.starts_with(b"-"))
                            .ok_or(option.as_os_str())?
                    } else {
                        joined
                    };
                    line.has_own_work |= *letter == b'e';
                    line.actions.push(match letter {
                        b'e' => Action::Execute(operand),
                        _ => Action::Require(operand),
                    });
                }
                // A lone `-` stands where a script's name would: the script is standard input.
                [b'-', _, ..] => return Err(option),
                _ => break,
            }
            at += 1;
        }
        line.has_own_work |= line.shows_version;
        line.script = (at < args.len()).then_some(at);
        Ok(line)
    }
}

/// What to tell someone who wrote `bad_option`, after the program's name.
pub(super) fn usage(program: &[u8], bad_option: &OsStr) -> Vec<u8> {
    let option = bad_option.as_bytes();
    let fault: [&[u8]; 3] = match option {
        [_, b'e' | b'l', ..] => [b"'", option, b"' needs argument\n"],
        _ => [b"unrecognized option '", option, b"'\n"],
    };
    [&fault.concat(), &b"usage: "[..], program, USAGE.as_bytes()].concat()
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
  -         stop handling options and execute stdin";

#[cfg(test)]
mod tests {
    use super::*;

    fn ignores(args: &[&str]) -> bool {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        ignores_environment(&args)
    }

    #[test]
    fn only_an_option_before_the_script_ignores_the_environment() {
        assert!(ignores(&["lua", "-E"]));
        assert!(ignores(&["lua", "-v", "-e", "x = 1", "-E", "main.lua"]));
        assert!(!ignores(&["lua"]));
        assert!(!ignores(&[]));
        assert!(!ignores(&["lua", "main.lua", "-E"]));
        assert!(!ignores(&["lua", "--", "-E"]));
        assert!(
            !ignores(&["lua", "-E", "-x"]),
            "a bad command line runs nothing"
        );
    }
}
