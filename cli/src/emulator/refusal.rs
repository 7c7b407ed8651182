//! What the Runtime API answers when it does not do what it was asked.

use hyper::StatusCode;
use serde::Serialize;

use super::PAYLOAD_LIMIT_BYTES;

/// A refused call. The caller is the runtime, so the words are the service's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A call of an extension.
    Extension {
        /// The error's type.
        error_type: &'static str,
        /// The service's words for it.
        message: String,
    },
    /// The response mode is neither absent nor `streaming`.
    InvalidFunctionResponseMode,
    /// The id is not that of the current invocation.
    InvalidRequestId,
    /// The call is not allowed in this state.
    InvalidStateTransition {
        /// The state.
        from: &'static str,
        /// The state that the call asks for.
        to: &'static str,
    },
    /// The attempt is not the current one.
    InvokeTimeout,
    /// The path is known, the method is not.
    MethodNotAllowed,
    /// The path is not known.
    NotFound,
    /// The body is over [`PAYLOAD_LIMIT_BYTES`].
    RequestEntityTooLarge,
    /// The connection ended inside the body.
    TruncatedHttpRequest,
}

impl Refusal {
    /// An extension's call is refused.
    pub fn extension(error_type: &'static str, message: impl Into<String>) -> Self {
        Self::Extension {
            error_type,
            message: message.into(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::InvalidFunctionResponseMode
            | Self::InvalidRequestId
            | Self::TruncatedHttpRequest => StatusCode::BAD_REQUEST,
            Self::Extension { .. } | Self::InvalidStateTransition { .. } => StatusCode::FORBIDDEN,
            Self::InvokeTimeout => StatusCode::GONE,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::RequestEntityTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    /// The body, as JSON.
    pub fn body(&self) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            error_message: String,
            error_type: &'static str,
        }
        let (error_type, error_message) = match self {
            Self::Extension {
                error_type,
                message,
            } => (*error_type, message.clone()),
            Self::InvalidFunctionResponseMode => (
                "InvalidFunctionResponseMode",
                "Invalid function response mode".to_owned(),
            ),
            Self::InvalidRequestId => ("InvalidRequestID", "Invalid request ID".to_owned()),
            Self::InvalidStateTransition { from, to } => (
                "InvalidStateTransition",
                format!("Transition from {from} to {to} is not allowed"),
            ),
            Self::InvokeTimeout => ("InvokeTimeout", "Invoke timeout".to_owned()),
            Self::MethodNotAllowed => ("MethodNotAllowed", "Method not allowed".to_owned()),
            Self::NotFound => ("NotFound", "Page not found".to_owned()),
            Self::RequestEntityTooLarge => (
                "RequestEntityTooLarge",
                format!("Exceeded maximum allowed payload size ({PAYLOAD_LIMIT_BYTES} bytes)."),
            ),
            Self::TruncatedHttpRequest => (
                "TruncatedHTTPRequest",
                "HTTP request detected as truncated".to_owned(),
            ),
        };
        serde_json::to_vec(&Body {
            error_message,
            error_type,
        })
        .expect("two strings are JSON")
    }
}
