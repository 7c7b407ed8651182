//! `Process`: what the polling loops of one process share. All else each has for itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::config::Config;

/// One process with its loops.
#[derive(Debug)]
pub struct Process {
    /// What the environment says.
    pub config: Config,
    /// Whether no event has been served yet.
    cold: AtomicBool,
    /// Loops that have not stopped.
    running: Mutex<usize>,
    init_failed: Mutex<bool>,
}

impl Process {
    /// A process that has not begun.
    pub fn new(config: Config) -> Self {
        Self {
            cold: AtomicBool::new(true),
            running: Mutex::new(config.loops()),
            init_failed: Mutex::new(false),
            config,
        }
    }

    /// Whether many events are served at once, each loop in a thread of its own.
    pub fn is_concurrent(&self) -> bool {
        self.config.loops() > 1
    }

    /// Whether this is the first event of the process; true once.
    pub fn starts_cold(&self) -> bool {
        self.cold.load(Ordering::Relaxed) && self.cold.swap(false, Ordering::Relaxed)
    }

    /// Notes that a loop stopped; `tell` is given how many go on.
    pub fn stop_one(&self, tell: impl FnOnce(usize)) {
        // Held while telling, so that the records stand in the order of their numbers.
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        *running -= 1;
        tell(*running);
    }

    /// Runs `tell` for the first failure of the initialisation; any other waits until it is told,
    /// since the process ends after either.
    pub fn fail_init(&self, tell: impl FnOnce()) {
        // A panic while telling has told what it could.
        let mut failed = self
            .init_failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *failed, true) {
            tell();
        }
    }
}
