//! `Deadline`: until when the running invocation may go on.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The soft deadline of one polling loop; armed while a handler runs.
#[derive(Debug, Default)]
pub struct Deadline {
    interrupt_at: Cell<Option<Instant>>,
}

impl Deadline {
    /// The time from now to the interruption, zero when it is past; `None` without a deadline.
    ///
    /// What waits for others waits no longer than this.
    pub fn remaining(&self) -> Option<Duration> {
        let at = self.interrupt_at.get()?;
        Some(at.saturating_duration_since(Instant::now()))
    }
}
