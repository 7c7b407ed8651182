//! The mode `console`: the handler is a script, run anew for each event as the command `lua` runs
//! it, with the words of the event as its arguments.
//!
//! Each run is a process of its own, forked off this one, which runs none of the user's code. So a
//! run leaves nothing behind, whatever the script or a C module does: globals, modules, buffers of
//! C's, memory. `os.exit` is C's own, a crash is a status like any other, and what takes no
//! interruption can be killed. A fresh Lua state in this process would have none of that, and takes
//! as long as forking: about a millisecond.
//!
//! - `words`: the event's text as arguments
//! - `run`: this process's side: what comes out of the script, and its end
//! - `child`: the script's side
//! - `output`: what the answer has of the output
//! - `family`: the processes that a script started

mod child;
mod family;
mod output;
mod run;
mod words;

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use mlua::{Table, Value};

use crate::api::RESPONSE_LIMIT_BYTES;
use crate::config::{Config, Level};
use crate::deadline::Allowance;
use crate::error::ErrorReport;
use crate::files::{self, LoadError};
use crate::handler::IMPORT_MODULE_ERROR;
use crate::json::Nulls;
use crate::log::{Log, Message};
use crate::memory;
use crate::modules::throw::type_name;
use crate::state::State;
use run::{Ended, Run};

/// The script of the handler setting.
#[derive(Debug)]
pub struct Script {
    /// Its path in the task root, as the setting has it.
    path: String,
    root: PathBuf,
    json_nulls: Nulls,
    memory_limit_in_mb: Option<i64>,
    timeout_margin: Option<Duration>,
    log: Rc<Log>,
}

impl Script {
    /// Finds the script, and sees whether it parses.
    ///
    /// # Errors
    /// The report to post to `/init/error`.
    pub fn load(state: &State, config: &Config, log: &Rc<Log>) -> Result<Self, ErrorReport> {
        if config.loops() > 1 {
            let message = format!(
                "MOONLAYER_MODE is console and AWS_LAMBDA_MAX_CONCURRENCY is {}: a console \
                 function runs one script at a time; set the function's concurrency per execution \
                 environment to 1",
                config.max_concurrency
            );
            return Err(ErrorReport::runtime(
                "Runtime.InvalidConfiguration",
                message,
            ));
        }
        let path = path(config.handler.as_deref())?;
        let file = state.files.root().join(path);
        let import_error = |message| ErrorReport::runtime(IMPORT_MODULE_ERROR, message);
        files::readable(&file).map_err(|why| {
            import_error(format!(
                "cannot load the script {path} from the task root: {why}"
            ))
        })?;
        let parsed = state.files.load(&state.lua, &file);
        parsed.map(drop).map_err(|error| match error {
            LoadError::Syntax(message) => {
                ErrorReport::runtime("Runtime.UserCodeSyntaxError", message)
            }
            LoadError::OutOfMemory => memory::report(),
            LoadError::Other(message) => import_error(message),
        })?;
        Ok(Self {
            path: path.to_owned(),
            root: config.task_root.clone(),
            json_nulls: config.json_nulls,
            memory_limit_in_mb: config.memory_limit_in_mb,
            timeout_margin: config.timeout_margin,
            log: Rc::clone(log),
        })
    }

    /// Runs the script with the arguments that the event is; the answer is put into `response`, in
    /// place of what it holds. `state` only decoded the event.
    ///
    /// # Errors
    /// The report to post as the invocation's failure: also of a status that is not 0.
    pub fn run(
        &self,
        state: &State,
        event: &Value,
        context: &Table,
        response: &mut Vec<u8>,
    ) -> Result<(), ErrorReport> {
        let line = line(event)?;
        words::check(&line).map_err(unmarshal_error)?;
        let deadline_ms: Option<i64> = context.raw_get("deadline_ms")?;
        // From here on the deadline is the new process's, and the one who waits for it looks after
        // both.
        state.deadline.stop_timer();
        let allowance = Allowance::until(deadline_ms, self.timeout_margin);
        let run = Run::start(self, &line, allowance).map_err(|error| {
            let message = format!("cannot start {}: {error}", self.path);
            ErrorReport::runtime("Runtime.ProcessError", message)
        })?;
        let Ended {
            status,
            output,
            report,
        } = run.finish()?;
        if let Some(report) = report {
            return Err(report);
        }
        let (total_bytes, is_cut) = (output.total_bytes(), output.is_cut());
        let text = output.into_text();
        if status == 0 {
            let kept = output::answer(&text, RESPONSE_LIMIT_BYTES, response);
            if is_cut || kept.len() < text.len() {
                let message = format!(
                    "the script wrote {total_bytes} bytes, more than an answer takes: it has the \
                     end of them"
                );
                self.log
                    .record(Level::Warn, &Message::Text(message.as_bytes()), &[]);
            }
            return Ok(());
        }
        let ended = format!("{} ended with status {status}", self.path);
        let failed =
            |message| ErrorReport::function("CommandFailed".to_owned(), message, Vec::new());
        Err(if text.is_empty() {
            failed(format!("{ended} and wrote nothing"))
        } else {
            // The output stands in the log already, and before this.
            failed(output::failure(&text, total_bytes)).in_log_as(ended)
        })
    }
}

/// The script's path, which the setting is.
fn path(setting: Option<&str>) -> Result<&str, ErrorReport> {
    let malformed = |why: &str| {
        let message = format!(
            "{why}; in the mode console (MOONLAYER_MODE) it is the path of a script in the task \
             root, such as bin/migrate.lua"
        );
        ErrorReport::runtime("Runtime.MalformedHandlerName", message)
    };
    let setting = setting.ok_or_else(|| malformed("the function has no handler setting"))?;
    let mut parts = setting.split('/');
    let why = match () {
        () if setting.starts_with('/') => "it is an absolute path",
        () if parts.clone().any(|part| part == "..") => "it leaves the task root",
        () if parts.any(|part| matches!(part, "" | "." | ".lua")) => "it has an empty part",
        () if !setting.ends_with(".lua") => "it does not end in .lua",
        () => return Ok(setting),
    };
    Err(malformed(&format!(
        "the handler {setting:?} is malformed: {why}"
    )))
}

/// The text that the event is.
fn line(event: &Value) -> Result<Vec<u8>, ErrorReport> {
    let came = match event {
        Value::String(line) => return Ok(line.as_bytes().to_vec()),
        // JSON's null is one or the other.
        Value::Nil => return Ok(Vec::new()),
        Value::LightUserData(null) if null.0.is_null() => return Ok(Vec::new()),
        // An emulator's event without a payload. An array has a metatable.
        Value::Table(table) if table.metatable().is_none() && table.is_empty() => {
            return Ok(Vec::new());
        }
        Value::Table(table) if table.metatable().is_some() => "an array",
        Value::Table(_) => "an object",
        other => &format!("a {}", type_name(other)),
    };
    Err(unmarshal_error(format!(
        "this event is {came}; a console function takes a JSON string of arguments, such as \
         \"up --dry-run\", or null for none"
    )))
}

fn unmarshal_error(message: String) -> ErrorReport {
    ErrorReport::runtime("Runtime.UnmarshalError", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_the_task_root_is_a_script() {
        for setting in ["a.lua", "bin/migrate.lua", "bin/v1.2/up..down.lua"] {
            assert_eq!(path(Some(setting)), Ok(setting));
        }
    }

    #[test]
    fn what_is_no_such_path_says_why_and_what_it_should_be() {
        for (setting, why) in [
            ("/bin/a.lua", "it is an absolute path"),
            ("../a.lua", "it leaves the task root"),
            ("bin/../../a.lua", "it leaves the task root"),
            ("", "it has an empty part"),
            ("bin//a.lua", "it has an empty part"),
            ("./a.lua", "it has an empty part"),
            ("bin/.lua", "it has an empty part"),
            ("bin/", "it has an empty part"),
            ("bin/migrate", "it does not end in .lua"),
            ("app.handler", "it does not end in .lua"),
        ] {
            let report = path(Some(setting)).unwrap_err();
            assert_eq!(report.error_type, "Runtime.MalformedHandlerName");
            let start = format!("the handler {setting:?} is malformed: {why}; ");
            assert!(report.message.starts_with(&start), "{}", report.message);
            assert!(report.message.ends_with("such as bin/migrate.lua"));
        }
        let report = path(None).unwrap_err();
        assert!(
            report
                .message
                .starts_with("the function has no handler setting; ")
        );
    }
}
