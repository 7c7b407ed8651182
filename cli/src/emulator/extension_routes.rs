//! The Extensions API's calls: paths and headers on one side, [`State`] on the other.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>

use hyper::body::{Bytes, Incoming};
use hyper::header::HeaderName;
use hyper::{Method, Request, StatusCode};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

use super::PAYLOAD_LIMIT_BYTES;
use super::function::Function;
use super::invocation::Invocation;
use super::refusal::Refusal;
use super::reply::{Reply, header, reply, with_header};
use super::state::State;
use super::submission::Submission;

/// An extension's calls, and the method of each.
pub enum Call {
    Register,
    Next,
}

impl Call {
    /// The call at this path, below the API's version.
    pub fn at(path: &[&str]) -> Option<Self> {
        match path {
            ["extension", "register"] => Some(Self::Register),
            ["extension", "event", "next"] => Some(Self::Next),
            _ => None,
        }
    }

    /// Its method.
    pub fn method(&self) -> Method {
        match self {
            Self::Register => Method::POST,
            Self::Next => Method::GET,
        }
    }

    /// Answers it.
    pub async fn answer(
        self,
        state: &watch::Sender<State>,
        function: &Function,
        request: Request<Incoming>,
    ) -> Result<Reply, Refusal> {
        match self {
            Self::Register => register(state, function, request).await,
            Self::Next => next(state, &request).await,
        }
    }
}

async fn register(
    state: &watch::Sender<State>,
    function: &Function,
    request: Request<Incoming>,
) -> Result<Reply, Refusal> {
    #[derive(Deserialize)]
    struct Registration {
        #[serde(default)]
        events: Vec<String>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Registered {
        function_name: String,
        function_version: &'static str,
        handler: String,
    }
    let name = header(&request, "lambda-extension-name").map(str::to_owned);
    let Some(submission) = Submission::read(request, PAYLOAD_LIMIT_BYTES).await else {
        return Err(Refusal::TruncatedHttpRequest);
    };
    let Some(name) = name else {
        return Err(Refusal::extension(
            "Extension.InvalidExtensionName",
            "Empty extension name",
        ));
    };
    let registration: Registration = serde_json::from_slice(&submission.body)
        .map_err(|error| Refusal::extension("InvalidRequestFormat", error.to_string()))?;
    let mut id = Ok(Uuid::nil());
    state.send_modify(|state| id = state.extensions.register(&name, &registration.events));
    let registered = Registered {
        function_name: function.name(),
        function_version: "$LATEST",
        handler: function.handler.clone(),
    };
    Ok(with_header(
        json(&registered),
        HeaderName::from_static(IDENTIFIER),
        &id?.to_string(),
    ))
}

/// Waits without any limit: between events an extension sleeps in this call.
async fn next(state: &watch::Sender<State>, request: &Request<Incoming>) -> Result<Reply, Refusal> {
    let id = header(request, IDENTIFIER).ok_or_else(|| {
        Refusal::extension(
            "Extension.MissingExtensionIdentifier",
            "Missing Lambda-Extension-Identifier header",
        )
    })?;
    let id = id.parse::<Uuid>().map_err(|_| {
        Refusal::extension(
            "Extension.InvalidExtensionIdentifier",
            "Invalid Lambda-Extension-Identifier",
        )
    })?;
    let mut changes = state.subscribe();
    let mut asked = Ok(());
    state.send_modify(|state| asked = state.ask_for_extension(id));
    asked?;
    loop {
        let mut event = None;
        state.send_if_modified(|state| {
            event = state.extensions.take_event(id);
            event.is_some()
        });
        match event {
            Some(invocation) => return Ok(invoke(&invocation)),
            // The server lives as long as its sender.
            None => drop(changes.changed().await),
        }
    }
}

/// What an extension is told of an invocation.
fn invoke(invocation: &Invocation) -> Reply {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Event<'a> {
        event_type: &'static str,
        deadline_ms: u128,
        request_id: &'a str,
        invoked_function_arn: &'a str,
        tracing: Tracing<'a>,
    }
    #[derive(Serialize)]
    struct Tracing<'a> {
        r#type: &'static str,
        value: &'a str,
    }
    let event = Event {
        event_type: "INVOKE",
        deadline_ms: invocation.deadline_ms,
        request_id: &invocation.request_id,
        invoked_function_arn: &invocation.arn,
        tracing: Tracing {
            r#type: "X-Amzn-Trace-Id",
            value: &invocation.trace_id,
        },
    };
    with_header(
        json(&event),
        HeaderName::from_static("lambda-extension-event-identifier"),
        &Uuid::new_v4().to_string(),
    )
}

fn json(value: &impl Serialize) -> Reply {
    let body: Bytes = serde_json::to_vec(value)
        .expect("strings and numbers are JSON")
        .into();
    reply(StatusCode::OK, "application/json", body)
}

const IDENTIFIER: &str = "lambda-extension-identifier";

#[cfg(test)]
#[path = "extension_routes_tests.rs"]
mod tests;
