//! Many workers in one process: Lambda Managed Instances give it several events at once.
//!
//! Each worker has its own thread, Lua state, connection and log; [`Process`] is what they share.
//! All of them are loaded before one asks for an event: the first `/next` ends the initialisation,
//! and a failure can be told only before it. What a failed call means is [`event_loop`]'s.
//!
//! [`event_loop`]: crate::event_loop

use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

use crate::api::RuntimeApi;
use crate::config::MOST_LOOPS;
use crate::error::ErrorReport;
use crate::interpreter;
use crate::log::Log;
use crate::process::Process;
use crate::worker::Worker;
use crate::{panics, shutdown, sys};

/// Writes to C's stdout in whole lines from here on, and says what the configuration asks in vain.
///
/// For the start of a process with many workers, while it has one thread and has run no Lua.
pub fn prepare(process: &Process, log: &Log) {
    sys::pass_on_whole_lines();
    let asked = process.config.max_concurrency;
    if asked > process.config.loops() as u64 {
        log.fault(&format!(
            "AWS_LAMBDA_MAX_CONCURRENCY is {asked}: {MOST_LOOPS} events are served at once, the \
             most that one process takes; set the function's concurrency per execution environment \
             to no more"
        ));
    }
}

/// Serves events with `first`, on this thread, and as many workers more as the configuration asks
/// for; comes back when none is left, or when one does not load.
pub fn run(process: &Arc<Process>, log: &Log, first: &Worker) {
    let count = process.config.loops();
    let gate = Arc::new(Gate::new(count));
    let mut threads = Vec::with_capacity(count - 1);
    for number in 2..=count {
        let (sharing, opening) = (Arc::clone(process), Arc::clone(&gate));
        let api = first.another_api();
        let spawned = thread::Builder::new()
            .name(format!("worker-{number}"))
            .stack_size(interpreter::STACK_BYTES)
            .spawn(move || work(&sharing, &opening, api));
        match spawned {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                let message = format!(
                    "cannot start thread {number} of {count} (AWS_LAMBDA_MAX_CONCURRENCY): \
                     {error}; set the function's concurrency per execution environment lower"
                );
                let report = ErrorReport::runtime("Runtime.InvalidConfiguration", message);
                return first.fail_init(report);
            }
        }
    }
    if !gate.opens() {
        return;
    }
    serve(process, log, first);
    for thread in threads {
        // What it panicked of is in the log.
        let _ = thread.join();
    }
}

/// The life of a worker other than the first.
fn work(process: &Arc<Process>, gate: &Gate, api: RuntimeApi) {
    let log = Rc::new(Log::of_loop(&process.config));
    match Worker::load(process, &log, api) {
        Ok(worker) => {
            gate.pass();
            serve(process, &log, &worker);
        }
        Err(_) => gate.fail(),
    }
}

/// Serves events, and says why that is over for this worker.
fn serve(process: &Process, log: &Log, worker: &Worker) {
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| worker.run().to_string()));
    let why = outcome.unwrap_or_else(|_| {
        shutdown::drop_out();
        panics::last()
    });
    log.end();
    let count = process.config.loops();
    process.stop_one(|left| {
        log.fault(&format!("{why} (this loop ends, {left} of {count} go on)"));
    });
}

/// Where workers wait for each other before the first of them asks for an event.
#[derive(Debug)]
struct Gate {
    loading: Mutex<Loading>,
    changed: Condvar,
}

#[derive(Debug)]
struct Loading {
    /// Workers that are not loaded yet.
    missing: usize,
    failed: bool,
}

impl Gate {
    /// A gate for `count` workers, the first of which is loaded.
    fn new(count: usize) -> Self {
        let loading = Loading {
            missing: count - 1,
            failed: false,
        };
        Self {
            loading: Mutex::new(loading),
            changed: Condvar::new(),
        }
    }

    /// A worker is loaded. Comes back when all are: never when one fails, for then the process ends.
    fn pass(&self) {
        let mut loading = self.loading();
        loading.missing -= 1;
        self.changed.notify_all();
        let waiting = self
            .changed
            .wait_while(loading, |loading| loading.missing > 0);
        drop(waiting.expect(NO_PANIC));
    }

    /// A worker did not load.
    fn fail(&self) {
        self.loading().failed = true;
        self.changed.notify_all();
    }

    /// Waits for all others; false when one of them failed.
    fn opens(&self) -> bool {
        let waiting = self.changed.wait_while(self.loading(), |loading| {
            loading.missing > 0 && !loading.failed
        });
        !waiting.expect(NO_PANIC).failed
    }

    fn loading(&self) -> MutexGuard<'_, Loading> {
        self.loading.lock().expect(NO_PANIC)
    }
}

const NO_PANIC: &str = "counting does not panic";

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn a_gate_opens_when_all_have_come() {
        let gate = Arc::new(Gate::new(3));
        let (passed, waiting) = channel();
        for _ in 2..=3 {
            let (gate, passed) = (Arc::clone(&gate), passed.clone());
            thread::spawn(move || {
                gate.pass();
                passed.send(()).unwrap();
            });
        }
        assert!(gate.opens());
        assert_eq!(gate.loading().missing, 0);
        waiting.recv().unwrap();
        waiting.recv().unwrap();
    }

    #[test]
    fn a_gate_lets_nobody_through_when_one_fails() {
        let gate = Arc::new(Gate::new(3));
        let (passed, waiting) = channel();
        let passing = Arc::clone(&gate);
        thread::spawn(move || {
            passing.pass();
            passed.send(()).unwrap();
        });
        gate.fail();
        assert!(!gate.opens());
        assert!(waiting.try_recv().is_err());
    }
}
