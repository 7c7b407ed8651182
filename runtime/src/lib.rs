//! Lua on AWS Lambda: the runtime behind `/opt/bootstrap`.
//!
//! The way of one event: [`api`] receives it as an [`invocation`], [`json`] decodes it, the
//! [`handler`] is called in its Lua [`state`], and [`api`] posts the answer or an [`error`] report.

pub mod api;
mod buffer;
pub mod config;
pub mod console;
pub mod coroutine;
pub mod deadline;
pub mod error;
pub mod event_loop;
pub mod files;
pub mod handler;
mod interpreter;
pub mod invocation;
pub mod json;
pub mod lifecycle;
pub mod log;
pub mod memory;
pub mod modules;
mod native;
mod panics;
pub mod process;
mod raised;
pub mod search;
mod shutdown;
mod standalone;
pub mod state;
pub mod stream;
mod sys;
pub mod worker;
pub mod workers;
mod wrapper;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;

use api::RuntimeApi;
use config::{Config, Level};
use error::ErrorReport;
use event_loop::EventLoop;
use files::Files;
use log::{Log, Message};
use process::Process;
use state::State;
use worker::Worker;
use wrapper::Wrapping;

/// Runs the Lambda runtime: the program `bootstrap`.
///
/// It comes back only when it cannot go on, always with a status other than 0, and has said why:
/// the service shows a status of 0 as "no reason".
pub fn bootstrap() -> ExitCode {
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == "--version")
    {
        println!(
            "bootstrap {} ({})",
            env!("CARGO_PKG_VERSION"),
            interpreter::NAME
        );
        return ExitCode::SUCCESS;
    }
    let wrapping = wrapper::apply();
    panics::keep();
    sys::let_children_die_of_broken_pipes();
    sys::let_stack_grow(interpreter::STACK_BYTES);
    let (config, mut faults) = config::read();
    let log = Rc::new(Log::of_loop(&config));
    match wrapping {
        Wrapping::Done => {}
        Wrapping::Ignored(why) => log.record(Level::Warn, &Message::Text(why.as_bytes()), &[]),
        Wrapping::Failed(why) => faults.push(why),
    }
    let serve = AssertUnwindSafe(|| serve(config, &faults, &log));
    panic::catch_unwind(serve).unwrap_or_else(|_| {
        log.fault(&panics::last());
        ExitCode::FAILURE
    })
}

/// Serves events as long as the Runtime API can be used, and logs why it cannot.
fn serve(config: Config, faults: &[String], log: &Rc<Log>) -> ExitCode {
    let Some(address) = &config.runtime_api else {
        log.fault(
            "AWS_LAMBDA_RUNTIME_API is not set: bootstrap runs inside AWS Lambda or an emulator; \
             to run a function here, use `moonlayer invoke`",
        );
        return ExitCode::FAILURE;
    };
    let api = match RuntimeApi::new(address) {
        Ok(api) => api,
        Err(fault) => {
            log.fault(&fault.to_string());
            return ExitCode::FAILURE;
        }
    };
    let root = std::path::absolute(&config.task_root).unwrap_or_else(|_| config.task_root.clone());
    let process = Arc::new(Process::new(Config {
        task_root: root,
        ..config
    }));
    if process.is_concurrent() {
        workers::prepare(&process, log);
        State::export_trace_id(None);
    }
    if let Err(report) = checked(faults).and_then(|()| handler::enter(&process.config.task_root)) {
        let event_loop = EventLoop::new(process, Rc::clone(log), api);
        return event_loop.fail_start(report).into();
    }
    let first = match Worker::load(&process, log, api) {
        Ok(first) => first,
        Err(status) => return status.into(),
    };
    if process.is_concurrent() {
        workers::run(&process, log, &first);
    } else {
        log.fault(&first.run().to_string());
    }
    ExitCode::FAILURE
}

/// A configuration without faults.
fn checked(faults: &[String]) -> Result<(), ErrorReport> {
    if faults.is_empty() {
        return Ok(());
    }
    let message = faults.join("; ");
    Err(ErrorReport::runtime(
        "Runtime.InvalidConfiguration",
        message,
    ))
}

/// Whether this process is the runtime, by whatever name, because a wrapper was told to start it.
pub fn is_wrapped() -> bool {
    wrapper::is_wrapped()
}

/// Runs the stand-alone Lua interpreter: the program by the name `lua`.
///
/// The standard interpreter's options, `arg` and exit statuses; our module paths and built-ins.
pub fn standalone() -> ExitCode {
    sys::die_of_broken_pipes();
    sys::let_stack_grow(interpreter::STACK_BYTES);
    let args: Vec<_> = std::env::args_os().collect();
    let environment = !standalone::ignores_environment(&args);
    let lookup = |name: &str| std::env::var_os(name).filter(|_| environment);
    let (config, faults) = Config::read(lookup, None);
    if !faults.is_empty() {
        eprintln!("lua: {}", faults.join("; "));
        return ExitCode::FAILURE;
    }
    let log = Rc::new(Log::new(config.log_format, config.log_level));
    let root = std::path::absolute(&config.task_root).unwrap_or(config.task_root);
    match State::new(Files::beside(root), config.json_nulls, &log, environment) {
        Ok(state) => standalone::run(&state.lua, args),
        Err(error) => {
            eprintln!("lua: {error}");
            ExitCode::FAILURE
        }
    }
}
