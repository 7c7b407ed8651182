//! One event, and one turn of it through a sandbox.

use std::time::{Duration, SystemTime};

use hyper::body::Bytes;
use uuid::Uuid;

use super::Function;
use super::stream::Stream;

/// What a caller sends.
#[derive(Debug, Clone, Default)]
pub struct Event {
    /// The event's bytes, passed on as they came.
    pub body: Bytes,
    /// The type of the bytes; `application/json` unless said.
    pub content_type: Option<String>,
    /// The client context of a mobile SDK, as JSON.
    pub client_context: Option<String>,
    /// The caller's Cognito identity, as JSON.
    pub identity: Option<String>,
    /// The tenant, of a function that isolates tenants.
    pub tenant_id: Option<String>,
}

/// One turn: an event with all that the runtime is told about it.
#[derive(Debug)]
pub struct Invocation {
    /// The request id: a UUID that the caller and the logs know the event by.
    pub request_id: String,
    /// An opaque id, unique among attempts, that the runtime echoes.
    pub attempt_id: String,
    /// When the process is killed, in milliseconds since 1970.
    pub deadline_ms: u128,
    /// The ARN that the caller named.
    pub arn: String,
    /// The X-Ray trace header.
    pub trace_id: String,
    /// What the caller sent.
    pub event: Event,
    /// Where a streamed response goes.
    pub stream: Stream,
}

impl Invocation {
    /// A turn that starts now and ends at the function's timeout.
    pub fn new(function: &Function, request_id: &str, event: Event, stream: Stream) -> Self {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO);
        Self {
            request_id: request_id.to_owned(),
            attempt_id: Uuid::new_v4().to_string(),
            deadline_ms: (now + function.timeout).as_millis(),
            arn: function.arn(),
            trace_id: trace_id(now),
            event,
            stream,
        }
    }
}

/// An X-Ray trace header of the form that the service sends, not sampled: nothing here collects
/// segments.
/// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>
fn trace_id(now: Duration) -> String {
    let root = Uuid::new_v4().simple().to_string();
    let span = Uuid::new_v4().simple().to_string();
    format!(
        "Root=1-{:08x}-{};Parent={};Sampled=0;Lineage=1:{}:0",
        now.as_secs() as u32,
        &root[..24],
        &span[..16],
        &span[16..24],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_id_has_x_ray_s_form() {
        let header = trace_id(Duration::from_secs(0x6543_21ab));
        let parts: Vec<&str> = header.split(';').collect();
        let root: Vec<&str> = parts[0].split('-').collect();
        assert_eq!(root[..2], ["Root=1", "654321ab"]);
        let hex = |s: &str, len| s.len() == len && s.bytes().all(|b| b.is_ascii_hexdigit());
        assert!(hex(root[2], 24), "{header}");
        assert!(
            hex(parts[1].strip_prefix("Parent=").expect("a parent"), 16),
            "{header}"
        );
        assert_eq!(parts[2], "Sampled=0");
    }
}
