//! The HTTP replies that the Runtime API's calls share.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName};
use hyper::{Request, Response, StatusCode};

use super::refusal::Refusal;

/// What a call is answered with.
pub type Reply = Response<Full<Bytes>>;

/// The call did what it was to do.
pub fn accepted() -> Reply {
    reply(
        StatusCode::ACCEPTED,
        "application/json",
        r#"{"status":"OK"}"#,
    )
}

/// The call did nothing.
pub fn refuse(refusal: &Refusal) -> Reply {
    reply(refusal.status(), "application/json", refusal.body())
}

/// A reply with a body.
pub fn reply(status: StatusCode, content_type: &str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    with_header(reply, CONTENT_TYPE, content_type)
}

/// The reply with the header; without it where the value cannot be one.
pub fn with_header(mut reply: Reply, name: HeaderName, value: &str) -> Reply {
    if let Ok(value) = value.parse() {
        reply.headers_mut().insert(name, value);
    }
    reply
}

/// A request header's value; an empty one is absent.
pub fn header<'a>(request: &'a Request<Incoming>, name: &str) -> Option<&'a str> {
    request
        .headers()
        .get(name)?
        .to_str()
        .ok()
        .filter(|value| !value.is_empty())
}
