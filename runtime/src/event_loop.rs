//! The polling loop: one event at a time, from the Runtime API through the handler and back.
//!
//! What a failed call means differs with the loops of the process. One alone ends with any
//! [`Fault`], and the process with it. One of several asks for events again and again for a while
//! when nobody answers, gives up an answer that cannot be posted, and ends by itself only when the
//! service says that it is over (protocol: status handling).

mod hooks;
mod startup;
mod streaming;

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use mlua::{Table, Value};

use crate::api::{Fault, RESPONSE_LIMIT_BYTES, RuntimeApi, Verdict};
use crate::config::Level;
use crate::deadline::{Allowance, Interruption, Reason};
use crate::error::ErrorReport;
use crate::handler::Handler;
use crate::invocation::Invocation;
use crate::lifecycle::Hook;
use crate::log::{Log, Message};
use crate::process::Process;
use crate::state::{Exit, State};
use crate::stream::ResponseStream;
use crate::{buffer, coroutine, panics, shutdown};
use startup::Stage;

pub use streaming::OUTSIDE;

/// One polling loop and what it shares with the `os.exit` of its Lua state.
#[derive(Debug)]
pub struct EventLoop {
    process: Arc<Process>,
    log: Rc<Log>,
    api: RefCell<RuntimeApi>,
    /// The invocation that the handler is busy with.
    current: RefCell<Option<Invocation>>,
    /// The `os.exit` that the running handler called, where the process goes on.
    exited: RefCell<Option<ErrorReport>>,
    /// What its handler streams to, when it does.
    stream: RefCell<Option<Rc<ResponseStream>>>,
    /// How far it has come.
    stage: Cell<Stage>,
    /// Whether it runs `shutdown` hooks on SIGTERM.
    heeds_shutdown: Cell<bool>,
}

/// What a handler was called with, besides its event.
struct Called {
    context: Table,
    allowance: Option<Allowance>,
}

impl EventLoop {
    /// A loop that has not asked for an event yet.
    pub fn new(process: Arc<Process>, log: Rc<Log>, api: RuntimeApi) -> Self {
        Self {
            process,
            log,
            api: RefCell::new(api),
            current: RefCell::new(None),
            exited: RefCell::new(None),
            stream: RefCell::new(None),
            stage: Cell::new(Stage::Loading),
            heeds_shutdown: Cell::new(false),
        }
    }

    /// Whether other loops serve events beside this one, so that it must not end the process.
    pub fn is_concurrent(&self) -> bool {
        self.process.is_concurrent()
    }

    /// The Runtime API of this loop, over another connection.
    pub fn another_api(&self) -> RuntimeApi {
        self.api.borrow().another()
    }

    /// Serves events until the Runtime API cannot be used any more.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn run(&self, state: &State, handler: &Handler) -> Result<Infallible, Fault> {
        self.stage.set(Stage::Serving);
        let fault = match self.serve(state, handler) {
            Err(fault) if !self.is_stopping() => {
                shutdown::drop_out();
                return Err(fault);
            }
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
        let mut response = Vec::new();
        let mut pause = Duration::ZERO;
        while !self.is_stopping() {
            let Some(invocation) = self.next()? else {
                // An emulator that has none is asked again, but not as fast as it can answer.
                thread::sleep(pause);
                pause = (pause * 2).clamp(Duration::from_millis(1), Duration::from_millis(100));
                continue;
            };
            pause = Duration::ZERO;
            self.log
                .begin(&invocation.request_id, invocation.tenant_id.as_deref());
            self.export_trace_id(invocation.trace_id.as_deref());
            let (invocation, called, outcome) =
                self.invoke(state, handler, invocation, &mut response);
            let (answered, error) = match outcome {
                Ok(()) => (self.respond(invocation, &response), None),
                Err(report) => {
                    let report = state.with_memory_limit(report);
                    (self.fail(invocation, &report), Some(report))
                }
            };
            self.tolerate(answered)?;
            let out_of_memory = error.as_ref().is_some_and(ErrorReport::is_out_of_memory);
            let allowance = called.as_ref().and_then(|called| called.allowance);
            if let Some(called) = called {
                self.after_invoke(state, &called, error);
            }
            self.log.end();
            self.export_trace_id(None);
            // The caller has its answer: what is put off until here costs it nothing.
            let used = response.len();
            buffer::shrink(&mut response, used);
            self.tidy(state, allowance, out_of_memory);
        }
        Ok(())
    }

    /// Waits for an event; one of several loops tries again where one alone ends.
    fn next(&self) -> Result<Option<Invocation>, Fault> {
        let mut pauses = PAUSES.iter();
        loop {
            let next = self.api.borrow_mut().next_invocation();
            let Err(Fault::Unreachable(why)) = next else {
                return next;
            };
            let pause = pauses.next().filter(|_| self.is_concurrent());
            let Some(pause) = pause else {
                return Err(Fault::Unreachable(why));
            };
            let message = format!("{why}; trying again in {} s", pause.as_secs_f64());
            self.log
                .record(Level::Warn, &Message::Text(message.as_bytes()), &[]);
            thread::sleep(*pause);
        }
    }

    /// One of several loops goes on where only this invocation's answer is lost.
    fn tolerate(&self, answered: Result<(), Fault>) -> Result<(), Fault> {
        match answered {
            Err(fault @ (Fault::Unreachable(_) | Fault::ResponseMode(_)))
                if self.is_concurrent() =>
            {
                self.log.fault(&fault.to_string());
                Ok(())
            }
            answered => answered,
        }
    }

    /// The environment is the process's: with several loops the trace is in the context alone.
    fn export_trace_id(&self, trace_id: Option<&str>) {
        if !self.is_concurrent() {
            State::export_trace_id(trace_id);
        }
    }

    /// Runs the handler on the event; the response is in `response`. It was not called where the
    /// event or the context could not be made.
    fn invoke(
        &self,
        state: &State,
        handler: &Handler,
        invocation: Invocation,
        response: &mut Vec<u8>,
    ) -> (Invocation, Option<Called>, Result<(), ErrorReport>) {
        let (lua, codec) = (&state.lua, &*state.codec);
        let (config, cold_start) = (&self.process.config, self.process.starts_cold());
        let allowance = Allowance::until(invocation.deadline_ms, config.timeout_margin);
        // Before the event is made, since that may run finalizers, which are user code too.
        state.deadline.arm(allowance, &self.log);
        if self.is_stopping() {
            shutdown::hurry(state.deadline.interrupter());
        }
        let prepared = invocation.event(lua, codec).and_then(|event| {
            let context = invocation.context(lua, codec, config, cold_start)?;
            Ok((event, context))
        });
        let (event, context) = match prepared {
            Ok(prepared) => prepared,
            Err(report) => {
                let stop = state.deadline.disarm(lua).map(Interruption::report);
                return (invocation, None, Err(stop.unwrap_or(report)));
            }
        };
        self.current.replace(Some(invocation));
        let streamed = |value: &Value| self.is_streamed(value);
        let call = AssertUnwindSafe(|| {
            let lifecycle = &state.lifecycle;
            if lifecycle.has(Hook::BeforeInvoke) {
                lifecycle.run(state, Hook::BeforeInvoke, (&event, &context))?;
            }
            handler.call(state, event, &context, response, streamed)
        });
        let outcome = panic::catch_unwind(call).unwrap_or_else(|_| Err(panics::report()));
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
        (invocation, Some(Called { context, allowance }), outcome)
    }

    fn respond(&self, invocation: Invocation, response: &[u8]) -> Result<(), Fault> {
        if let Some(stream) = self.stream.take() {
            return self.end(&stream, invocation, None);
        }
        self.log.flush();
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
        self.log.flush();
        let traced = invocation.trace_id.as_deref().is_some_and(is_sampled);
        let cause = traced
            .then(|| report.xray_cause(&self.process.config.task_root.to_string_lossy()))
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
    ///
    /// It comes back only where other loops go on: then the caller stops the handler, and the
    /// invocation fails as soon as that is done.
    pub fn exit(&self, exit: Exit) {
        let stage = self.stage.get();
        if stage == Stage::Serving && self.is_concurrent() {
            if self.current.borrow().is_some() {
                // The first call is the one to tell.
                self.exited.borrow_mut().get_or_insert(exit_report(exit));
            }
            return;
        }
        // The invocation is over: what is to be told of it is not to be interrupted.
        exit.deadline.stop_timer();
        let invocation = self.current.take();
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
        let status = exit.status;
        if let Err(fault) = self.fail(invocation, &exit_report(exit)) {
            self.log.fault(&fault.to_string());
        }
        std::process::exit(status);
    }
}

/// Between two tries at asking for an event; some 25 s in all, as other runtimes have it.
const PAUSES: [Duration; 8] = {
    let mut pauses = [Duration::from_millis(100); 8];
    let mut nth = 1;
    while nth < pauses.len() {
        pauses[nth] = Duration::from_millis(100 << nth);
        nth += 1;
    }
    pauses
};

fn exit_report(exit: Exit) -> ErrorReport {
    let message = Stage::Serving.says(&format!("called {}", exit.call));
    ErrorReport::runtime("Runtime.ExitError", message).with_stack_trace(exit.stack_trace)
}

/// Whether the X-Ray header asks for this request to be traced.
fn is_sampled(trace_id: &str) -> bool {
    trace_id.split(';').any(|part| part.trim() == "Sampled=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_double_from_a_tenth_of_a_second_to_some_25_seconds_in_all() {
        assert_eq!(PAUSES[0], Duration::from_millis(100));
        assert!(PAUSES.windows(2).all(|pair| pair[1] == 2 * pair[0]));
        assert_eq!(
            PAUSES.iter().sum::<Duration>(),
            Duration::from_millis(25_500)
        );
    }
}
