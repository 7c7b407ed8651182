//! The wrapper of `AWS_LAMBDA_EXEC_WRAPPER`: a program that starts the runtime, which Lambda itself
//! honours for its own runtimes only.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html#runtime-wrapper>

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::state;

/// What became of the wrapper; a process that it took over does not come back to tell.
#[derive(Debug)]
pub enum Wrapping {
    /// There is none, or it has run.
    Done,
    /// It is left out; why, for people.
    Ignored(String),
    /// It cannot run; why, for people.
    Failed(String),
}

/// Gives the process to the wrapper, once, which is to start us again with our own arguments.
///
/// A wrapper may put its own variable back and call us for ever, so a second variable says that it
/// has had its turn. User code sees neither.
pub fn apply() -> Wrapping {
    if is_wrapped() {
        state::unset_variable(WRAPPED);
        state::unset_variable(WRAPPER);
        return Wrapping::Done;
    }
    let Some(wrapper) = env::var_os(WRAPPER).filter(|wrapper| !wrapper.is_empty()) else {
        return Wrapping::Done;
    };
    let shown = Path::new(&wrapper).display();
    let program = match env::current_exe() {
        Ok(program) => program,
        Err(error) => {
            return Wrapping::Failed(format!(
                "cannot find the runtime's own file for {shown} ({WRAPPER}) to start: {error}"
            ));
        }
    };
    if is_same_file(Path::new(&wrapper), &program) {
        return Wrapping::Ignored(format!(
            "{WRAPPER} is {shown}, which is this runtime itself, so nothing wraps it; if another \
             layer was to bring that file, as the Lambda Web Adapter's does, this runtime's layer \
             has replaced it"
        ));
    }
    let error = exec(&wrapper, &program);
    Wrapping::Failed(format!(
        "cannot run the wrapper {shown} ({WRAPPER}): {error}; set the variable to a program or \
         script that may be executed, whose first line names an interpreter that is there, or \
         unset it"
    ))
}

/// Whether a wrapper has started this process, which so is the runtime by whatever name.
pub fn is_wrapped() -> bool {
    env::var_os(WRAPPED).is_some()
}

fn exec(wrapper: &OsString, program: &Path) -> io::Error {
    Command::new(wrapper)
        .arg(program)
        .args(env::args_os().skip(1))
        .env_remove(WRAPPER)
        .env(WRAPPED, "1")
        .exec()
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path| fs::metadata(path).map(|file| (file.dev(), file.ino())).ok();
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

const WRAPPER: &str = "AWS_LAMBDA_EXEC_WRAPPER";
const WRAPPED: &str = "MOONLAYER_EXEC_WRAPPED";
