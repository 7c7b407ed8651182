//! What the runtime posts: a body, and the trailers that it declared.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, header};

/// A posted body, read to its end.
#[derive(Debug)]
pub struct Submission {
    /// The bytes; none where there were more than the limit.
    pub body: Bytes,
    /// How many bytes there were.
    pub size_bytes: usize,
    trailers: HeaderMap,
    declared: Vec<String>,
}

impl Submission {
    /// Reads a body of at most `limit_bytes`; what is over it is read and dropped, since closing
    /// on a peer that still writes may cost it the answer. `None` if the connection ends inside.
    pub async fn read(request: Request<Incoming>, limit_bytes: usize) -> Option<Self> {
        let declared = declared_trailers(request.headers());
        let mut incoming = request.into_body();
        let mut submission = Self {
            body: Bytes::new(),
            size_bytes: 0,
            trailers: HeaderMap::new(),
            declared,
        };
        let mut body = Vec::new();
        while let Some(frame) = incoming.frame().await {
            match frame.ok()?.into_data() {
                Ok(data) => {
                    submission.size_bytes += data.len();
                    if submission.size_bytes <= limit_bytes {
                        body.extend_from_slice(&data);
                    } else {
                        body = Vec::new();
                    }
                }
                Err(frame) => submission
                    .trailers
                    .extend(frame.into_trailers().unwrap_or_default()),
            }
        }
        submission.body = body.into();
        Some(submission)
    }

    /// The error that ended a streamed response: its type and its JSON. Trailers that were not
    /// declared do not count, as in the service.
    pub fn error(&self) -> Option<(Option<&str>, Bytes)> {
        let error_type = self.trailer(ERROR_TYPE);
        let body = self.trailer(ERROR_BODY);
        if error_type.is_none() && body.is_none() {
            return None;
        }
        let body = body
            .and_then(|text| BASE64_STANDARD.decode(text).ok())
            .unwrap_or_default();
        Some((error_type, body.into()))
    }

    fn trailer(&self, name: &str) -> Option<&str> {
        if !self
            .declared
            .iter()
            .any(|declared| declared.eq_ignore_ascii_case(name))
        {
            return None;
        }
        self.trailers
            .get(name)?
            .to_str()
            .ok()
            .filter(|value| !value.is_empty())
    }
}

fn declared_trailers(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all(header::TRAILER)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_owned())
        .collect()
}

const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";
