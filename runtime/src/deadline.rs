//! `Deadline`: until when the running invocation may go on, and how Lua code is made to stop.
//!
//! A timer of the thread's own sends it a signal at the margin before the deadline. The signal
//! handler does what lua.c does at Ctrl-C: it sets a hook on the coroutine that runs, which raises
//! an error at Lua's next instruction, and goes on raising, so that no `pcall` keeps the code
//! running. Until the signal comes this costs nothing; arming is a system call, disarming another.
//!
//! - `allowance`: when to interrupt: deadline, margin
//! - `timer`: the timer and its signal
//! - `worker`: what signal handler, hook and coroutine functions share
//! - `hook`: the error and where it was raised
//! - `line`: the log record for native code
//!
//! The same machinery stops Lua code for other reasons, [`Deadline::interrupt`], and gives code
//! outside an invocation a time limit, [`Deadline::arm`] with [`Allowance::of`].
#![allow(unsafe_code)]

mod allowance;
mod hook;
mod line;
mod timer;
mod worker;

use std::cell::{Cell, OnceCell};
use std::time::{Duration, Instant};

use mlua::Lua;
use mlua::ffi::lua_State;

use crate::error::ErrorReport;
use crate::log::Log;
use timer::Timer;

pub use allowance::Allowance;
pub(crate) use hook::{note_if_due, worker};
pub(crate) use worker::Worker;

/// The soft deadline of one polling loop and its Lua state.
#[derive(Debug)]
pub struct Deadline {
    worker: &'static Worker,
    interrupt_at: Cell<Option<Instant>>,
    /// Made when it is first needed; `None` where the system refused.
    timer: OnceCell<Option<Timer>>,
}

/// Why Lua code is made to stop.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Reason {
    /// The time is up.
    Deadline = 1,
    /// It called `os.exit`, and the process goes on.
    Exit = 2,
    /// A signal to the process asks for it: [`Interrupter::interrupt_within`].
    Signal = 3,
}

/// Lua code was made to stop.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Interruption {
    /// Why.
    pub reason: Reason,
    /// What the code found when it caught the error: `timed out after 3.00 s at app.lua:7`.
    pub message: String,
    /// The frames of where it was, innermost first, through all coroutines.
    pub stack_trace: Vec<String>,
}

/// Interrupts one polling loop from a signal handler.
#[derive(Clone, Copy, Debug)]
pub struct Interrupter {
    worker: &'static Worker,
}

impl Deadline {
    /// The deadline of a new state; nothing is armed.
    ///
    /// # Errors
    /// Only when Lua is out of memory.
    pub fn new(lua: &Lua) -> mlua::Result<Self> {
        let mut main = std::ptr::null_mut::<lua_State>();
        let at = &raw mut main;
        // SAFETY: the closure only notes the state's address. Outside of every coroutine it is the
        // main thread's, which lives as long as the state.
        unsafe { lua.exec_raw::<()>((), |l| *at = l)? };
        // A signal or a Lua function may come to it at any time while the process runs.
        let worker: &'static Worker = Box::leak(Box::new(Worker::new(main)));
        hook::register(lua, worker)?;
        Ok(Self {
            worker,
            interrupt_at: Cell::new(None),
            timer: OnceCell::new(),
        })
    }

    /// What the state runs from here to [`disarm`](Self::disarm) may be interrupted, and is at the
    /// end of its allowance, if it has one.
    ///
    /// Armed twice, the second allowance holds.
    pub fn arm(&self, allowance: Option<Allowance>, log: &Log) {
        self.rest();
        let had = allowance.map_or(Duration::ZERO, |allowance| allowance.had);
        self.worker.prepare(had.as_millis() as u64);
        if let Some(allowance) = allowance {
            self.start_timer(allowance, log);
        }
        // Last, so that a signal of another kind finds the timer set, and may hasten it.
        self.worker.begin();
    }

    fn start_timer(&self, allowance: Allowance, log: &Log) {
        self.interrupt_at.set(Some(allowance.interrupt_at));
        if let Some(timer) = self.timer(log) {
            self.worker.line.prepare(log);
            let left = allowance
                .interrupt_at
                .saturating_duration_since(Instant::now());
            timer.start(left);
        }
    }

    /// Makes the timer, if none was armed yet: a signal handler, which may need it, cannot.
    pub fn make_timer(&self, log: &Log) {
        self.timer(log);
    }

    fn timer(&self, log: &Log) -> Option<&Timer> {
        let timer = self.timer.get_or_init(|| match Timer::new(self.worker) {
            Ok(timer) => Some(timer),
            Err(error) => {
                log.fault(&format!(
                    "handlers are not interrupted before their deadline: no timer: {error}"
                ));
                None
            }
        });
        timer.as_ref()
    }

    /// What the state runs from here on is not interrupted.
    ///
    /// Says whether what ran since [`arm`](Self::arm) was: then whatever it returned or raised is
    /// void. Code that came to its end by itself just when it was to stop was not, unless a call of
    /// ours was the last it did.
    pub fn disarm(&self, lua: &Lua) -> Option<Interruption> {
        self.rest();
        let (reason, raised) = self.worker.end()?;
        let noted = self.worker.has_noted();
        if raised == 0 && !noted && reason != Reason::Exit {
            return None;
        }
        let stop = (raised > 0 || noted)
            .then(|| hook::take_stop(lua))
            .flatten();
        let (message, stack_trace) = stop.unwrap_or_else(|| {
            let message = match reason {
                Reason::Deadline => "timed out",
                Reason::Exit | Reason::Signal => "interrupted",
            };
            (message.to_owned(), Vec::new())
        });
        Some(Interruption {
            reason,
            message,
            stack_trace,
        })
    }

    /// From here on no signal does anything, and none sets the timer that is stopped here.
    fn rest(&self) {
        self.worker.pause();
        self.stop_timer();
    }

    /// The deadline does not pass any more; whether it has passed is still to be seen by
    /// [`disarm`](Self::disarm).
    pub fn stop_timer(&self) {
        // A signal to the process may have started it where there was no deadline.
        let is_set = self.interrupt_at.take().is_some() || self.worker.was_hastened();
        if is_set && let Some(Some(timer)) = self.timer.get() {
            timer.stop();
        }
    }

    /// The time from now to the interruption, zero when it is past; `None` without a deadline.
    ///
    /// What waits for others waits no longer than this.
    pub fn remaining(&self) -> Option<Duration> {
        let at = self.interrupt_at.get()?;
        Some(at.saturating_duration_since(Instant::now()))
    }

    /// Whether the running code has been told to stop, for whatever reason.
    ///
    /// A call of ours that waits asks this when the system ends its wait with `EINTR`; it then
    /// gives up, and Lua's next instruction raises.
    pub fn expired(&self) -> bool {
        self.worker.is_stopping()
    }

    /// Makes the running Lua code stop at its next instruction; it cannot catch that.
    ///
    /// What it has to `<close>` still has some 10,000 instructions. False when nothing is armed, or
    /// it is stopping already, for another reason.
    pub fn interrupt(&self, reason: Reason) -> bool {
        self.worker.interrupt(reason)
    }

    /// Stops the running code if its time is over; for a call of ours that has waited until then,
    /// since the signal may come a moment later.
    pub fn heed(&self) {
        if self.remaining().is_some_and(|left| left.is_zero()) {
            self.interrupt(Reason::Deadline);
        }
    }

    /// Lets a signal handler do what [`interrupt`](Self::interrupt) does.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter {
            worker: self.worker,
        }
    }
}

impl Interrupter {
    /// Does what [`Deadline::interrupt`] does with [`Reason::Signal`] when `time` is up, unless the
    /// deadline is nearer; at once when `time` is zero. It allocates, locks and waits for nothing:
    /// safe in a signal handler.
    ///
    /// Only on the thread of the polling loop; on any other it does nothing and is false. So it is
    /// where nothing runs, or there is no timer ([`Deadline::make_timer`]). A call that waits in the
    /// system ends with `EINTR` if the signal was installed without `SA_RESTART`.
    pub fn interrupt_within(self, time: Duration) -> bool {
        self.worker.is_of_this_thread()
            && match time {
                Duration::ZERO => self.worker.interrupt(Reason::Signal),
                time => self.worker.interrupt_within(time),
            }
    }

    /// Whether the calling thread is that of the polling loop, and what runs there is to stop. False
    /// on any other thread.
    pub fn has_stopped_this_thread(self) -> bool {
        self.worker.is_of_this_thread() && self.worker.is_stopping()
    }
}

// SAFETY: a worker is never freed, and its thread, which is written once, is all that another
// thread reads of it.
unsafe impl Send for Interrupter {}
// SAFETY: as above.
unsafe impl Sync for Interrupter {}

impl Interruption {
    /// The report of the invocation that was interrupted.
    pub fn report(self) -> ErrorReport {
        let error_type = match self.reason {
            Reason::Deadline => "Function.Timeout",
            Reason::Exit => "Runtime.ExitError",
            Reason::Signal => "Runtime.Interrupted",
        };
        ErrorReport::runtime(error_type, self.message).with_stack_trace(self.stack_trace)
    }
}

impl Reason {
    fn of(number: u8) -> Option<Self> {
        [Self::Deadline, Self::Exit, Self::Signal]
            .into_iter()
            .find(|reason| *reason as u8 == number)
    }
}
