//! What happens between loading the handler and the first event: `init` hooks, the extension that
//! `shutdown` hooks need, the snapshot of SnapStart.

use std::time::Duration;

use super::EventLoop;
use crate::config::Level;
use crate::deadline::{Allowance, Interruption};
use crate::error::ErrorReport;
use crate::lifecycle::Hook;
use crate::log::Message;
use crate::shutdown;
use crate::state::State;

/// How far a process has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// The handler's file is loading.
    Loading,
    /// `init` hooks run.
    Init,
    /// `before_snapshot` hooks run.
    BeforeSnapshot,
    /// `after_restore` hooks run.
    AfterRestore,
    /// It asks for events, or is about to end.
    Serving,
}

impl Stage {
    /// A sentence about what user code did in it.
    pub fn says(self, did: &str) -> String {
        match self {
            Self::Loading => format!("the handler's file {did} while loading"),
            Self::Init => format!("an init hook {did}"),
            Self::BeforeSnapshot => format!("a before_snapshot hook {did}"),
            Self::AfterRestore => format!("an after_restore hook {did}"),
            Self::Serving => format!("handler {did}"),
        }
    }

    /// The status of a process that fails in it; those of snapshots are what AWS's runtimes use.
    fn exit_status(self) -> u8 {
        match self {
            Self::BeforeSnapshot => 64,
            Self::AfterRestore => 65,
            Self::Loading | Self::Init | Self::Serving => 1,
        }
    }

    /// The type that every failure in it has; `None` where it keeps its own.
    fn error_type(self) -> Option<&'static str> {
        match self {
            Self::BeforeSnapshot => Some("Runtime.BeforeSnapshotError"),
            Self::AfterRestore => Some("Runtime.AfterRestoreError"),
            Self::Loading | Self::Init | Self::Serving => None,
        }
    }
}

impl EventLoop {
    /// Makes everything ready for the first event.
    ///
    /// # Errors
    /// The status to exit with, when the reason has been logged and posted.
    pub fn prepare(&self, state: &State) -> Result<(), u8> {
        let lifecycle = &state.lifecycle;
        lifecycle.close(Hook::Init);
        self.run_hooks(state, Stage::Init, Hook::Init)?;
        // No extension can register once the initialisation is over, which /restore/next ends.
        lifecycle.close(Hook::Shutdown);
        if lifecycle.has(Hook::Shutdown) {
            self.expect_shutdown(state);
        }
        if self.process.config.snap_start && !self.is_concurrent() {
            self.snapshot(state)?;
        }
        lifecycle.close(Hook::BeforeSnapshot);
        lifecycle.close(Hook::AfterRestore);
        Ok(())
    }

    /// Logs a failure before the first event and posts it where the service wants it; gives the
    /// status to exit with.
    pub fn fail_start(&self, report: ErrorReport) -> u8 {
        let stage = self.stage.get();
        let report = match stage.error_type() {
            Some(kind) => {
                ErrorReport::runtime(kind, report.message).with_stack_trace(report.stack_trace)
            }
            None => report,
        };
        self.process.fail_init(|| {
            self.log.error(&report);
            self.log.flush();
            let mut api = self.api.borrow_mut();
            let posted = match stage {
                Stage::AfterRestore => api.fail_restore(&report),
                _ => api.fail_init(&report),
            };
            if let Err(fault) = posted {
                self.log.fault(&fault.to_string());
            }
        });
        stage.exit_status()
    }

    fn run_hooks(&self, state: &State, stage: Stage, hook: Hook) -> Result<(), u8> {
        self.stage.set(stage);
        let allowance = (stage == Stage::AfterRestore).then(|| Allowance::of(RESTORE_TIME));
        state.deadline.arm(allowance, &self.log);
        let ran = state.lifecycle.run(state, hook, ());
        let stopped = state.deadline.disarm(&state.lua).map(Interruption::report);
        let ran = stopped.map_or(ran, Err);
        ran.map_err(|report| self.fail_start(state.with_memory_limit(report)))
    }

    /// Lets SIGTERM run the `shutdown` hooks, and the service send it.
    fn expect_shutdown(&self, state: &State) {
        let register = || {
            if let Err(fault) = self.api.borrow().register_extension() {
                self.warn(&format!(
                    "shutdown hooks run only if SIGTERM comes all the same: the extension for \
                     which Lambda sends it could not register: {fault}"
                ));
            }
        };
        state.deadline.make_timer(&self.log);
        match shutdown::install(state.deadline.interrupter(), register) {
            Ok(wake) => {
                self.api.borrow_mut().wake_by(wake);
                self.heeds_shutdown.set(true);
            }
            Err(error) => self.warn(&format!("shutdown hooks will not run: {error}")),
        }
    }

    /// Waits in the snapshot for each process that comes out of it.
    fn snapshot(&self, state: &State) -> Result<(), u8> {
        let lifecycle = &state.lifecycle;
        lifecycle.close(Hook::BeforeSnapshot);
        self.run_hooks(state, Stage::BeforeSnapshot, Hook::BeforeSnapshot)?;
        // What stands in a buffer now would be written by every process.
        self.log.flush();
        let restored = self.api.borrow_mut().next_restore();
        match restored {
            Ok(true) => {}
            Ok(false) => self.shut_down(state),
            Err(fault) => {
                self.log.fault(&fault.to_string());
                return Err(1);
            }
        }
        self.api.borrow_mut().disconnect();
        state.connections.forget();
        if let Err(error) = state.reseed() {
            self.warn(&format!("math.random is not seeded anew: {error}"));
        }
        lifecycle.close(Hook::AfterRestore);
        self.run_hooks(state, Stage::AfterRestore, Hook::AfterRestore)
    }

    fn warn(&self, message: &str) {
        let message = Message::Text(message.as_bytes());
        self.log.record(Level::Warn, &message, &[]);
    }
}

/// Of the 10 s that Lambda gives a restore, what hooks may take.
const RESTORE_TIME: Duration = Duration::from_secs(9);
