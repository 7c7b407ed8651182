//! The command line of `lua`: options up to the script's name.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use super::program;

/// Whether the command line has `-E`: the state's paths then take nothing from the environment.
pub(crate) fn ignores_environment(args: &[OsString]) -> bool {
    CommandLine::parse(args).is_ok_and(|line| line.ignores_environment)
}

/// A command line, understood.
#[derive(Default)]
pub(super) struct CommandLine<'a> {
    /// What the options ask to run, in their order.
    pub(super) actions: Vec<Action<'a>>,
    /// An option has code to run or shows the version: without a script, standard input is not
    /// read.
    pub(super) has_own_work: bool,
    /// An option has an operand; only LuaJIT asks.
    #[cfg_attr(feature = "lua54", allow(dead_code, reason = "only LuaJIT asks"))]
    pub(super) has_own_options: bool,
    pub(super) ignores_environment: bool,
    pub(super) interactive: bool,
    /// Index of the script's name among the arguments.
    pub(super) script: Option<usize>,
    pub(super) shows_version: bool,
}

pub(super) enum Action<'a> {
    Execute(&'a [u8]),
    Require(&'a [u8]),
    /// An option that only this interpreter has, with what belongs to it.
    Own(&'a [u8], Vec<&'a [u8]>),
}

/// The arguments after an option; what is taken of them belongs to it.
pub(super) struct Operands<'a> {
    args: &'a [OsString],
    at: usize,
}

impl<'a> Iterator for Operands<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let arg = self.args.get(self.at)?;
        self.at += 1;
        Some(arg.as_bytes())
    }
}

impl<'a> CommandLine<'a> {
    /// Parses `args`; the error is the option that is wrong.
    pub(super) fn parse(args: &'a [OsString]) -> Result<Self, &'a OsStr> {
        let mut line = Self::default();
        let mut operands = Operands { args, at: 1 };
        while let Some(option) = args.get(operands.at) {
            let bytes = option.as_bytes();
            // A lone `-` stands where a script's name would: the script is standard input.
            if bytes.first() != Some(&b'-') || bytes == b"-" {
                break;
            }
            operands.at += 1;
            if bytes == b"--" {
                break;
            }
            program::option(&mut line, bytes, &mut operands).ok_or(option.as_os_str())?;
        }
        line.has_own_work |= line.shows_version;
        line.script = (operands.at < args.len()).then_some(operands.at);
        Ok(line)
    }
}

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
