//! The polling loop: one event at a time, from the Runtime API through the handler and back.

mod streaming;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::time::Duration;

use mlua::Value;

use crate::api::{Fault, RESPONSE_LIMIT_BYTES, RuntimeApi, Verdict};
use crate::config::Config;
use crate::error::ErrorReport;
use crate::handler::Handler;
use crate::invocation::Invocation;
use crate::log::Log;
use crate::state::{Exit, State};
use crate::stream::ResponseStream;
use crate::{buffer, coroutine, sys};

pub use streaming::OUTSIDE;

/// One polling loop and what it shares with the `os.exit` of its Lua state.
#[derive(Debug)]
pub struct EventLoop {
    config: Config,
    log: Rc<Log>,
    api: RefCell<RuntimeApi>,
    /// The invocation that the handler is busy with.
    current: RefCell<Option<Invocation>>,
    /// What its handler streams to, when it does.
    stream: RefCell<Option<Rc<ResponseStream>>>,
    /// Whether the initialisation is over.
    serving: Cell<bool>,
}

impl EventLoop {
    /// A loop that has not asked for an event yet.
    pub fn new(config: Config, log: Rc<Log>, api: RuntimeApi) -> Self {
        Self {
            config,
            log,
            api: RefCell::new(api),
            current: RefCell::new(None),
            stream: RefCell::new(None),
            serving: Cell::new(false),
        }
    }

    /// What the environment says.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Serves events until the Runtime API cannot be used any more.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn run(&self, state: &State, handler: &Handler) -> Result<Infallible, Fault> {
        let mut cold_start = true;
        let mut response = Vec::new();
        let mut pause = Duration::ZERO;
        sys::flush_stdio();
        self.serving.set(true);
        loop {
            let next = self.api.borrow_mut().next_invocation()?;
            let Some(invocation) = next else {
                // An emulator that has none is asked again, but not as fast as it can answer.
                std::thread::sleep(pause);
                pause = (pause * 2).clamp(Duration::from_millis(1), Duration::from_millis(100));
                continue;
            };
            pause = Duration::ZERO;
            self.log
                .begin(&invocation.request_id, invocation.tenant_id.as_deref());
            state.export_trace_id(invocation.trace_id.as_deref());
            let (invocation, outcome) =
                self.invoke(state, handler, invocation, cold_start, &mut response);
            match outcome {
                Ok(()) => self.respond(invocation, &response)?,
                Err(report) => self.fail(invocation, &report)?,
            }
            cold_start = false;
            self.log.end();
            state.export_trace_id(None);
            // The caller has its answer: what is put off until here costs it nothing.
            let used = response.len();
            buffer::shrink(&mut response, used);
            state.tidy();
        }
    }

    /// Runs the handler on the event; the response is in `response`.
    fn invoke(
        &self,
        state: &State,
        handler: &Handler,
        invocation: Invocation,
        cold_start: bool,
        response: &mut Vec<u8>,
    ) -> (Invocation, Result<(), ErrorReport>) {
        let (lua, codec) = (&state.lua, &*state.codec);
        let prepared = invocation.event(lua, codec).and_then(|event| {
            Ok((
                event,
                invocation.context(lua, codec, &self.config, cold_start)?,
            ))
        });
        let (event, context) = match prepared {
            Ok(prepared) => prepared,
            Err(report) => return (invocation, Err(report)),
        };
        self.current.replace(Some(invocation));
        let streamed = |value: &Value| self.is_streamed(value);
        let call = AssertUnwindSafe(|| handler.call(state, event, context, response, streamed));
        let outcome = panic::catch_unwind(call).unwrap_or_else(|_| Err(fault_report()));
        let outcome = match coroutine::forget(lua) {
            Ok(()) => outcome,
            Err(error) => outcome.and(Err(error.into())),
        };
        let invocation = self
            .current
            .take()
            .expect("only os.exit takes it, and ends the process");
        (invocation, outcome)
    }

    fn respond(&self, invocation: Invocation, response: &[u8]) -> Result<(), Fault> {
        if let Some(stream) = self.stream.take() {
            return self.end(&stream, invocation, None);
        }
        sys::flush_stdio();
        match self.api.borrow_mut().respond(invocation, response)? {
            Verdict::TooLarge => self.log.fault(&format!(
                "the response of {} bytes is larger than the {RESPONSE_LIMIT_BYTES} that Lambda \
                 takes; the caller got Function.ResponseSizeTooLarge: return less, or put it into \
                 S3 and return where it is",
                response.len()
            )),
            verdict => self.log_refusal(&verdict),
        }
        Ok(())
    }

    fn fail(&self, invocation: Invocation, report: &ErrorReport) -> Result<(), Fault> {
        if let Some(stream) = self.stream.take() {
            return self.end(&stream, invocation, Some(report));
        }
        self.log.error(report);
        sys::flush_stdio();
        let traced = invocation.trace_id.as_deref().is_some_and(is_sampled);
        let cause = traced
            .then(|| report.xray_cause(&self.config.task_root.to_string_lossy()))
            .flatten();
        let verdict = self
            .api
            .borrow_mut()
            .fail(invocation, report, cause.as_deref())?;
        self.log_refusal(&verdict);
        Ok(())
    }

    fn log_refusal(&self, verdict: &Verdict) {
        if let Verdict::Refused { status, reason } = verdict {
            self.log.fault(&format!(
                "Lambda did not take the answer to this invocation ({status}): {reason}"
            ));
        }
    }

    /// Reports that the function does not load, and is not to be asked for events.
    pub fn fail_init(&self, report: &ErrorReport) {
        self.log.error(report);
        sys::flush_stdio();
        if let Err(fault) = self.api.borrow_mut().fail_init(report) {
            self.log.fault(&fault.to_string());
        }
    }

    /// What `os.exit` does: the running invocation fails, or the initialisation; the process ends.
    pub fn exit(&self, exit: Exit) -> ! {
        let invocation = self.current.take();
        if invocation.is_none() && self.serving.get() {
            // A finalizer between two invocations: the service reports the status itself.
            std::process::exit(exit.status);
        }
        let Some(invocation) = invocation else {
            let message = format!("the handler's file called {} while loading", exit.call);
            let report = ErrorReport::runtime(crate::handler::IMPORT_MODULE_ERROR, message);
            self.fail_init(&report.with_stack_trace(exit.stack_trace));
            // As of every initialisation that failed.
            std::process::exit(1);
        };
        let message = format!("handler called {}", exit.call);
        let report = ErrorReport::runtime("Runtime.ExitError", message);
        if let Err(fault) = self.fail(invocation, &report.with_stack_trace(exit.stack_trace)) {
            self.log.fault(&fault.to_string());
        }
        std::process::exit(exit.status);
    }
}

/// A panic is a fault of ours; the function's author is told what to do with it.
fn fault_report() -> ErrorReport {
    ErrorReport::runtime("Runtime.InternalError", crate::panics::last())
}

/// Whether the X-Ray header asks for this request to be traced.
fn is_sampled(trace_id: &str) -> bool {
    trace_id.split(';').any(|part| part.trim() == "Sampled=1")
}
