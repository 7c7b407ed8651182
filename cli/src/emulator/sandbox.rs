//! One process of a function, which answers one event after another.

use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hyper::body::Bytes;
use tokio::time::{Instant, interval, sleep_until};
use uuid::Uuid;

use super::failure::Failure;
use super::invocation::Invocation;
use super::process::Process;
use super::report::{InitReport, Report, Status};
use super::runtime_api::RuntimeApi;
use super::state::State;
use super::{Event, Function, Logs};

/// A function's process and the Runtime API it talks to. Dropping it kills the process.
pub struct Sandbox {
    function: Function,
    api: RuntimeApi,
    process: Process,
    logs: Logs,
    started: Instant,
    init: Init,
}

/// How far the function's load is.
enum Init {
    Pending,
    Done,
    Failed(Failure),
}

/// What a wait ended with.
enum Waited {
    Reached,
    Exited(ExitStatus),
    Late,
}

impl Sandbox {
    /// Starts a process, which begins to load the function.
    ///
    /// # Errors
    /// When the system gives no port or no process. A function that cannot be loaded is no error
    /// here: its first invocation fails.
    pub async fn start(function: Function, logs: Logs) -> anyhow::Result<Self> {
        let api = RuntimeApi::bind()
            .await
            .context("cannot listen on 127.0.0.1")?;
        let started = Instant::now();
        let process = Process::start(&function, api.address(), &logs)?;
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
    /// writes the lines that the platform has for it.
    ///
    /// # Errors
    /// When the system cannot tell what became of the process; a failed invocation is an outcome.
    pub async fn invoke(&mut self, event: Event) -> anyhow::Result<Result<Bytes, Failure>> {
        let request_id = Uuid::new_v4().to_string();
        let init = self.load(&request_id).await?;
        self.process.flush_logs().await;
        self.logs.line(format_args!(
            "START RequestId: {request_id} Version: $LATEST"
        ));

        let begun = Instant::now();
        let deadline = begun + self.function.timeout;
        let (outcome, mut status) = match &self.init {
            Init::Failed(failure) => (Err(failure.clone()), Some(Status::of_init(failure))),
            _ => {
                let invocation = Invocation::new(&self.function, &request_id, event);
                let outcome = self.turn(invocation, deadline).await?;
                let status = outcome.as_ref().err().and_then(Status::of_invocation);
                (outcome, status)
            }
        };
        // The invocation lasts until the runtime asks for the next event.
        if !self.process.has_ended()
            && matches!(self.init, Init::Done)
            && let Waited::Late = self.wait(deadline, State::is_ready).await?
        {
            self.process.end().await;
            status = Some(Status::Timeout);
        }
        let duration = begun.elapsed().min(self.function.timeout);

        self.process.flush_logs().await;
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

    /// Ends the process and waits until it is gone and its output is in the logs.
    pub async fn stop(mut self) {
        self.process.end().await;
        self.process.flush_logs().await;
    }

    /// Waits until the function is loaded or has failed to. Gives what that took, the first time.
    async fn load(&mut self, request_id: &str) -> anyhow::Result<Option<Duration>> {
        if !matches!(self.init, Init::Pending) {
            return Ok(None);
        }
        // Over its own limit the service starts the init anew, within the function's timeout.
        let limit = INIT_LIMIT.max(self.function.timeout);
        let over = |state: &State| state.is_ready() || state.has_outcome();
        let failure = match self.wait(self.started + limit, over).await? {
            Waited::Reached => match self.api.take_outcome() {
                Some(Err(failure)) => {
                    // It has reported and is about to exit; its last words belong to the init.
                    self.wait(Instant::now() + EXIT_LIMIT, |_| false).await?;
                    Some(failure)
                }
                _ => None,
            },
            Waited::Exited(status) => Some(Failure::exited(request_id, status)),
            Waited::Late => {
                self.process.end().await;
                self.logs.line(format_args!(
                    "moonlayer: the function did not finish loading within {} s, the service's \
                     limit; look for a loop or a wait outside its handler",
                    limit.as_secs_f64()
                ));
                Some(Failure::timed_out(request_id, self.function.timeout))
            }
        };
        let ready_at = self.api.ready_at().unwrap_or_else(Instant::now);
        let duration = ready_at - self.started;
        self.init = match failure {
            None => {
                if duration > INIT_LIMIT {
                    self.logs.line(
                        "moonlayer: loading took over 10 s; the service would start it anew \
                         within the first invocation's timeout",
                    );
                }
                Init::Done
            }
            Some(failure) => {
                self.process.flush_logs().await;
                self.logs.line(InitReport {
                    duration,
                    status: Status::of_init(&failure),
                });
                Init::Failed(failure)
            }
        };
        Ok(Some(duration).filter(|_| matches!(self.init, Init::Done)))
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
            Waited::Reached => self.api.take_outcome().expect("the state has an outcome"),
            Waited::Exited(status) => Err(Failure::exited(&request_id, status)),
            Waited::Late => {
                self.process.end().await;
                Err(Failure::timed_out(&request_id, self.function.timeout))
            }
        })
    }

    /// Waits for a state, but not beyond `deadline` nor the process's end.
    async fn wait(
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

/// How long the service lets a function load.
/// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// How long a runtime that has reported an init error may take to exit.
const EXIT_LIMIT: Duration = Duration::from_secs(1);

/// How often a running process's memory is looked at, for one that dies takes the figure along.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(50);
