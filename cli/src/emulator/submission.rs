//! What the runtime posts as a whole.

use http_body_util::BodyExt;
use hyper::Request;
use hyper::body::{Bytes, Incoming};

/// A posted body, read to its end.
#[derive(Debug)]
pub struct Submission {
    /// The bytes; none where there were more than the limit.
    pub body: Bytes,
    /// How many bytes there were.
    pub size_bytes: usize,
}

impl Submission {
    /// Reads a body of at most `limit_bytes`; what is over it is read and dropped, since closing
    /// on a peer that still writes may cost it the answer. `None` if the connection ends inside.
    pub async fn read(request: Request<Incoming>, limit_bytes: usize) -> Option<Self> {
        let mut incoming = request.into_body();
        let mut size_bytes = 0;
        let mut body = Vec::new();
        while let Some(frame) = incoming.frame().await {
            let Ok(data) = frame.ok()?.into_data() else {
                continue;
            };
            size_bytes += data.len();
            if size_bytes <= limit_bytes {
                body.extend_from_slice(&data);
            } else {
                body = Vec::new();
            }
        }
        let body = body.into();
        Some(Self { body, size_bytes })
    }
}
