//! The Runtime API's calls: paths and headers on one side, [`State`] on the other.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{ALLOW, CONNECTION, HeaderName};
use hyper::{Method, Request, StatusCode};
use tokio::sync::watch;

use super::PAYLOAD_LIMIT_BYTES;
use super::answer::Answer;
use super::extension_routes;
use super::failure::Failure;
use super::function::{Function, Initialization};
use super::invocation::Invocation;
use super::refusal::Refusal;
use super::reply::{Reply, accepted, header, refuse, reply, with_header};
use super::state::State;
use super::streamed::{End, STREAM_LIMIT_BYTES, StreamedResponse};
use super::submission::Submission;

/// Where a call comes from and what it is about.
pub struct Caller<'a> {
    /// The sandbox's state.
    pub state: &'a watch::Sender<State>,
    /// The sandbox's function.
    pub function: &'a Function,
    /// The connection.
    pub connection: u64,
}

/// Answers one call of the runtime.
pub async fn answer(caller: &Caller<'_>, request: Request<Incoming>) -> Reply {
    let path = request.uri().path().to_owned();
    let Some((method, call)) = Call::at(&path, caller.function) else {
        return refuse(&Refusal::NotFound);
    };
    if request.method() != method {
        return with_header(refuse(&Refusal::MethodNotAllowed), ALLOW, method.as_str());
    }
    let state = caller.state;
    let result = match call {
        Call::Ping => Ok(reply(StatusCode::OK, "text/plain", "pong")),
        Call::Next => next(caller).await,
        Call::Response(id) => response(state, id, request).await,
        Call::Error(id) => error(state, id, request).await,
        Call::InitError => init_error(state, State::check_init_error, request).await,
        Call::RestoreNext => restore_next(state).await,
        Call::RestoreError => init_error(state, State::check_restore_error, request).await,
        Call::Extension(call) => call.answer(state, caller.function, request).await,
    };
    result.unwrap_or_else(|refusal| refuse(&refusal))
}

enum Call<'a> {
    Ping,
    Next,
    Response(&'a str),
    Error(&'a str),
    InitError,
    RestoreNext,
    RestoreError,
    Extension(extension_routes::Call),
}

impl<'a> Call<'a> {
    /// The call at this path, and its method.
    fn at(path: &'a str, function: &Function) -> Option<(Method, Self)> {
        if let Some(path) = path.strip_prefix("/2020-01-01/") {
            let path: Vec<&str> = path.split('/').collect();
            let call = extension_routes::Call::at(&path)?;
            return Some((call.method(), Self::Extension(call)));
        }
        let path: Vec<&str> = path.strip_prefix("/2018-06-01/")?.split('/').collect();
        Some(match path[..] {
            ["ping"] => (Method::GET, Self::Ping),
            ["runtime", "invocation", "next"] => (Method::GET, Self::Next),
            ["runtime", "invocation", id, "response"] => (Method::POST, Self::Response(id)),
            ["runtime", "invocation", id, "error"] => (Method::POST, Self::Error(id)),
            ["runtime", "init", "error"] => (Method::POST, Self::InitError),
            // Only where there are snapshots.
            _ if function.initialization() != Initialization::SnapStart => return None,
            ["runtime", "restore", "next"] => (Method::GET, Self::RestoreNext),
            ["runtime", "restore", "error"] => (Method::POST, Self::RestoreError),
            _ => return None,
        })
    }
}

/// Waits without any limit: between events the runtime sleeps in this call.
async fn next(caller: &Caller<'_>) -> Result<Reply, Refusal> {
    let (state, connection) = (caller.state, caller.connection);
    let mut changes = state.subscribe();
    let mut asked = Ok(());
    state.send_modify(|state| asked = state.ask(connection));
    asked?;
    loop {
        let mut taken = None;
        state.send_if_modified(|state| {
            taken = state.take_event(connection);
            taken.is_some()
        });
        match taken {
            Some(invocation) => return Ok(event(&invocation, caller.function.is_concurrent())),
            // The server lives as long as its sender.
            None => drop(changes.changed().await),
        }
    }
}

fn event(invocation: &Arc<Invocation>, concurrent: bool) -> Reply {
    let event = &invocation.event;
    let content_type = event.content_type.as_deref().unwrap_or("application/json");
    let mut reply = reply(StatusCode::OK, content_type, event.body.clone());
    let deadline_ms = invocation.deadline_ms.to_string();
    // The service's concurrent core sends empty headers for what there is not.
    let none = concurrent.then_some("");
    let client_context = event.client_context.as_deref().or(none);
    let identity = event.identity.as_deref().or(none);
    for (name, value) in [
        (
            "lambda-runtime-aws-request-id",
            Some(invocation.request_id.as_str()),
        ),
        ("lambda-runtime-aws-tenant-id", event.tenant_id.as_deref()),
        ("lambda-runtime-client-context", client_context),
        ("lambda-runtime-cognito-identity", identity),
        ("lambda-runtime-deadline-ms", Some(&deadline_ms)),
        ("lambda-runtime-invocation-id", Some(&invocation.attempt_id)),
        ("lambda-runtime-invoked-function-arn", Some(&invocation.arn)),
        ("lambda-runtime-trace-id", Some(&invocation.trace_id)),
    ] {
        if let Some(value) = value {
            reply = with_header(reply, HeaderName::from_static(name), value);
        }
    }
    reply
}

async fn response(
    state: &watch::Sender<State>,
    id: &str,
    request: Request<Incoming>,
) -> Result<Reply, Refusal> {
    let mut answer = match Answer::begin(state, id, &request, "RuntimeInvocationResponse") {
        Ok(answer) => answer,
        Err(refusal) => return Err(refused(request, refusal).await),
    };
    let mode = header(&request, RESPONSE_MODE).map(str::to_owned);
    match mode.as_deref() {
        None => buffered(answer, request).await,
        Some("streaming") => streamed(answer, request).await,
        Some(mode) => {
            answer.fail(Failure::bad_mode(id, mode));
            Err(refused(request, Refusal::InvalidFunctionResponseMode).await)
        }
    }
}

async fn buffered(mut answer: Answer<'_>, request: Request<Incoming>) -> Result<Reply, Refusal> {
    let Some(submission) = Submission::read(request, PAYLOAD_LIMIT_BYTES).await else {
        return Err(Refusal::TruncatedHttpRequest);
    };
    if submission.size_bytes > PAYLOAD_LIMIT_BYTES {
        let failure = Failure::too_large(submission.size_bytes, PAYLOAD_LIMIT_BYTES);
        answer.complete(Err(failure));
        return Ok(too_large());
    }
    answer.complete(Ok(submission.body));
    Ok(accepted())
}

async fn streamed(mut answer: Answer<'_>, request: Request<Incoming>) -> Result<Reply, Refusal> {
    let invocation = Arc::clone(&answer.invocation);
    let id = &invocation.request_id;
    let mut response = StreamedResponse::of(request);
    answer.stream();
    match response.pass_to(&invocation.stream).await {
        End::Complete => {}
        End::Truncated => return Err(Refusal::TruncatedHttpRequest),
        // What follows cannot change the outcome, and may take long.
        End::TooLarge => {
            answer.complete(Err(Failure::stream_too_large(STREAM_LIMIT_BYTES)));
            response.drain().await;
            return Ok(too_large());
        }
        // Not the Runtime API's to judge: it takes the response, and the front end answers 502.
        End::BadPrelude(fault) => {
            answer.complete(Err(Failure::bad_prelude(id, &fault)));
            response.drain().await;
            return Ok(accepted());
        }
    }
    let trailers = &response.trailers;
    if trailers.size_bytes() > TRAILERS_LIMIT_BYTES {
        answer.fail(Failure::long_trailers(id, TRAILERS_LIMIT_BYTES));
        return Err(Refusal::TruncatedHttpRequest);
    }
    let undeclared = trailers.undeclared();
    if !undeclared.is_empty() {
        answer.note(format!(
            "moonlayer: the streamed response ended with {}, which its Trailer header does not \
             declare; Lambda drops that, and the invocation counts as a success",
            undeclared.join(" and ")
        ));
    }
    answer.complete(match trailers.error() {
        Some((error_type, body)) => Err(Failure::reported(Some(id), error_type, body)),
        None => Ok(Default::default()),
    });
    Ok(accepted())
}

async fn error(
    state: &watch::Sender<State>,
    id: &str,
    request: Request<Incoming>,
) -> Result<Reply, Refusal> {
    let mut answer = match Answer::begin(state, id, &request, "RuntimeInvocationErrorResponse") {
        Ok(answer) => answer,
        Err(refusal) => return Err(refused(request, refusal).await),
    };
    let error_type = header(&request, ERROR_TYPE).map(str::to_owned);
    let Some(submission) = Submission::read(request, PAYLOAD_LIMIT_BYTES).await else {
        return Err(Refusal::TruncatedHttpRequest);
    };
    let failure = Failure::reported(Some(id), error_type.as_deref(), submission.body);
    answer.complete(Err(failure));
    Ok(accepted())
}

/// The runtime cannot load the function, or cannot go on after it was restored.
async fn init_error(
    state: &watch::Sender<State>,
    check: fn(&State) -> Result<(), Refusal>,
    request: Request<Incoming>,
) -> Result<Reply, Refusal> {
    let allowed = check(&state.borrow());
    if let Err(refusal) = allowed {
        return Err(refused(request, refusal).await);
    }
    let error_type = header(&request, ERROR_TYPE).map(str::to_owned);
    let Some(submission) = Submission::read(request, PAYLOAD_LIMIT_BYTES).await else {
        return Err(Refusal::TruncatedHttpRequest);
    };
    let failure = Failure::reported(None, error_type.as_deref(), submission.body);
    let mut result = Ok(());
    state.send_modify(|state| result = state.init_error(failure));
    result.map(|()| accepted())
}

/// Restores the runtime as soon as it and its extensions may be frozen: no snapshot is taken here.
async fn restore_next(state: &watch::Sender<State>) -> Result<Reply, Refusal> {
    let mut changes = state.subscribe();
    let mut asked = Ok(());
    state.send_modify(|state| asked = state.ask_restore());
    asked?;
    loop {
        if state.send_if_modified(State::restore) {
            return Ok(Reply::default());
        }
        // The server lives as long as its sender.
        drop(changes.changed().await);
    }
}

/// The refusal, once the body that it does not care for is read: closing on a peer that still
/// writes may cost it the answer.
async fn refused(request: Request<Incoming>, refusal: Refusal) -> Refusal {
    Submission::read(request, 0).await;
    refusal
}

fn too_large() -> Reply {
    with_header(refuse(&Refusal::RequestEntityTooLarge), CONNECTION, "close")
}

const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";

/// The most that the service reads of trailers, in bytes: the buffer of Go's HTTP server.
const TRAILERS_LIMIT_BYTES: usize = 4096;

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;
