//! What a sandbox's runtime may do next. Nothing here waits, reads or writes.
//!
//! The one invariant: what is not listed is refused, and a refusal changes nothing that the
//! runtime could see.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyper::body::Bytes;
use tokio::time::Instant;

use super::extensions::Extensions;
use super::failure::Failure;
use super::invocation::Invocation;
use super::refusal::Refusal;

/// The runtime's side of one sandbox.
#[derive(Debug)]
pub struct State {
    phase: Phase,
    /// Whether many connections ask for events at once, each of which is for one of them.
    concurrent: bool,
    /// What became of the invocation (or the init), until it is taken: the response's bytes, or
    /// why there are none.
    outcome: Option<Result<Bytes, Failure>>,
    /// Whether the response to the invocation is streamed.
    streamed: bool,
    /// What the function's author should know of the invocation besides.
    notes: Vec<String>,
    /// Whether an event was asked for in vain since the last.
    refused: bool,
    /// The connection that got the event.
    holder: Option<u64>,
    /// The connections that are open, and the number of the next.
    connections: BTreeSet<u64>,
    next_connection: u64,
    /// The extensions of the runtime's process.
    pub extensions: Extensions,
    /// When the init was over: the runtime first asked for an event, and so had its extensions.
    pub ready_at: Option<Instant>,
    /// When the runtime was told that it is restored from its snapshot.
    pub restored_at: Option<Instant>,
}

/// Where the runtime stands. `RuntimeX` in the service's own words.
#[derive(Debug)]
enum Phase {
    /// Loading the function.
    Started,
    /// It reported that it cannot load the function.
    InitError,
    /// It may be frozen and its snapshot taken.
    RestoreReady,
    /// It was told that it is restored.
    Restoring,
    /// It reported that it cannot go on after that.
    RestoreError,
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

impl State {
    /// A runtime that was just started.
    pub fn new(concurrent: bool) -> Self {
        Self {
            phase: Phase::Started,
            concurrent,
            outcome: None,
            streamed: false,
            notes: Vec::new(),
            refused: false,
            holder: None,
            connections: BTreeSet::new(),
            next_connection: 0,
            extensions: Extensions::default(),
            ready_at: None,
            restored_at: None,
        }
    }

    /// A connection was opened; gives its number.
    pub fn connect(&mut self) -> u64 {
        self.next_connection += 1;
        self.connections.insert(self.next_connection);
        self.next_connection
    }

    /// A connection was closed.
    pub fn disconnect(&mut self, connection: u64) {
        self.connections.remove(&connection);
    }

    /// Whether every connection is closed.
    pub fn is_disconnected(&self) -> bool {
        self.connections.is_empty()
    }

    /// The runtime asks for an event.
    pub fn ask(&mut self, connection: u64) -> Result<(), Refusal> {
        match &self.phase {
            Phase::Started | Phase::Restoring => {
                self.extensions.close();
                self.phase = Phase::Ready;
            }
            Phase::ResponseSent(_) if !self.concurrent => self.phase = Phase::Ready,
            // Those that had no event ask too; the one that had says when it is done with it.
            Phase::ResponseSent(_) => {
                let done = |holder| holder == connection || !self.connections.contains(&holder);
                if self.holder.is_none_or(done) {
                    self.phase = Phase::Ready;
                }
            }
            Phase::Ready | Phase::Offered(_) | Phase::Running(_) => {}
            Phase::Answering(_) if self.concurrent => {}
            Phase::InitError
            | Phase::RestoreReady
            | Phase::RestoreError
            | Phase::Answering(_)
            | Phase::Lost => {
                self.refused = true;
                return Err(self.not_allowed("RuntimeReady"));
            }
        }
        self.note_ready();
        Ok(())
    }

    /// The event for a connection that asked, if there is one. An open one is given again, but
    /// where many ask it is for one.
    pub fn take_event(&mut self, connection: u64) -> Option<Arc<Invocation>> {
        let invocation = match &self.phase {
            Phase::Offered(invocation) => Arc::clone(invocation),
            Phase::Running(invocation) if !self.concurrent => Arc::clone(invocation),
            _ => return None,
        };
        self.phase = Phase::Running(Arc::clone(&invocation));
        self.holder = Some(connection);
        Some(invocation)
    }

    /// The runtime may be frozen now, and asks to be told when it is restored.
    pub fn ask_restore(&mut self) -> Result<(), Refusal> {
        if !matches!(self.phase, Phase::Started) {
            return Err(self.not_allowed("RuntimeReady"));
        }
        self.extensions.close();
        self.phase = Phase::RestoreReady;
        Ok(())
    }

    /// Restores the runtime that asked for it, once its extensions wait. Whether it is restored.
    pub fn restore(&mut self) -> bool {
        let ready =
            matches!(self.phase, Phase::RestoreReady) && self.extensions.busy().count() == 0;
        if ready {
            self.phase = Phase::Restoring;
            self.restored_at = Some(Instant::now());
        }
        ready
    }

    /// An extension asks for an event.
    pub fn ask_for_extension(&mut self, id: uuid::Uuid) -> Result<(), Refusal> {
        self.extensions.ask(id)?;
        self.note_ready();
        Ok(())
    }

    /// The runtime begins to answer `request_id`. The id is checked before the state.
    pub fn begin_answer(
        &mut self,
        request_id: &str,
        attempt_id: Option<&str>,
        to: &'static str,
    ) -> Result<Arc<Invocation>, Refusal> {
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
        self.phase = Phase::Answering(Arc::clone(&invocation));
        Ok(invocation)
    }

    /// The answer that the runtime began is streamed.
    pub fn begin_stream(&mut self) {
        self.streamed = true;
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
        if let Phase::Answering(invocation) = &self.phase {
            self.phase = match self.concurrent {
                // The others go on, and so does the connection's own loop.
                true => Phase::ResponseSent(Arc::clone(invocation)),
                false => Phase::Lost,
            };
            self.outcome = Some(Err(failure));
        }
    }

    /// The runtime may report now that it cannot load the function, or cannot go on after it was
    /// restored: the service takes either at either place.
    pub fn check_init_error(&self) -> Result<(), Refusal> {
        match self.phase {
            Phase::Started | Phase::Restoring => Ok(()),
            _ => Err(self.not_allowed("RuntimeInitError")),
        }
    }

    /// The runtime may report now that it cannot go on after it was restored.
    pub fn check_restore_error(&self) -> Result<(), Refusal> {
        match self.phase {
            Phase::Restoring => Ok(()),
            _ => Err(self.not_allowed("RuntimeRestoreError")),
        }
    }

    /// The runtime cannot load the function, or cannot go on after it was restored.
    pub fn init_error(&mut self, failure: Failure) -> Result<(), Refusal> {
        self.check_init_error()?;
        self.phase = match self.phase {
            Phase::Restoring => Phase::RestoreError,
            _ => Phase::InitError,
        };
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
        self.streamed = false;
        self.refused = false;
        self.notes.clear();
        self.extensions.offer(&invocation);
        self.phase = Phase::Offered(invocation);
    }

    /// Whether the runtime and its extensions wait for an event.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready) && self.extensions.busy().count() == 0
    }

    /// Whether the runtime waits for an event, be its extensions busy or not.
    pub fn runtime_is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready)
    }

    /// Whether the runtime has an event that it has not begun to answer.
    #[cfg(test)]
    pub fn is_running(&self) -> bool {
        matches!(self.phase, Phase::Running(_))
    }

    /// Whether the runtime was told that it is restored, and has not asked for an event since.
    pub fn is_restoring(&self) -> bool {
        matches!(self.phase, Phase::Restoring)
    }

    /// Whether the runtime was refused an event since it got one, which ends its life.
    pub fn was_refused(&self) -> bool {
        self.refused
    }

    /// Whether an outcome waits to be taken.
    pub fn has_outcome(&self) -> bool {
        self.outcome.is_some()
    }

    /// The outcome, once.
    pub fn take_outcome(&mut self) -> Option<Result<Bytes, Failure>> {
        self.outcome.take()
    }

    /// Whether the response to the invocation is streamed.
    pub fn is_streamed(&self) -> bool {
        self.streamed
    }

    /// Adds to what the function's author should know.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// What the function's author should know, once.
    pub fn take_notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notes)
    }

    fn note_ready(&mut self) {
        if self.is_ready() {
            self.ready_at.get_or_insert_with(Instant::now);
        }
    }

    fn not_allowed(&self, to: &'static str) -> Refusal {
        let from = match self.phase {
            Phase::Started => "RuntimeStarted",
            Phase::InitError => "RuntimeInitError",
            Phase::RestoreReady => "RuntimeRestoreReady",
            Phase::Restoring => "RuntimeRestoring",
            Phase::RestoreError => "RuntimeRestoreError",
            Phase::Ready | Phase::Offered(_) => "RuntimeReady",
            Phase::Running(_) => "RuntimeRunning",
            Phase::Answering(_) => "RuntimeInvocationResponse",
            Phase::ResponseSent(_) => "RuntimeResponseSent",
            Phase::Lost => "RuntimeInvocationFailed",
        };
        Refusal::InvalidStateTransition { from, to }
    }
}
