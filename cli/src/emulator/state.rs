//! What a sandbox's runtime may do next. Nothing here waits, reads or writes.
//!
//! The one invariant: what is not listed is refused, and a refusal changes nothing.

use std::sync::Arc;

use hyper::body::Bytes;
use tokio::time::Instant;

use super::failure::Failure;
use super::invocation::Invocation;
use super::refusal::Refusal;

/// The runtime's side of one sandbox.
#[derive(Debug)]
pub struct State {
    phase: Phase,
    /// What became of the invocation (or the init), until it is taken: the response's bytes, or
    /// why there are none.
    outcome: Option<Result<Bytes, Failure>>,
    /// When the runtime first asked for an event, which ends its init.
    pub ready_at: Option<Instant>,
    /// How many connections are open.
    pub connections: usize,
}

/// Where the runtime stands. `RuntimeX` in the service's own words.
#[derive(Debug)]
enum Phase {
    /// Loading the function.
    Started,
    /// It reported that it cannot load the function.
    InitError,
    /// It asked for an event, and there is none.
    Ready,
    /// There is an event that it has not asked for yet.
    Offered(Arc<Invocation>),
    /// It has an event.
    Running(Arc<Invocation>),
    /// It is sending its answer.
    Answering(Arc<Invocation>),
    /// It has answered and not asked for the next event.
    ResponseSent(Arc<Invocation>),
    /// It broke the protocol in a way that it cannot mend.
    Lost,
}

/// The answer to `/next`.
#[derive(Debug)]
pub enum Next {
    /// This event.
    Event(Arc<Invocation>),
    /// None yet.
    Wait,
}

impl State {
    /// A runtime that was just started.
    pub fn new() -> Self {
        Self {
            phase: Phase::Started,
            outcome: None,
            ready_at: None,
            connections: 0,
        }
    }

    /// The runtime asks for an event. An open one is given again.
    pub fn next(&mut self) -> Result<Next, Refusal> {
        match &self.phase {
            Phase::Started | Phase::ResponseSent(_) => {
                self.ready_at.get_or_insert_with(Instant::now);
                self.phase = Phase::Ready;
                Ok(Next::Wait)
            }
            Phase::Ready => Ok(Next::Wait),
            Phase::Offered(invocation) | Phase::Running(invocation) => {
                let invocation = Arc::clone(invocation);
                self.phase = Phase::Running(Arc::clone(&invocation));
                Ok(Next::Event(invocation))
            }
            Phase::InitError | Phase::Answering(_) | Phase::Lost => {
                Err(self.not_allowed("RuntimeReady"))
            }
        }
    }

    /// The runtime begins to answer `request_id`. The id is checked before the state.
    pub fn begin_answer(
        &mut self,
        request_id: &str,
        attempt_id: Option<&str>,
        to: &'static str,
    ) -> Result<(), Refusal> {
        let invocation = match &self.phase {
            Phase::Running(current) | Phase::Answering(current) | Phase::ResponseSent(current)
                if current.request_id == request_id =>
            {
                Arc::clone(current)
            }
            _ => return Err(Refusal::InvalidRequestId),
        };
        if !matches!(self.phase, Phase::Running(_)) {
            return Err(self.not_allowed(to));
        }
        // A runtime that does not know of attempts sends none.
        if attempt_id.is_some_and(|id| id != invocation.attempt_id) {
            return Err(Refusal::InvokeTimeout);
        }
        self.phase = Phase::Answering(invocation);
        Ok(())
    }

    /// The runtime's answer is complete.
    pub fn answered(&mut self, outcome: Result<Bytes, Failure>) {
        if let Phase::Answering(invocation) = &self.phase {
            self.phase = Phase::ResponseSent(Arc::clone(invocation));
            self.outcome = Some(outcome);
        }
    }

    /// The runtime broke its answer off, or sent it in a form that ends its life.
    pub fn lost(&mut self, failure: Failure) {
        if matches!(self.phase, Phase::Answering(_)) {
            self.phase = Phase::Lost;
            self.outcome = Some(Err(failure));
        }
    }

    /// The runtime may report now that it cannot load the function.
    pub fn check_init_error(&self) -> Result<(), Refusal> {
        match self.phase {
            Phase::Started => Ok(()),
            _ => Err(self.not_allowed("RuntimeInitError")),
        }
    }

    /// The runtime cannot load the function.
    pub fn init_error(&mut self, failure: Failure) -> Result<(), Refusal> {
        self.check_init_error()?;
        self.phase = Phase::InitError;
        self.outcome = Some(Err(failure));
        Ok(())
    }

    /// There is an event for the runtime, which must be ready for one.
    pub fn offer(&mut self, invocation: Arc<Invocation>) {
        debug_assert!(
            self.is_ready(),
            "an event was offered to a runtime in {:?}",
            self.phase
        );
        self.outcome = None;
        self.phase = Phase::Offered(invocation);
    }

    /// Whether the runtime waits for an event.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready)
    }

    /// Whether an outcome waits to be taken.
    pub fn has_outcome(&self) -> bool {
        self.outcome.is_some()
    }

    /// The outcome, once.
    pub fn take_outcome(&mut self) -> Option<Result<Bytes, Failure>> {
        self.outcome.take()
    }

    fn not_allowed(&self, to: &'static str) -> Refusal {
        let from = match self.phase {
            Phase::Started => "RuntimeStarted",
            Phase::InitError => "RuntimeInitError",
            Phase::Ready | Phase::Offered(_) => "RuntimeReady",
            Phase::Running(_) => "RuntimeRunning",
            Phase::Answering(_) => "RuntimeInvocationResponse",
            Phase::ResponseSent(_) => "RuntimeResponseSent",
            Phase::Lost => "RuntimeInvocationFailed",
        };
        Refusal::InvalidStateTransition { from, to }
    }
}
