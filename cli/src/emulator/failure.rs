//! A failed invocation, as its caller sees it.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use hyper::body::Bytes;
use serde::Serialize;

/// A failed invocation: the JSON that the caller gets, and what the report says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The error as JSON: the runtime's own bytes, or the platform's.
    pub body: Bytes,
    /// What the platform's lines say of it.
    pub kind: Kind,
}

/// Who ended the invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The platform, for the reason that this error type names.
    Platform(String),
    /// The function or its runtime, which reported an error of this type.
    Reported(String),
    /// What calls the function over HTTP, which cannot use its response.
    FrontEnd(String),
    /// The deadline.
    Timeout,
}

impl Failure {
    /// The runtime reported an error: `body` goes to the caller unchanged, `header` is the value
    /// of `Lambda-Runtime-Function-Error-Type`.
    pub fn reported(request_id: Option<&str>, header: Option<&str>, body: Bytes) -> Self {
        let error_type = fatal_error_type(header.unwrap_or_default());
        let body = if body.is_empty() {
            let cause = "the runtime reported an error without a body";
            platform_body(&error_type, &prefixed(request_id, cause))
        } else {
            body
        };
        Self {
            body,
            kind: Kind::Reported(error_type),
        }
    }

    /// The process ended before it answered.
    pub fn exited(request_id: &str, status: ExitStatus) -> Self {
        let cause = match (status.code(), status.signal()) {
            (Some(0), _) => "Runtime exited without providing a reason".to_owned(),
            (Some(code), _) => format!("Runtime exited with error: exit status {code}"),
            (None, signal) => {
                let dumped = if status.core_dumped() {
                    " (core dumped)"
                } else {
                    ""
                };
                let name = signal_name(signal.unwrap_or_default());
                format!("Runtime exited with error: signal: {name}{dumped}")
            }
        };
        Self::platform("Runtime.ExitError", prefixed(Some(request_id), &cause))
    }

    /// The deadline passed and the process was killed.
    pub fn timed_out(request_id: &str, timeout: Duration) -> Self {
        let cause = format!("Task timed out after {:.2} seconds", timeout.as_secs_f64());
        Self {
            body: platform_body("Sandbox.Timedout", &prefixed(Some(request_id), &cause)),
            kind: Kind::Timeout,
        }
    }

    /// The response has more bytes than the service carries.
    pub fn too_large(size_bytes: usize, limit_bytes: usize) -> Self {
        let cause = format!(
            "Response payload size ({size_bytes} bytes) exceeded maximum allowed payload size \
             ({limit_bytes} bytes)."
        );
        Self::platform("Function.ResponseSizeTooLarge", cause)
    }

    /// The streamed response has more bytes than the service carries; those that it does carry
    /// have gone to the caller.
    pub fn stream_too_large(limit_bytes: usize) -> Self {
        let cause = format!(
            "Streamed response payload size exceeded maximum allowed payload size ({limit_bytes} \
             bytes)."
        );
        Self::platform("Function.ResponseSizeTooLarge", cause)
    }

    /// The streamed response does not begin as an HTTP front end needs it.
    pub fn bad_prelude(request_id: &str, fault: &str) -> Self {
        let cause = format!(
            "cannot use the prelude of the streamed response: {fault} (a function URL or API \
             Gateway answers 502 to that)"
        );
        let error_type = "Function.InvalidResponsePrelude";
        Self {
            body: platform_body(error_type, &prefixed(Some(request_id), &cause)),
            kind: Kind::FrontEnd(error_type.to_owned()),
        }
    }

    /// The runtime was restored and did not ask for an event within `limit`.
    pub fn restored_too_slowly(request_id: &str, limit: Duration) -> Self {
        let cause = format!("Restore timed out after {:.2} seconds", limit.as_secs_f64());
        Self {
            body: platform_body(
                "SnapStartTimeoutException",
                &prefixed(Some(request_id), &cause),
            ),
            kind: Kind::Timeout,
        }
    }

    /// The trailers of a streamed response are longer than the service reads.
    pub fn long_trailers(request_id: &str, limit_bytes: usize) -> Self {
        let cause = format!(
            "the trailers of the streamed response are over {limit_bytes} bytes, more than the \
             service reads"
        );
        Self::platform(TRUNCATED, prefixed(Some(request_id), &cause))
    }

    /// The connection ended inside the response.
    pub fn truncated(request_id: &str) -> Self {
        let cause = prefixed(
            Some(request_id),
            "Runtime closed the connection inside its response",
        );
        Self::platform(TRUNCATED, cause)
    }

    /// Whether the runtime did not end its response.
    pub fn is_truncation(&self) -> bool {
        matches!(&self.kind, Kind::Platform(error_type) if error_type == TRUNCATED)
    }

    /// The response had another mode than `streaming`.
    pub fn bad_mode(request_id: &str, mode: &str) -> Self {
        let cause = format!("Invalid response mode \"{mode}\", only \"streaming\" is known");
        Self::platform(
            "Runtime.InvalidResponseModeHeader",
            prefixed(Some(request_id), &cause),
        )
    }

    fn platform(error_type: &str, message: String) -> Self {
        Self {
            body: platform_body(error_type, &message),
            kind: Kind::Platform(error_type.to_owned()),
        }
    }
}

const TRUNCATED: &str = "Runtime.TruncatedResponse";

fn prefixed(request_id: Option<&str>, cause: &str) -> String {
    match request_id {
        Some(id) => format!("RequestId: {id} Error: {cause}"),
        None => cause.to_owned(),
    }
}

/// An error made by the platform, its members in the service's order.
fn platform_body(error_type: &str, message: &str) -> Bytes {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'a> {
        error_type: &'a str,
        error_message: &'a str,
    }
    let body = Body {
        error_type,
        error_message: message,
    };
    serde_json::to_vec(&body)
        .expect("two strings are JSON")
        .into()
}

/// The type that telemetry shows for the value of an error-type header: kept only where it
/// contains `(Runtime|Function)\.[A-Z][a-zA-Z]+`, as the service's core does.
fn fatal_error_type(header: &str) -> String {
    let named = ["Runtime.", "Function."].iter().any(|prefix| {
        header.match_indices(prefix).any(|(at, _)| {
            let name = &header.as_bytes()[at + prefix.len()..];
            matches!(name, [first, second, ..]
                if first.is_ascii_uppercase() && second.is_ascii_alphabetic())
        })
    });
    match header {
        _ if named => header.to_owned(),
        _ if header.starts_with("Function.") => "Function.Unknown".to_owned(),
        _ => "Runtime.Unknown".to_owned(),
    }
}

/// A signal by the words that the service uses for it.
fn signal_name(signal: i32) -> String {
    use nix::sys::signal::Signal;
    match Signal::try_from(signal) {
        Ok(Signal::SIGABRT) => "aborted".into(),
        Ok(Signal::SIGBUS) => "bus error".into(),
        Ok(Signal::SIGFPE) => "floating point exception".into(),
        Ok(Signal::SIGILL) => "illegal instruction".into(),
        Ok(Signal::SIGINT) => "interrupt".into(),
        Ok(Signal::SIGKILL) => "killed".into(),
        Ok(Signal::SIGSEGV) => "segmentation fault".into(),
        Ok(Signal::SIGTERM) => "terminated".into(),
        Ok(other) => other.as_str().into(),
        Err(_) => format!("signal {signal}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn body(failure: &Failure, expected: &str) {
        assert_eq!(String::from_utf8_lossy(&failure.body), expected);
    }

    #[test]
    fn an_exit_is_worded_as_the_service_words_it() {
        body(
            &Failure::exited("7a", ExitStatus::from_raw(7 << 8)),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 7a Error: Runtime exited with error: exit status 7"}"#,
        );
        body(
            &Failure::exited("7a", ExitStatus::from_raw(0)),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 7a Error: Runtime exited without providing a reason"}"#,
        );
        body(
            &Failure::exited("7a", ExitStatus::from_raw(11 | 0x80)),
            r#"{"errorType":"Runtime.ExitError","errorMessage":"RequestId: 7a Error: Runtime exited with error: signal: segmentation fault (core dumped)"}"#,
        );
    }

    #[test]
    fn a_timeout_has_two_digits() {
        body(
            &Failure::timed_out("7a", Duration::from_secs(3)),
            r#"{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 7a Error: Task timed out after 3.00 seconds"}"#,
        );
    }

    #[test]
    fn an_error_type_is_kept_only_in_the_service_s_form() {
        for (header, kept) in [
            ("Function.OrderNotFound", "Function.OrderNotFound"),
            ("Runtime.MarshalError", "Runtime.MarshalError"),
            ("xFunction.Abz", "xFunction.Abz"),
            ("Function.order", "Function.Unknown"),
            ("Function.A", "Function.Unknown"),
            ("MyErr", "Runtime.Unknown"),
            ("", "Runtime.Unknown"),
        ] {
            assert_eq!(fatal_error_type(header), kept, "{header}");
        }
    }

    #[test]
    fn an_error_without_a_body_gets_one_from_its_header() {
        let failure = Failure::reported(Some("7a"), Some("Function.Broken"), Bytes::new());
        body(
            &failure,
            r#"{"errorType":"Function.Broken","errorMessage":"RequestId: 7a Error: the runtime reported an error without a body"}"#,
        );
    }
}
