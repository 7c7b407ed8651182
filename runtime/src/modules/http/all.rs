//! Many requests side by side, for `http.all`.

use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::client::Client;
use super::exchange::{Body, Head, Request};
use super::fault::Fault;
use super::resolve::STACK_BYTES;
use super::room::Room;
use crate::sys;

/// The most that are under way at once.
pub const AT_ONCE: usize = 32;

/// A request and its body.
pub type Job<'a> = (&'a Request, Option<&'a [u8]>);

/// What became of one request.
pub type Outcome = Result<(Head, Vec<u8>), Fault>;

/// Sends the requests, each with its body, and gives the outcomes in their order. The answers'
/// bodies share `room`.
///
/// Threads of its own do it, which end before it returns, and get no signals: the one of the
/// deadline belongs to the thread that runs Lua.
pub fn send(client: &Client, jobs: &[Job], room: &Room) -> Vec<Outcome> {
    let outcomes = Mutex::new(Vec::new());
    let next = AtomicUsize::new(0);
    let work = || {
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            let Some((request, body)) = jobs.get(nth) else {
                return;
            };
            let body = body.map_or(Body::None, Body::Bytes);
            let outcome = client
                .send(Request::clone(request), body)
                .and_then(|(head, mut stream)| Ok((head, stream.whole(room, || 0)?)));
            let mut outcomes = outcomes.lock().unwrap_or_else(PoisonError::into_inner);
            outcomes.push((nth, outcome));
        }
    };
    thread::scope(|scope| {
        let start = |_| {
            let builder = thread::Builder::new().stack_size(STACK_BYTES);
            builder.spawn_scoped(scope, work).ok()
        };
        let wanted = jobs.len().min(AT_ONCE);
        let threads: Vec<_> = sys::without_signals(|| (0..wanted).map_while(start).collect());
        if threads.is_empty() {
            // None is to be had: this one does it all.
            work();
        }
        // The scope itself waits for their work, not for their end.
        for thread in threads {
            if let Err(panic) = thread.join() {
                panic::resume_unwind(panic);
            }
        }
    });
    let mut outcomes = outcomes
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(nth, _)| *nth);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}
