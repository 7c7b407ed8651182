//! A sandbox's init: from the start of its process until it waits for an event.

use std::process::ExitStatus;
use std::time::Duration;

use tokio::time::Instant;

use super::failure::Failure;
use super::report::{InitReport, Status};
use super::sandbox::{EXIT_LIMIT, Sandbox, Waited};
use super::state::State;

/// How far the function's load is.
pub enum Init {
    /// It is under way.
    Pending,
    /// The function is loaded.
    Done,
    /// It cannot be loaded.
    Failed(Failure),
}

/// Waits until the function is loaded or has failed to. Gives what that took, the first time.
pub async fn load(sandbox: &mut Sandbox, request_id: &str) -> anyhow::Result<Option<Duration>> {
    if !matches!(sandbox.init, Init::Pending) {
        return Ok(None);
    }
    let failure = failure(sandbox, request_id).await?;
    let ready_at = sandbox.api.ready_at().unwrap_or_else(Instant::now);
    let duration = ready_at - sandbox.started;
    let restored_at = sandbox.api.restored_at();
    let Some(failure) = failure else {
        let limit = sandbox.function.initialization().limit();
        if duration > limit {
            sandbox.logs.line(format_args!(
                "moonlayer: loading took over {} s; the service would start it anew within the \
                 first invocation's timeout",
                limit.as_secs()
            ));
        }
        sandbox.init = Init::Done;
        return Ok(Some(duration));
    };
    sandbox.process.flush_logs().await;
    sandbox.logs.line(InitReport {
        restore: restored_at.is_some(),
        duration: restored_at.map_or(duration, |restored_at| ready_at - restored_at),
        status: Status::of_init(&failure),
    });
    sandbox.init = Init::Failed(failure);
    Ok(None)
}

/// Why the function cannot be loaded, if so.
async fn failure(sandbox: &mut Sandbox, request_id: &str) -> anyhow::Result<Option<Failure>> {
    // Over its own limit the service starts the init anew, within the function's timeout.
    let limit = sandbox.function.initialization().limit();
    let limit = limit.max(sandbox.function.timeout);
    let over = |state: &State| state.is_ready() || state.has_outcome();
    let loaded = |state: &State| over(state) || state.is_restoring();
    let mut waited = sandbox.wait(sandbox.started + limit, loaded).await?;
    if let Some(restored_at) = sandbox.api.restored_at()
        && matches!(waited, Waited::Reached)
    {
        waited = sandbox.wait(restored_at + RESTORE_LIMIT, over).await?;
    }
    Ok(match waited {
        Waited::Reached => match sandbox.api.take_outcome() {
            Some(Err(failure)) => {
                // It has reported and is about to exit; its last words belong to the init.
                let soon = Instant::now() + EXIT_LIMIT;
                if let Waited::Exited(status) = sandbox.wait(soon, |_| false).await? {
                    note_exit(sandbox, status);
                }
                Some(failure)
            }
            _ => None,
        },
        Waited::Exited(status) => Some(Failure::exited(request_id, status)),
        Waited::Late => Some(late(sandbox, request_id, limit).await),
    })
}

/// The init took too long.
async fn late(sandbox: &mut Sandbox, request_id: &str, limit: Duration) -> Failure {
    let busy: Vec<String> = sandbox.api.look(|state| match state.runtime_is_ready() {
        true => state.extensions.busy().map(str::to_owned).collect(),
        false => Vec::new(),
    });
    sandbox.end().await;
    if sandbox.api.restored_at().is_some() {
        sandbox.logs.line(format_args!(
            "moonlayer: the function did not go on within {} s of its restore, the service's \
             limit; look for a loop or a wait in what it does after one",
            RESTORE_LIMIT.as_secs()
        ));
        return Failure::restored_too_slowly(request_id, RESTORE_LIMIT);
    }
    let limit = limit.as_secs_f64();
    if busy.is_empty() {
        sandbox.logs.line(format_args!(
            "moonlayer: the function did not finish loading within {limit} s, the service's limit; \
             look for a loop or a wait outside its handler"
        ));
    } else {
        sandbox.logs.line(format_args!(
            "moonlayer: the runtime was ready, but {} did not ask for an event within {limit} s of \
             the start; an extension has to call /extension/event/next",
            busy.join(", ")
        ));
    }
    Failure::timed_out(request_id, sandbox.function.timeout)
}

/// Tells the status of a runtime that has reported why it ends, unless it is the usual one.
fn note_exit(sandbox: &Sandbox, status: ExitStatus) {
    if status.code() != Some(1) {
        sandbox
            .logs
            .line(format_args!("moonlayer: the runtime ended with {status}"));
    }
}

/// How long a restored function may take until it asks for an event.
/// <https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html>
const RESTORE_LIMIT: Duration = Duration::from_secs(10);
