//! The Runtime API's calls: paths and headers on one side, [`State`] on the other.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderName};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::watch;

use super::PAYLOAD_LIMIT_BYTES;
use super::failure::Failure;
use super::invocation::Invocation;
use super::refusal::Refusal;
use super::state::{Next, State};
use super::submission::Submission;

/// Answers one call of the runtime.
pub async fn answer(
    state: &watch::Sender<State>,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    let call: Vec<&str> = path
        .strip_prefix("/2018-06-01/")
        .unwrap_or_default()
        .split('/')
        .collect();
    let (method, result) = match call[..] {
        ["ping"] => (Method::GET, Ok(Call::Ping)),
        ["runtime", "invocation", "next"] => (Method::GET, Ok(Call::Next)),
        ["runtime", "invocation", id, "response"] => (Method::POST, Ok(Call::Response(id))),
        ["runtime", "invocation", id, "error"] => (Method::POST, Ok(Call::Error(id))),
        ["runtime", "init", "error"] => (Method::POST, Ok(Call::InitError)),
        _ => (Method::GET, Err(Refusal::NotFound)),
    };
    let result = match result {
        Ok(_) if request.method() != method => {
            return with_header(refuse(&Refusal::MethodNotAllowed), ALLOW, method.as_str());
        }
        Ok(Call::Ping) => Ok(reply(StatusCode::OK, "text/plain", "pong")),
        Ok(Call::Next) => next(state).await,
        Ok(Call::Response(id)) => response(state, id, request).await,
        Ok(Call::Error(id)) => error(state, id, request).await,
        Ok(Call::InitError) => init_error(state, request).await,
        Err(refusal) => Err(refusal),
    };
    result.unwrap_or_else(|refusal| refuse(&refusal))
}

enum Call<'a> {
    Ping,
    Next,
    Response(&'a str),
    Error(&'a str),
    InitError,
}

/// Waits without any limit: between events the runtime sleeps in this call.
async fn next(state: &watch::Sender<State>) -> Result<Response<Full<Bytes>>, Refusal> {
    let mut changes = state.subscribe();
    loop {
        let mut next = Ok(Next::Wait);
        state.send_if_modified(|state| {
            let was_ready = state.is_ready();
            next = state.next();
            // Waking others (and this very loop) for no change would be a busy loop.
            !(was_ready && matches!(next, Ok(Next::Wait)))
        });
        match next? {
            Next::Event(invocation) => return Ok(event(&invocation)),
            // The server lives as long as its sender.
            Next::Wait => drop(changes.changed().await),
        }
    }
}

fn event(invocation: &Invocation) -> Response<Full<Bytes>> {
    let event = &invocation.event;
    let content_type = event.content_type.as_deref().unwrap_or("application/json");
    let mut reply = reply(StatusCode::OK, content_type, event.body.clone());
    let deadline_ms = invocation.deadline_ms.to_string();
    for (name, value) in [
        (
            "lambda-runtime-aws-request-id",
            Some(invocation.request_id.as_str()),
        ),
        ("lambda-runtime-aws-tenant-id", event.tenant_id.as_deref()),
        (
            "lambda-runtime-client-context",
            event.client_context.as_deref(),
        ),
        ("lambda-runtime-cognito-identity", event.identity.as_deref()),
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
) -> Result<Response<Full<Bytes>>, Refusal> {
    let mut answer = match Answer::begin(state, id, &request, "RuntimeInvocationResponse") {
        Ok(answer) => answer,
        Err(refusal) => return Err(refused(request, refusal).await),
    };
    let mode = header(&request, RESPONSE_MODE).map(str::to_owned);
    let streamed = match mode.as_deref() {
        None => false,
        Some("streaming") => true,
        Some(mode) => {
            answer.fail(Failure::bad_mode(id, mode));
            return Err(refused(request, Refusal::InvalidFunctionResponseMode).await);
        }
    };
    let limit_bytes = if streamed {
        STREAM_LIMIT_BYTES
    } else {
        PAYLOAD_LIMIT_BYTES
    };
    let Some(submission) = Submission::read(request, limit_bytes).await else {
        return Err(Refusal::TruncatedHttpRequest);
    };
    if submission.size_bytes > limit_bytes {
        answer.complete(Err(Failure::too_large(submission.size_bytes, limit_bytes)));
        return Ok(with_header(
            refuse(&Refusal::RequestEntityTooLarge),
            CONNECTION,
            "close",
        ));
    }
    answer.complete(match submission.error() {
        Some((error_type, body)) if streamed => Err(Failure::reported(Some(id), error_type, body)),
        _ => Ok(submission.body),
    });
    Ok(accepted())
}

async fn error(
    state: &watch::Sender<State>,
    id: &str,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    let mut answer = match Answer::begin(state, id, &request, "RuntimeInvocationErrorResponse") {
        Ok(answer) => answer,
        Err(refusal) => return Err(refused(request, refusal).await),
    };
    let error_type = header(&request, ERROR_TYPE).map(str::to_owned);
    let Some(submission) = Submission::read(request, PAYLOAD_LIMIT_BYTES).await else {
        return Err(Refusal::TruncatedHttpRequest);
    };
    answer.complete(Err(Failure::reported(
        Some(id),
        error_type.as_deref(),
        submission.body,
    )));
    Ok(accepted())
}

async fn init_error(
    state: &watch::Sender<State>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Refusal> {
    let allowed = state.borrow().check_init_error();
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

/// An answer under way: dropped before it is complete, as when its connection ends, it is
/// truncated and its runtime lost.
struct Answer<'a> {
    state: &'a watch::Sender<State>,
    truncated: Option<Failure>,
}

impl<'a> Answer<'a> {
    fn begin(
        state: &'a watch::Sender<State>,
        id: &str,
        request: &Request<Incoming>,
        to: &'static str,
    ) -> Result<Self, Refusal> {
        let attempt_id = header(request, INVOCATION_ID);
        let mut result = Ok(());
        state.send_modify(|state| result = state.begin_answer(id, attempt_id, to));
        result.map(|()| Self {
            state,
            truncated: Some(Failure::truncated(id)),
        })
    }

    fn complete(&mut self, outcome: Result<Bytes, Failure>) {
        self.truncated = None;
        self.state.send_modify(|state| state.answered(outcome));
    }

    fn fail(&mut self, failure: Failure) {
        self.truncated = None;
        self.state.send_modify(|state| state.lost(failure));
    }
}

impl Drop for Answer<'_> {
    fn drop(&mut self) {
        if let Some(failure) = self.truncated.take() {
            self.fail(failure);
        }
    }
}

/// The refusal, once the body that it does not care for is read: closing on a peer that still
/// writes may cost it the answer.
async fn refused(request: Request<Incoming>, refusal: Refusal) -> Refusal {
    Submission::read(request, 0).await;
    refusal
}

/// A header's value; an empty one is absent.
fn header<'a>(request: &'a Request<Incoming>, name: &str) -> Option<&'a str> {
    request
        .headers()
        .get(name)?
        .to_str()
        .ok()
        .filter(|value| !value.is_empty())
}

fn accepted() -> Response<Full<Bytes>> {
    reply(
        StatusCode::ACCEPTED,
        "application/json",
        r#"{"status":"OK"}"#,
    )
}

fn refuse(refusal: &Refusal) -> Response<Full<Bytes>> {
    reply(refusal.status(), "application/json", refusal.body())
}

fn reply(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    with_header(reply, CONTENT_TYPE, content_type)
}

/// The reply with the header; without it where the value cannot be one.
fn with_header(
    mut reply: Response<Full<Bytes>>,
    name: HeaderName,
    value: &str,
) -> Response<Full<Bytes>> {
    if let Ok(value) = value.parse() {
        reply.headers_mut().insert(name, value);
    }
    reply
}

const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";

/// The largest streamed response, in bytes.
const STREAM_LIMIT_BYTES: usize = 200 << 20;
