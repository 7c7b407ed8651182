//! One process of a function, which answers one event after another.

use std::path::Path;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hyper::body::Bytes;
use tokio::time::{Instant, interval, sleep_until};
use uuid::Uuid;

use super::failure::Failure;
use super::init::{self, Init};
use super::invocation::Invocation;
use super::process::Process;
use super::report::{Report, Status};
use super::runtime_api::RuntimeApi;
use super::state::State;
use super::stream::Stream;
use super::{Event, Function, Logs};

/// A function's process and the Runtime API it talks to. Dropping it kills the process.
pub struct Sandbox {
    pub(super) function: Function,
    pub(super) api: RuntimeApi,
    pub(super) process: Process,
    pub(super) logs: Logs,
    pub(super) started: Instant,
    pub(super) init: Init,
}

/// What became of an invocation.
#[derive(Debug)]
pub struct Outcome {
    /// The response's bytes, none where it was streamed, or why there are none.
    pub result: Result<Bytes, Failure>,
    /// Whether the response was streamed: what came of it has gone to the caller, even if the
    /// invocation failed then.
    pub streamed: bool,
}

/// What a wait ended with.
pub(super) enum Waited {
    Reached,
    Exited(ExitStatus),
    Late,
}

impl Sandbox {
    /// Starts a process of `bootstrap`, or of the one that this very program is by another name. It
    /// begins to load the function.
    ///
    /// # Errors
    /// When the system gives no port or no process. A function that cannot be loaded is no error
    /// here: its first invocation fails.
    pub async fn start(
        bootstrap: Option<&Path>,
        function: Function,
        logs: Logs,
    ) -> anyhow::Result<Self> {
        if let Some(program) = bootstrap {
            return Self::start_program(program, function, logs).await;
        }
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        Self::start_program(&program, function, logs).await
    }

    async fn start_program(program: &Path, function: Function, logs: Logs) -> anyhow::Result<Self> {
        let api = RuntimeApi::bind(&function)
            .await
            .context("cannot listen on 127.0.0.1")?;
        let started = Instant::now();
        let process = Process::start(program, &function, api.address(), &logs)?;
        Ok(Self {
            function,
            api,
            process,
            logs,
            started,
            init: Init::Pending,
        })
    }

    /// Sends one event and waits for its outcome, at most the function's timeout after its load;
    /// writes the lines that the platform has for it. A streamed response goes to `stream` as it
    /// comes.
    ///
    /// # Errors
    /// When the system cannot tell what became of the process; a failed invocation is an outcome.
    pub async fn invoke(&mut self, event: Event, stream: Stream) -> anyhow::Result<Outcome> {
        let request_id = Uuid::new_v4().to_string();
        let init = init::load(self, &request_id).await?;
        self.process.flush_logs().await;
        self.logs.line(format_args!(
            "START RequestId: {request_id} Version: $LATEST"
        ));

        let begun = Instant::now();
        let deadline = begun + self.function.timeout;
        let (outcome, mut status) = match &self.init {
            Init::Failed(failure) => {
                let status = Some(Status::of_init(failure));
                let result = Err(failure.clone());
                let streamed = false;
                (Outcome { result, streamed }, status)
            }
            _ => {
                let invocation = Invocation::new(&self.function, &request_id, event, stream);
                let result = self.turn(invocation, deadline).await?;
                let status = result.as_ref().err().and_then(Status::of_invocation);
                let streamed = self.api.is(State::is_streamed);
                (Outcome { result, streamed }, status)
            }
        };
        // The invocation lasts until the runtime asks for the next event.
        if !self.process.has_ended()
            && matches!(self.init, Init::Done)
            && let Waited::Late = self.wait(deadline, State::is_ready).await?
        {
            self.end().await;
            status = Some(Status::Timeout);
        }
        let duration = begun.elapsed().min(self.function.timeout);

        self.process.flush_logs().await;
        for note in self.api.take_notes() {
            self.logs.line(note);
        }
        self.logs.line(format_args!("END RequestId: {request_id}"));
        self.logs.line(Report {
            request_id: &request_id,
            duration,
            init,
            memory_mb: self.function.memory_mb,
            peak_bytes: self.process.peak_bytes(),
            status,
        });
        Ok(outcome)
    }

    /// Ends the process as the service does, and waits until it is gone and its output is in the
    /// logs.
    pub async fn stop(mut self) {
        self.end().await;
        self.process.flush_logs().await;
    }

    /// Ends the process: with a warning only where an extension has registered.
    pub(super) async fn end(&mut self) {
        let warned = self.api.is(|state| !state.extensions.is_empty());
        let grace = if warned {
            SHUTDOWN_LIMIT
        } else {
            Duration::ZERO
        };
        self.process.end(grace).await;
    }

    /// One turn of one event, up to its outcome.
    async fn turn(
        &mut self,
        invocation: Invocation,
        deadline: Instant,
    ) -> anyhow::Result<Result<Bytes, Failure>> {
        let request_id = invocation.request_id.clone();
        if !self.process.has_ended() {
            self.api.offer(Arc::new(invocation));
        }
        Ok(match self.wait(deadline, State::has_outcome).await? {
            Waited::Reached => {
                let outcome = self.api.take_outcome().expect("the state has an outcome");
                match outcome {
                    Err(failure) if failure.is_truncation() => {
                        Err(self.truncation(failure, &request_id, deadline).await?)
                    }
                    outcome => outcome,
                }
            }
            Waited::Exited(status) => Err(Failure::exited(&request_id, status)),
            Waited::Late => {
                self.end().await;
                // What it wrote before its end is still on the way.
                self.api.drained().await;
                Err(Failure::timed_out(&request_id, self.function.timeout))
            }
        })
    }

    /// Why an answer broke off: a process that dies takes its connections along, so that the
    /// answer's end may be seen before the process's.
    async fn truncation(
        &mut self,
        failure: Failure,
        request_id: &str,
        deadline: Instant,
    ) -> anyhow::Result<Failure> {
        Ok(match self.wait(deadline, State::was_refused).await? {
            Waited::Exited(status) => Failure::exited(request_id, status),
            // It lives, or goes because its next call was refused.
            Waited::Reached | Waited::Late => failure,
        })
    }

    /// Waits for a state, but not beyond `deadline` nor the process's end.
    pub(super) async fn wait(
        &mut self,
        deadline: Instant,
        reached: impl Fn(&State) -> bool,
    ) -> anyhow::Result<Waited> {
        let mut samples = interval(SAMPLE_INTERVAL);
        loop {
            tokio::select! {
                biased;
                () = self.api.until(&reached) => {
                    self.process.sample_memory();
                    return Ok(Waited::Reached);
                }
                status = self.process.ended() => {
                    let status = status.context("cannot learn how the bootstrap ended")?;
                    self.api.drained().await;
                    let done = self.api.is(&reached);
                    return Ok(if done { Waited::Reached } else { Waited::Exited(status) });
                }
                () = sleep_until(deadline) => return Ok(Waited::Late),
                _ = samples.tick() => self.process.sample_memory(),
            }
        }
    }
}

/// How long a runtime that has reported an init error may take to exit.
pub(super) const EXIT_LIMIT: Duration = Duration::from_secs(1);

/// How long a runtime with an internal extension may take to shut down.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(500);

/// How often a running process's memory is looked at, for one that dies takes the figure along.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(50);

#[cfg(test)]
#[path = "sandbox_tests.rs"]
mod tests;
