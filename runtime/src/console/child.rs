//! The process that runs the script, and ends with it.

use std::fs::File;
use std::io::{self, PipeWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;

use mlua::{Function, MultiValue, Table, Value};

use super::Script;
use super::words::Words;
use crate::deadline::{Allowance, Interruption};
use crate::error::ErrorReport;
use crate::files::Files;
use crate::modules::throw;
use crate::state::{self, State};
use crate::{coroutine, memory, panics, standalone, sys};

/// The ways to the process that waits for this one, `parent`.
pub struct Ends {
    pub parent: u32,
    /// For what the script writes.
    pub output: PipeWriter,
    /// For log records.
    pub records: UnixStream,
    /// For a failure that is no status.
    pub report: PipeWriter,
}

/// Runs the script with the words of `line`, and ends this process with its status.
///
/// Nothing of it comes back to the code that forked it, whose events are not its own.
pub fn run(script: &Script, line: &[u8], allowance: Option<Allowance>, ends: Ends) -> ! {
    let Ends {
        parent,
        output,
        records,
        mut report,
    } = ends;
    sys::end_with(parent);
    let run = AssertUnwindSafe(|| -> Result<(), ErrorReport> {
        let no_streams = |error: io::Error| {
            let message = format!("cannot set up {}: {error}", script.path);
            ErrorReport::runtime("Runtime.ProcessError", message)
        };
        set_streams(output).map_err(no_streams)?;
        script.log.keep_apart(records);
        let state = state(script)?;
        let failure = execute(&state, script, line, allowance).err();
        if let Some(Some(failure)) = &failure {
            tell(&mut report, failure);
        }
        // As at the end of any program of Lua's, finalizers run.
        drop(state);
        if failure.is_some() {
            std::process::exit(FAILED);
        }
        Ok(())
    });
    let ran = panic::catch_unwind(run).unwrap_or_else(|_| Err(panics::report()));
    if let Err(failure) = &ran {
        tell(&mut report, failure);
    }
    std::process::exit(ran.map_or(FAILED, |()| 0))
}

/// The failure that the process told of whose report this is.
pub fn told(report: &[u8]) -> Option<ErrorReport> {
    let (kind, message, stack_trace): (String, String, Vec<String>) =
        serde_json::from_slice(report).ok()?;
    Some(ErrorReport::runtime(&kind, message).with_stack_trace(stack_trace))
}

fn tell(report: &mut PipeWriter, failure: &ErrorReport) {
    let parts = (&failure.error_type, &failure.message, &failure.stack_trace);
    let text = serde_json::to_vec(&parts).expect("strings always encode");
    // Whoever waits ends this process rather than not to read.
    let _ = report.write_all(&text);
}

/// Lets standard output and error go through the pipe, and standard input be empty.
fn set_streams(output: PipeWriter) -> io::Result<()> {
    sys::put_at(libc::STDIN_FILENO, File::open("/dev/null")?.as_fd())?;
    sys::put_at(libc::STDOUT_FILENO, output.as_fd())?;
    sys::put_at(libc::STDERR_FILENO, output.as_fd())?;
    sys::write_at_once();
    Ok(())
}

/// A Lua state as the stand-alone interpreter has it, within the limits of the function.
fn state(script: &Script) -> Result<State, ErrorReport> {
    let files = Files::working_in(script.root.clone());
    let state = State::new(files, script.json_nulls, &script.log, true)?;
    state.limit_memory(script.memory_limit_in_mb, 1)?;
    coroutine::install(&state.lua)?;
    stop_timer_at_exit(&state)?;
    state.reseed().map_err(|why| {
        let message = format!("cannot seed math.random: {why}");
        ErrorReport::runtime("Runtime.ProcessError", message)
    })?;
    Ok(state)
}

/// Makes `os.exit` stop the deadline's timer before it does what Lua's own does: its signal must not
/// find a state that is closed.
fn stop_timer_at_exit(state: &State) -> mlua::Result<()> {
    let os: Table = state.lua.globals().raw_get("os")?;
    let end: Function = os.raw_get("exit")?;
    let deadline = Rc::clone(&state.deadline);
    let exit = throw::function(&state.lua, "exit", move |lua, args: MultiValue| {
        state::exit_code(lua, args.front().unwrap_or(&Value::Nil))?;
        deadline.stop_timer();
        Ok(end.call::<()>(args)?)
    })?;
    os.raw_set("exit", exit)
}

/// Runs the script to its end; what fails is told in its output, and given where there is more to
/// tell than that.
fn execute(
    state: &State,
    script: &Script,
    line: &[u8],
    allowance: Option<Allowance>,
) -> Result<(), Option<ErrorReport>> {
    // The line was looked at before.
    let words = Words::new(line).map_while(Result::ok);
    state.deadline.arm(allowance, &script.log);
    let ran = standalone::run_script(&state.lua, &script.path, words);
    let stopped = state.deadline.disarm(&state.lua);
    match (stopped.map(Interruption::report), ran) {
        (Some(stopped), _) => Err(Some(stopped)),
        (None, Ok(())) => Ok(()),
        (None, Err(failed)) => Err(failed
            .out_of_memory
            .then(|| state.with_memory_limit(memory::report()))),
    }
}

/// The status of a script that fails.
const FAILED: i32 = 1;
