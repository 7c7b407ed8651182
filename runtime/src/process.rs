//! `Process`: what the polling loops of one process share. All else each has for itself.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    running: AtomicUsize,
    init_failed: Mutex<bool>,
}

impl Process {
    /// A process that has not begun.
    pub fn new(config: Config) -> Self {
        Self {
            cold: AtomicBool::new(true),
            running: AtomicUsize::new(config.loops()),
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

    /// Notes that a loop stopped; gives how many go on.
    pub fn stop_one(&self) -> usize {
        self.running.fetch_sub(1, Ordering::Relaxed) - 1
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
