//! The hooks around an invocation and at the end of the process.

use std::ops::ControlFlow;

use mlua::{IntoLuaMulti, Value};

use super::startup::Stage;
use super::{Called, EventLoop};
use crate::deadline::Allowance;
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
        let allowance = if self.is_stopping() {
            Some(Allowance::of(shutdown::time_left()))
        } else {
            called.allowance.map(Allowance::afterwards)
        };
        let args = (&called.context, &error);
        self.run_all(state, Hook::AfterInvoke, args, allowance);
        // What they wrote would wait in the frozen sandbox for the next event.
        self.log.flush();
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
