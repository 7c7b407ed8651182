//! The hooks around an invocation and at the end of the process.

use std::ops::ControlFlow;

use mlua::{IntoLuaMulti, Value};

use super::startup::Stage;
use super::{Called, EventLoop};
use crate::deadline::{Allowance, Reason};
use crate::error::ErrorReport;
use crate::lifecycle::{self, Hook};
use crate::shutdown;
use crate::state::State;

impl EventLoop {
    /// Runs the `after_invoke` hooks of an invocation that has its answer. Its time is theirs too:
    /// for the service it goes on until the next event is asked for.
    pub(super) fn after_invoke(&self, state: &State, called: &Called, error: Option<ErrorReport>) {
        if !state.lifecycle.has(Hook::AfterInvoke) {
            return;
        }
        let error = match error.map(|report| lifecycle::error_table(state, &report)) {
            None => Value::Nil,
            Some(Ok(error)) => Value::Table(error),
            Some(Err(error)) => return self.log.error(&error.into()),
        };
        let allowance = self.afterwards(called.allowance);
        let args = (&called.context, &error);
        self.run_all(state, Hook::AfterInvoke, args, allowance);
        // What they wrote would wait in the frozen sandbox for the next event.
        self.log.flush();
    }

    /// Makes room for the next event, if it is time to. Finalizers run in that, and so what is left
    /// of the invocation's time is theirs too.
    pub(super) fn tidy(&self, state: &State, allowance: Option<Allowance>, out_of_memory: bool) {
        if !state.tidy() && !out_of_memory {
            return;
        }
        state.deadline.arm(self.afterwards(allowance), &self.log);
        if out_of_memory {
            state.recover_memory();
        } else {
            state.collect();
        }
        let stop = state.deadline.disarm(&state.lua);
        // Where `os.exit` comes back, it ends nothing between two invocations.
        if let Some(stop) = stop.filter(|stop| stop.reason != Reason::Exit) {
            self.log.error(&stop.report());
        }
    }

    /// What is left of an invocation's allowance for code that runs after it.
    fn afterwards(&self, allowance: Option<Allowance>) -> Option<Allowance> {
        if self.is_stopping() {
            Some(Allowance::of(shutdown::time_left()))
        } else {
            allowance.map(Allowance::afterwards)
        }
    }

    /// Whether SIGTERM came, and there are hooks to run before the end.
    pub(super) fn is_stopping(&self) -> bool {
        self.heeds_shutdown.get() && shutdown::requested()
    }

    /// Runs the `shutdown` hooks and ends this loop; the last one ends the process.
    pub(super) fn shut_down(&self, state: &State) -> ! {
        self.stage.set(Stage::Serving);
        shutdown::begin();
        let allowance = Allowance::of(shutdown::time_left());
        self.run_all(state, Hook::Shutdown, (), Some(allowance));
        self.log.flush();
        shutdown::leave()
    }

    /// Runs all functions of `hook` within their time; what fails of them is logged.
    fn run_all(
        &self,
        state: &State,
        hook: Hook,
        args: impl IntoLuaMulti + Clone,
        allowance: Option<Allowance>,
    ) {
        state.deadline.arm(allowance, &self.log);
        let failed = |report: &ErrorReport| {
            if state.deadline.expired() {
                return ControlFlow::Break(());
            }
            self.log.error(report);
            ControlFlow::Continue(())
        };
        state.lifecycle.run_all(state, hook, args, failed);
        if let Some(stop) = state.deadline.disarm(&state.lua) {
            self.log.error(&stop.report());
        }
    }
}
