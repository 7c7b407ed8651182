//! The polling loop: one event at a time, from the Runtime API through the handler and back.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::time::Duration;

use crate::api::{Fault, RESPONSE_LIMIT_BYTES, RuntimeApi, Verdict};
use crate::config::Config;
use crate::deadline::{Allowance, Reason};
use crate::error::ErrorReport;
use crate::handler::Handler;
use crate::invocation::Invocation;
use crate::log::Log;
use crate::state::{Exit, State};
use crate::{buffer, coroutine, sys};

/// One polling loop and what it shares with the `os.exit` of its Lua state.
#[derive(Debug)]
pub struct EventLoop {
    config: Config,
    log: Rc<Log>,
    api: RefCell<RuntimeApi>,
    /// The invocation that the handler is busy with.
    current: RefCell<Option<Invocation>>,
    /// Whether the process goes on after an `os.exit`, since it has other events in hand.
    outlives_exit: Cell<bool>,
    /// The `os.exit` that the running handler called, where the process goes on.
    exited: RefCell<Option<ErrorReport>>,
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
            outlives_exit: Cell::new(false),
            exited: RefCell::new(None),
            serving: Cell::new(false),
        }
    }

    /// What the environment says.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Lets `os.exit` in a handler end its invocation alone, not the process: for many events in one
    /// process.
    pub fn outlive_exit(&self) {
        self.outlives_exit.set(true);
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
            let mut out_of_memory = false;
            match outcome {
                Ok(()) => self.respond(invocation, &response)?,
                Err(report) => {
                    out_of_memory = report.is_out_of_memory();
                    self.fail(invocation, &state.with_memory_limit(report))?;
                }
            }
            cold_start = false;
            self.log.end();
            state.export_trace_id(None);
            // The caller has its answer: what is put off until here costs it nothing.
            let used = response.len();
            buffer::shrink(&mut response, used);
            if out_of_memory {
                state.recover_memory();
            } else {
                state.tidy();
            }
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
        let allowance = Allowance::until(invocation.deadline_ms, self.config.timeout_margin);
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
        state.deadline.arm(allowance, &self.log);
        let call = AssertUnwindSafe(|| handler.call(state, event, context, response));
        let outcome = panic::catch_unwind(call).unwrap_or_else(|_| Err(fault_report()));
        let exited = self.exited.take();
        let outcome = match (state.deadline.disarm(lua), exited) {
            (Some(stop), Some(exited)) if stop.reason == Reason::Exit => Err(exited),
            (Some(stop), _) => Err(stop.report()),
            (None, _) => outcome,
        };
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

    /// Reports that the function does not load, and is not to be asked for events.
    pub fn fail_init(&self, report: &ErrorReport) {
        self.log.error(report);
        sys::flush_stdio();
        if let Err(fault) = self.api.borrow_mut().fail_init(report) {
            self.log.fault(&fault.to_string());
        }
    }

    /// What `os.exit` does: the running invocation fails, or the initialisation; the process ends.
    ///
    /// It comes back only where the process [goes on](Self::outlive_exit): then the caller stops
    /// the handler, and the invocation fails as soon as that is done.
    pub fn exit(&self, exit: Exit) {
        let serving = self.serving.get();
        if serving && self.outlives_exit.get() {
            if self.current.borrow().is_some() {
                self.exited.replace(Some(exit_report(exit)));
            }
            return;
        }
        // The invocation is over: what is to be told of it is not to be interrupted.
        exit.deadline.stop_timer();
        let Some(invocation) = self.current.take() else {
            if serving {
                // A finalizer between two invocations: the service reports the status itself.
                std::process::exit(exit.status);
            }
            let message = format!("the handler's file called {} while loading", exit.call);
            let report = ErrorReport::runtime(crate::handler::IMPORT_MODULE_ERROR, message);
            self.fail_init(&report.with_stack_trace(exit.stack_trace));
            // As of every initialisation that failed.
            std::process::exit(1);
        };
        let status = exit.status;
        if let Err(fault) = self.fail(invocation, &exit_report(exit)) {
            self.log.fault(&fault.to_string());
        }
        std::process::exit(status);
    }
}

fn exit_report(exit: Exit) -> ErrorReport {
    let message = format!("handler called {}", exit.call);
    ErrorReport::runtime("Runtime.ExitError", message).with_stack_trace(exit.stack_trace)
}

/// A panic is a fault of ours; the function's author is told what to do with it.
fn fault_report() -> ErrorReport {
    ErrorReport::runtime("Runtime.InternalError", crate::panics::last())
}

/// Whether the X-Ray header asks for this request to be traced.
fn is_sampled(trace_id: &str) -> bool {
    trace_id.split(';').any(|part| part.trim() == "Sampled=1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Format, Level};
    use crate::files::Files;
    use crate::json::Nulls;

    fn invocation() -> Invocation {
        Invocation {
            request_id: "request".to_owned(),
            invocation_id: None,
            deadline_ms: None,
            invoked_function_arn: None,
            trace_id: None,
            client_context: None,
            cognito_identity: None,
            tenant_id: None,
            content_type: None,
            event: Vec::new(),
        }
    }

    #[test]
    fn an_exit_that_the_process_outlives_fails_its_invocation_alone() {
        let root = std::env::temp_dir().join(format!("moonlayer-exit-{}", std::process::id()));
        std::fs::create_dir_all(&root).unwrap();
        let source = "local calls = 0\n\
            return function()\n\
            calls = calls + 1\n\
            while calls == 1 do pcall(os.exit, 3) end\n\
            return calls end";
        std::fs::write(root.join("app.lua"), source).unwrap();
        let (config, _) = Config::read(|_| None, None);
        let log = Rc::new(Log::new(Format::Text, Level::Error));
        // Nobody is called there: the answers stay here.
        let api = RuntimeApi::new("127.0.0.1:9").unwrap();
        let event_loop = Rc::new(EventLoop::new(config, Rc::clone(&log), api));
        event_loop.outlive_exit();
        event_loop.serving.set(true);
        let files = Files::working_in(root.canonicalize().unwrap());
        let state = State::new(files, Nulls::Null, &log, false).unwrap();
        coroutine::install(&state.lua).unwrap();
        let ending = Rc::clone(&event_loop);
        state.exit_by(move |exit| ending.exit(exit)).unwrap();
        let handler = Handler::load(&state, Some("app")).unwrap();
        let mut response = Vec::new();
        let mut invoke = || event_loop.invoke(&state, &handler, invocation(), false, &mut response);
        let report = invoke().1.unwrap_err();
        assert_eq!(report.error_type, "Runtime.ExitError");
        assert_eq!(report.message, "handler called os.exit(3)");
        assert_eq!(report.stack_trace, ["app.lua:4: in function 'app'"]);
        assert_eq!(invoke().1, Ok(()));
        assert_eq!(response, b"2");
        std::fs::remove_dir_all(&root).unwrap();
    }
}
