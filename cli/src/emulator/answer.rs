//! The runtime's answer to an invocation, from its first byte to its last.

use std::sync::Arc;

use hyper::Request;
use hyper::body::{Bytes, Incoming};
use tokio::sync::watch;

use super::failure::Failure;
use super::invocation::Invocation;
use super::refusal::Refusal;
use super::reply::header;
use super::state::State;

/// An answer under way: dropped before it is complete, as when its connection ends, it is
/// truncated and its runtime lost.
pub struct Answer<'a> {
    state: &'a watch::Sender<State>,
    truncated: Option<Failure>,
    /// What it answers.
    pub invocation: Arc<Invocation>,
}

impl<'a> Answer<'a> {
    /// Begins to answer the invocation `id`, if the runtime may.
    pub fn begin(
        state: &'a watch::Sender<State>,
        id: &str,
        request: &Request<Incoming>,
        to: &'static str,
    ) -> Result<Self, Refusal> {
        let attempt_id = header(request, INVOCATION_ID);
        let mut result = Err(Refusal::InvalidRequestId);
        state.send_modify(|state| result = state.begin_answer(id, attempt_id, to));
        result.map(|invocation| Self {
            state,
            truncated: Some(Failure::truncated(id)),
            invocation,
        })
    }

    /// It is streamed: from now on it is the caller's.
    pub fn stream(&self) {
        self.state.send_modify(State::begin_stream);
    }

    /// The outcome is known.
    pub fn complete(&mut self, outcome: Result<Bytes, Failure>) {
        self.truncated = None;
        self.state.send_modify(|state| state.answered(outcome));
    }

    /// It cannot be used, nor can its runtime any more.
    pub fn fail(&mut self, failure: Failure) {
        self.truncated = None;
        self.state.send_modify(|state| state.lost(failure));
    }

    /// Tells the function's author something besides.
    pub fn note(&self, note: String) {
        self.state.send_modify(|state| state.note(note));
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        if let Some(failure) = self.truncated.take() {
            self.fail(failure);
        }
    }
}

const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
