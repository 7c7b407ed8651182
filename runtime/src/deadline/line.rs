//! `Line`: a log record that a signal handler writes.
#![allow(unsafe_code)]

use std::cell::UnsafeCell;
use std::fmt::Write as _;
use std::time::SystemTime;

use crate::log::{Log, TIME_BYTES};

/// A record that is ready but for its time. Its buffer is kept from one invocation to the next.
#[derive(Debug, Default)]
pub struct Line {
    parts: UnsafeCell<Parts>,
}

#[derive(Debug, Default)]
struct Parts {
    text: Vec<u8>,
    /// Where the time stands.
    time_at: usize,
}

impl Line {
    /// Makes the record for the invocation that `log` is in.
    ///
    /// No signal may come in the meantime: the timer is stopped.
    pub fn prepare(&self, log: &Log) {
        // SAFETY: only this thread uses it, and its signal handler does not run now.
        let parts = unsafe { &mut *self.parts.get() };
        parts.time_at = log.prepare(IN_NATIVE_CODE, &mut parts.text);
    }

    /// Writes it, in a signal handler: no allocation, no lock.
    pub fn write(&self) {
        // SAFETY: the code that this handler interrupts does not use the record while the timer
        // runs. write(2) is safe in signal handlers, and reads only what the buffer holds.
        unsafe {
            let parts = &mut *self.parts.get();
            let time = humantime::format_rfc3339_millis(SystemTime::now());
            if let Some(place) = parts
                .text
                .get_mut(parts.time_at..parts.time_at + TIME_BYTES)
            {
                // Formatting writes into the place itself.
                let _ = write!(Place(place), "{time}");
            }
            libc::write(
                libc::STDOUT_FILENO,
                parts.text.as_ptr().cast(),
                parts.text.len(),
            );
        }
    }
}

/// Text written over bytes that are there; what does not fit is left out.
struct Place<'a>(&'a mut [u8]);

impl std::fmt::Write for Place<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let length = text.len().min(self.0.len());
        let (now, rest) = std::mem::take(&mut self.0).split_at_mut(length);
        now.copy_from_slice(&text.as_bytes()[..length]);
        self.0 = rest;
        Ok(())
    }
}

const IN_NATIVE_CODE: &str = "the deadline is near and the handler is in native code (a C function \
    or a child process), which cannot be interrupted: if it does not return in time, Lambda ends \
    the invocation";
