//! What the mock's script says: events, and everything else a server can do.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use super::message::Chunks;

/// An event as `/next` gives it.
pub struct Event {
    pub(super) id: Option<String>,
    headers: Vec<(String, String)>,
    left: Option<Duration>,
    body: Vec<u8>,
    chunk_bytes: Option<usize>,
    closing: bool,
    cut_bytes: usize,
}

impl Event {
    /// An event of the content type `application/json`, with the id `request-N` (N counts from 1),
    /// a deadline in the year 2100, and the ARN `arn:aws:lambda:eu-west-1:123456789012:function:f`.
    pub fn json(body: impl AsRef<[u8]>) -> Self {
        Self::untyped(body).header("Content-Type", "application/json")
    }

    /// The same without a content type.
    pub fn untyped(body: impl AsRef<[u8]>) -> Self {
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:f";
        Self {
            id: None,
            headers: Vec::new(),
            left: None,
            body: body.as_ref().to_vec(),
            chunk_bytes: None,
            closing: false,
            cut_bytes: 0,
        }
        .header("Lambda-Runtime-Deadline-Ms", "4102444800000")
        .header("Lambda-Runtime-Invoked-Function-Arn", arn)
    }

    /// Sets a header in place of the one of that name, in any case.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self = self.without_header(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a header out.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers
            .retain(|(key, _)| !key.eq_ignore_ascii_case(name));
        self
    }

    /// A deadline that long after the moment the event is given out.
    pub fn left(self, left: Duration) -> Self {
        let mut event = self.without_header("Lambda-Runtime-Deadline-Ms");
        event.left = Some(left);
        event
    }

    /// The request id, in place of `request-N`.
    pub fn id(mut self, id: &str) -> Self {
        self.id = Some(id.to_owned());
        self
    }

    /// Sends the body in chunks of that many bytes, as the service does for events over 2 KB.
    pub fn chunked(mut self, chunk_bytes: usize) -> Self {
        assert!(chunk_bytes > 0, "a chunk holds at least one byte");
        self.chunk_bytes = Some(chunk_bytes);
        self
    }

    /// Closes the connection after the event, without having said so.
    pub fn closing(mut self) -> Self {
        self.closing = true;
        self
    }

    /// Leaves out the last `count` bytes of what the wire should carry and closes the connection.
    pub fn without_last(mut self, count: usize) -> Self {
        self.cut_bytes = count;
        self.closing()
    }

    /// Whether the runtime can read it to its end.
    pub(super) fn is_whole(&self) -> bool {
        self.cut_bytes == 0
    }

    /// The answer as it goes out for a request with this id.
    pub(super) fn answer(&self, id: &str) -> Answer {
        let mut head = "HTTP/1.1 200 OK\r\n".to_owned();
        let _ = write!(head, "Lambda-Runtime-Aws-Request-Id: {id}\r\n");
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if let Some(left) = self.left {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let deadline = now.expect("a clock that is set") + left;
            let _ = write!(
                head,
                "Lambda-Runtime-Deadline-Ms: {}\r\n",
                deadline.as_millis()
            );
        }
        let mut bytes = head.into_bytes();
        match self.chunk_bytes {
            None => {
                let length = format!("Content-Length: {}\r\n\r\n", self.body.len());
                bytes.extend_from_slice(length.as_bytes());
                bytes.extend_from_slice(&self.body);
            }
            Some(size) => {
                bytes.extend_from_slice(b"Transfer-Encoding: chunked\r\n\r\n");
                for chunk in self.body.chunks(size) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
        }
        bytes.truncate(bytes.len() - self.cut_bytes);
        Answer {
            bytes,
            closing: self.closing,
            ..Answer::close()
        }
    }
}

/// What the mock does with one request.
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) bytes: Vec<u8>,
    pub(super) closing: bool,
    pub(super) holding: bool,
    pub(super) parking: bool,
    pub(super) signal: Option<&'static str>,
    pub(super) before_body: bool,
    draining: bool,
    last_chunk: Option<usize>,
    first_chunk_seen: Option<PathBuf>,
    pub(super) stalled_until: Option<String>,
    pub(super) unfinished: bool,
}

impl Answer {
    /// `202 Accepted` with `{"status":"OK"}`, which every post gets unless the script says else.
    pub fn accepted() -> Self {
        Self::json(202, r#"{"status":"OK"}"#)
    }

    /// A status: 204 without a body, 2xx as [`Answer::accepted`], others with the error body that
    /// the service sends with that status.
    pub fn status(code: u16) -> Self {
        let (kind, message) = match code {
            204 => return Self::bytes("HTTP/1.1 204 No Content\r\n\r\n"),
            200..300 => return Self::json(code, r#"{"status":"OK"}"#),
            400 => ("InvalidRequestID", "Invalid request ID"),
            403 => ("InvalidStateTransition", "State transition is not allowed"),
            410 => ("InvokeTimeout", "Invoke timeout"),
            413 => (
                "RequestEntityTooLarge",
                "Exceeded maximum allowed payload size",
            ),
            _ => ("InternalServerError", "Internal Server Error"),
        };
        Self::json(
            code,
            format!(r#"{{"errorMessage":"{message}","errorType":"{kind}"}}"#),
        )
    }

    /// A status with a body of JSON.
    pub fn json(code: u16, body: impl AsRef<str>) -> Self {
        let body = body.as_ref();
        Self::bytes(format!(
            "HTTP/1.1 {code} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            reason(code),
            body.len()
        ))
    }

    /// These bytes and no others; the connection stays open.
    pub fn bytes(bytes: impl AsRef<[u8]>) -> Self {
        Self {
            bytes: bytes.as_ref().to_vec(),
            closing: false,
            holding: false,
            parking: false,
            signal: None,
            before_body: false,
            draining: false,
            last_chunk: None,
            first_chunk_seen: None,
            stalled_until: None,
            unfinished: false,
        }
    }

    /// Reads the request, then closes the connection without a byte of answer.
    pub fn close() -> Self {
        Self::bytes([]).closing()
    }

    /// Reads the request and never answers.
    pub fn hold() -> Self {
        Self {
            holding: true,
            ..Self::bytes([])
        }
    }

    /// Reads the request and never answers, while the run goes on: the poll of an extension.
    pub fn park() -> Self {
        Self {
            parking: true,
            ..Self::bytes([])
        }
    }

    /// Sends the process this signal, by its name, when the request has come in whole and every
    /// other call that is expected as well. With [`Answer::hold`] the run goes on.
    pub fn signalling(mut self, name: &'static str) -> Self {
        self.parking |= std::mem::take(&mut self.holding);
        self.signal = Some(name);
        self
    }

    /// Closes the connection after the answer.
    pub fn closing(mut self) -> Self {
        self.closing = true;
        self
    }

    /// Sends the first `count` bytes of the answer, then closes the connection.
    pub fn cut_after(mut self, count: usize) -> Self {
        assert!(
            count < self.bytes.len(),
            "the answer has only {} bytes",
            self.bytes.len()
        );
        self.bytes.truncate(count);
        self.closing()
    }

    /// Answers when the headers are there, reads no body and closes, as the service does with 413.
    pub fn before_body(mut self) -> Self {
        self.before_body = true;
        self.closing()
    }

    /// Answers when that many chunks are there, reads no more of them and closes.
    pub fn after_chunks(mut self, count: usize) -> Self {
        assert!(count > 0, "that is before_body");
        self.last_chunk = Some(count);
        self.closing()
    }

    /// Keeps nothing of a body in chunks, only its length.
    pub fn draining(mut self) -> Self {
        self.draining = true;
        self
    }

    /// Makes this file when the first chunk is there.
    pub fn noting_the_first_chunk(mut self, file: &Path) -> Self {
        self.first_chunk_seen = Some(file.to_owned());
        self
    }

    /// Reads no body before the process has written this to stdout.
    pub fn stalled_until(mut self, word: &str) -> Self {
        self.stalled_until = Some(word.to_owned());
        self
    }

    /// The body may break off, and then gets no answer.
    pub fn unfinished(mut self) -> Self {
        self.unfinished = true;
        self
    }

    /// Whether the request has its answer: a client must send what was cut short again.
    pub(super) fn is_complete(&self) -> bool {
        position_of_head_end(&self.bytes).is_some()
    }

    /// The status that the client sees, 0 when it sees none.
    pub(super) fn code(&self) -> u16 {
        std::str::from_utf8(self.bytes.get(9..12).unwrap_or_default())
            .ok()
            .and_then(|code| code.parse().ok())
            .unwrap_or(0)
    }
}

impl Chunks for Answer {
    fn keeps(&self) -> bool {
        !self.draining
    }

    fn came(&self, count: usize) -> bool {
        if count == 1
            && let Some(file) = &self.first_chunk_seen
        {
            fs::write(file, "").expect("a file in a folder of ours");
        }
        self.last_chunk.is_none_or(|last| count < last)
    }
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        410 => "Gone",
        413 => "Request Entity Too Large",
        500 => "Internal Server Error",
        _ => "Status",
    }
}

fn position_of_head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n")
}
