//! The polling loop: one event at a time, from the Runtime API through the handler and back.

mod startup;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::time::Duration;

use mlua::{Table, Value};

use crate::api::{Fault, RESPONSE_LIMIT_BYTES, RuntimeApi, Verdict};
use crate::config::Config;
use crate::error::ErrorReport;
use crate::handler::Handler;
use crate::invocation::Invocation;
use crate::lifecycle::{self, Hook};
use crate::log::Log;
use crate::state::{Exit, State};
use crate::{buffer, coroutine, shutdown, sys};
use startup::Stage;

/// One polling loop and what it shares with the `os.exit` of its Lua state.
#[derive(Debug)]
pub struct EventLoop {
    config: Config,
    log: Rc<Log>,
    api: RefCell<RuntimeApi>,
    /// The invocation that the handler is busy with.
    current: RefCell<Option<Invocation>>,
    /// How far it has come.
    stage: Cell<Stage>,
    /// Whether it runs `shutdown` hooks on SIGTERM.
    heeds_shutdown: Cell<bool>,
}

impl EventLoop {
    /// A loop that has not asked for an event yet.
    pub fn new(config: Config, log: Rc<Log>, api: RuntimeApi) -> Self {
        Self {
            config,
            log,
            api: RefCell::new(api),
            current: RefCell::new(None),
            stage: Cell::new(Stage::Loading),
            heeds_shutdown: Cell::new(false),
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
        sys::flush_stdio();
        self.stage.set(Stage::Serving);
        let fault = match self.serve(state, handler) {
            Err(fault) if !self.is_stopping() => return Err(fault),
            served => served.err(),
        };
        if let Some(fault) = fault {
            // The service may have gone before the last answer could reach it.
            self.log.fault(&fault.to_string());
            self.log.end();
        }
        self.shut_down(state)
    }

    /// Comes back when the process is to stop, or with what keeps it from going on.
    fn serve(&self, state: &State, handler: &Handler) -> Result<(), Fault> {
        let mut cold_start = true;
        let mut response = Vec::new();
        let mut pause = Duration::ZERO;
        while !self.is_stopping() {
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
            let (invocation, context, outcome) =
                self.invoke(state, handler, invocation, cold_start, &mut response);
            match &outcome {
                Ok(()) => self.respond(invocation, &response)?,
                Err(report) => self.fail(invocation, report)?,
            }
            self.after_invoke(state, context, outcome.err());
            cold_start = false;
            self.log.end();
            state.export_trace_id(None);
            // The caller has its answer: what is put off until here costs it nothing.
            let used = response.len();
            buffer::shrink(&mut response, used);
            state.tidy();
        }
        Ok(())
    }

    /// Runs the handler on the event; the response is in `response`. There is no context where
    /// none could be made.
    fn invoke(
        &self,
        state: &State,
        handler: &Handler,
        invocation: Invocation,
        cold_start: bool,
        response: &mut Vec<u8>,
    ) -> (Invocation, Option<Table>, Result<(), ErrorReport>) {
        let (lua, codec) = (&state.lua, &*state.codec);
        let prepared = invocation.event(lua, codec).and_then(|event| {
            Ok((
                event,
                invocation.context(lua, codec, &self.config, cold_start)?,
            ))
        });
        let (event, context) = match prepared {
            Ok(prepared) => prepared,
            Err(report) => return (invocation, None, Err(report)),
        };
        self.current.replace(Some(invocation));
        let call = AssertUnwindSafe(|| {
            let lifecycle = &state.lifecycle;
            if lifecycle.has(Hook::BeforeInvoke) {
                lifecycle.run(state, Hook::BeforeInvoke, (&event, &context))?;
            }
            handler.call(state, event, &context, response)
        });
        let outcome = panic::catch_unwind(call).unwrap_or_else(|_| Err(fault_report()));
        let outcome = match coroutine::forget(lua) {
            Ok(()) => outcome,
            Err(error) => outcome.and(Err(error.into())),
        };
        let invocation = self
            .current
            .take()
            .expect("only os.exit takes it, and ends the process");
        (invocation, Some(context), outcome)
    }

    /// Runs the `after_invoke` hooks of an invocation that has its answer.
    fn after_invoke(&self, state: &State, context: Option<Table>, error: Option<ErrorReport>) {
        let (Some(context), true) = (context, state.lifecycle.has(Hook::AfterInvoke)) else {
            return;
        };
        let failed = |report: &ErrorReport| self.log.error(report);
        let error = match error.map(|report| lifecycle::error_table(state, &report)) {
            None => Value::Nil,
            Some(Ok(error)) => Value::Table(error),
            Some(Err(error)) => return failed(&error.into()),
        };
        let args = (&context, &error);
        state
            .lifecycle
            .run_all(state, Hook::AfterInvoke, args, failed);
        // What they wrote would wait in the frozen sandbox for the next event.
        sys::flush_stdio();
    }

    /// Whether SIGTERM came, and there are hooks to run before the end.
    fn is_stopping(&self) -> bool {
        self.heeds_shutdown.get() && shutdown::requested()
    }

    /// Runs the `shutdown` hooks and ends this loop; the last one ends the process.
    fn shut_down(&self, state: &State) -> ! {
        self.stage.set(Stage::Serving);
        let failed = |report: &ErrorReport| self.log.error(report);
        state.lifecycle.run_all(state, Hook::Shutdown, (), failed);
        shutdown::leave()
    }

    fn respond(&self, invocation: Invocation, response: &[u8]) -> Result<(), Fault> {
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

    /// What `os.exit` does: the running invocation fails, or the initialisation; the process ends.
    pub fn exit(&self, exit: Exit) -> ! {
        let invocation = self.current.take();
        let stage = self.stage.get();
        if invocation.is_none() && stage == Stage::Serving {
            // Between two invocations, in a finalizer or a hook: the service reports the status
            // itself.
            std::process::exit(exit.status);
        }
        let Some(invocation) = invocation else {
            let message = stage.says(&format!("called {}", exit.call));
            let report = ErrorReport::runtime(crate::handler::IMPORT_MODULE_ERROR, message);
            let status = self.fail_start(report.with_stack_trace(exit.stack_trace));
            std::process::exit(status.into());
        };
        let message = stage.says(&format!("called {}", exit.call));
        let report = ErrorReport::runtime("Runtime.ExitError", message);
        if let Err(fault) = self.fail(invocation, &report.with_stack_trace(exit.stack_trace)) {
            self.log.fault(&fault.to_string());
        }
        std::process::exit(exit.status);
    }
}

/// A panic is a fault of ours; the function's author is told what to do with it.
pub fn fault_report() -> ErrorReport {
    ErrorReport::runtime("Runtime.InternalError", crate::panics::last())
}

/// Whether the X-Ray header asks for this request to be traced.
fn is_sampled(trace_id: &str) -> bool {
    trace_id.split(';').any(|part| part.trim() == "Sampled=1")
}
