//! One keep-alive HTTP/1.1 connection, blocking, without any time limit on answers.
//!
//! Ours and not a library's: four system calls an invocation, exact bytes on the wire, and a
//! retry rule that knows which requests are safe to send twice. No proxy, no
//! `Expect`, no redirects, no TLS: the other end is the sandbox on loopback.

mod outgoing;
mod send;

use std::io::{self, IoSlice, Read};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

pub use outgoing::Outgoing;
use send::{send, uninterrupted};

/// A connection that is opened when first needed and again when the server closed it.
#[derive(Debug)]
pub struct Connection {
    host: String,
    stream: Option<TcpStream>,
    input: Input,
}

/// The head of an answer.
#[derive(Debug, Default)]
pub struct Head {
    /// The status code.
    pub status: u16,
    fields: Vec<(String, Vec<u8>)>,
    keep_alive: bool,
    body: Framing,
}

/// A request that got no complete answer; `unanswered` when no byte of one had come.
#[derive(Debug)]
pub struct Failure {
    /// What happened, for people.
    pub message: String,
    unanswered: bool,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Framing {
    #[default]
    None,
    Length(u64),
    Chunked,
    UntilClose,
}

impl Connection {
    /// A connection to `host` (`name:port` or `name`, then port 80); nothing is opened yet.
    pub fn new(host: &str) -> Self {
        let port_given = host
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.contains(']'));
        let host = if port_given {
            host.to_owned()
        } else {
            format!("{host}:80")
        };
        Self {
            host,
            stream: None,
            input: Input::default(),
        }
    }

    /// Sends `head` and `body` as one request and reads the answer, its body into `answer`.
    ///
    /// A kept-alive connection may turn out to be closed: then the request is sent once more on a
    /// new one. One that must not be sent twice (`repeatable` is false) only when no byte
    /// of an answer came (RFC 9112, 9.3.1).
    ///
    /// # Errors
    /// When a new connection cannot be made or breaks.
    pub fn exchange(
        &mut self,
        head: &[u8],
        body: &[u8],
        repeatable: bool,
        answer: &mut Vec<u8>,
    ) -> Result<Head, Failure> {
        let reused = self.stream.is_some();
        match self.attempt(head, body, answer) {
            Err(failure) if reused && (failure.unanswered || repeatable) => {
                self.attempt(head, body, answer)
            }
            outcome => outcome,
        }
    }

    fn attempt(&mut self, head: &[u8], body: &[u8], answer: &mut Vec<u8>) -> Result<Head, Failure> {
        // Put back only after a complete answer: whatever fails leaves no half-used connection.
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                self.input.clear();
                connect(&self.host).map_err(|message| Failure {
                    message,
                    unanswered: true,
                })?
            }
        };
        answer.clear();
        // A server that refuses a body closes while we still write it: its answer counts.
        let mut parts = [IoSlice::new(head), IoSlice::new(body)];
        let sent = send(&mut stream, &mut parts, &mut 0, || Ok(()));
        let received = self.input.head(&mut stream).and_then(|head| {
            self.input.body(&mut stream, head.body, answer)?;
            Ok(head)
        });
        let head = received.map_err(|error| Failure {
            message: sent.as_ref().err().unwrap_or(&error).to_string(),
            unanswered: self.input.total == 0,
        })?;
        if head.keep_alive && sent.is_ok() && self.input.is_empty() {
            self.input.total = 0;
            self.stream = Some(stream);
        }
        Ok(head)
    }
}

impl Head {
    /// The value of the field of that name, in any case. One that is empty (as the service sends
    /// for missing ones) or no text is absent.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self
            .fields
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = std::str::from_utf8(&found?.1).ok()?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// RFC 9112, 6.3: how long the body is. `head` is complete.
    fn new(head: &httparse::Response<'_, '_>) -> io::Result<Self> {
        let own = |field: &httparse::Header<'_>| (field.name.to_owned(), field.value.to_vec());
        let mut this = Self {
            status: head.code.unwrap_or_default(),
            fields: head.headers.iter().map(own).collect(),
            keep_alive: false,
            body: Framing::None,
        };
        let http_1_1 = head.version == Some(1);
        let has = |name, word: &str| {
            this.field(name).is_some_and(|value| {
                value
                    .split(',')
                    .any(|part| part.trim().eq_ignore_ascii_case(word))
            })
        };
        let mut keep_alive = if http_1_1 {
            !has("connection", "close")
        } else {
            has("connection", "keep-alive")
        };
        let body = if matches!(this.status, 100..=199 | 204 | 304) {
            Framing::None
        } else if has("transfer-encoding", "chunked") {
            Framing::Chunked
        } else if let Some(length) = this.field("content-length") {
            Framing::Length(length.parse().map_err(|_| malformed("a Content-Length"))?)
        } else {
            keep_alive = false;
            Framing::UntilClose
        };
        (this.keep_alive, this.body) = (keep_alive, body);
        Ok(this)
    }
}

/// Bytes that were read from the connection and belong to what is parsed next.
#[derive(Debug, Default)]
struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes read since the request was sent.
    total: u64,
}

impl Input {
    fn clear(&mut self) {
        (self.start, self.end, self.total) = (0, 0, 0);
    }

    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Reads at least one more byte behind those that are there.
    fn fill(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        if self.is_empty() {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() && self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.buffer.len() {
            let size = (self.buffer.len() * 2).clamp(BUFFER_BYTES, HEAD_LIMIT_BYTES);
            if size == self.buffer.len() {
                return Err(malformed("a head or chunk line of over 4 MB"));
            }
            // Fresh zeroed memory, not `resize`: pages that no event reaches are never touched.
            let mut larger = vec![0; size];
            larger[..self.end].copy_from_slice(&self.buffer);
            self.buffer = larger;
        }
        let count = uninterrupted(|| stream.read(&mut self.buffer[self.end..]))?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.end += count;
        self.total += count as u64;
        Ok(())
    }

    /// Parses a head, over any informational ones.
    fn head(&mut self, stream: &mut TcpStream) -> io::Result<Head> {
        loop {
            if self.is_empty() {
                self.fill(stream)
                    .map_err(|error| closed(error, "before it answered"))?;
            }
            let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
            let mut head = httparse::Response::new(&mut fields);
            match head.parse(self.bytes()) {
                Ok(httparse::Status::Complete(length)) => {
                    let head = Head::new(&head)?;
                    self.start += length;
                    if head.status >= 200 {
                        return Ok(head);
                    }
                }
                Ok(httparse::Status::Partial) => {
                    let within = |error| closed(error, "in the middle of an answer");
                    self.fill(stream).map_err(within)?;
                }
                Err(error) => return Err(malformed(&format!("an HTTP head ({error})"))),
            }
        }
    }

    fn body(
        &mut self,
        stream: &mut TcpStream,
        framing: Framing,
        into: &mut Vec<u8>,
    ) -> io::Result<()> {
        let read = match framing {
            Framing::None => Ok(()),
            Framing::Length(length) => self.exactly(stream, length, into),
            Framing::Chunked => self.chunked(stream, into),
            Framing::UntilClose => {
                into.extend_from_slice(self.bytes());
                self.start = self.end;
                stream.read_to_end(into).map(drop)
            }
        };
        read.map_err(|error| closed(error, "in the middle of an answer"))
    }

    /// Takes the next `length` bytes.
    fn exactly(
        &mut self,
        stream: &mut TcpStream,
        length: u64,
        into: &mut Vec<u8>,
    ) -> io::Result<()> {
        let here = length.min(self.bytes().len() as u64);
        into.extend_from_slice(&self.bytes()[..here as usize]);
        self.start += here as usize;
        let missing = length - here;
        if missing > 0 {
            // No more is reserved at once than the service ever sends.
            into.reserve(missing.min(EVENT_LIMIT_BYTES) as usize);
            let count = stream.take(missing).read_to_end(into)? as u64;
            self.total += count;
            if count < missing {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }

    /// RFC 9112, 7.1. Trailers are read and dropped.
    fn chunked(&mut self, stream: &mut TcpStream, into: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let size = loop {
                match httparse::parse_chunk_size(self.bytes()) {
                    Ok(httparse::Status::Complete((length, size))) => {
                        self.start += length;
                        break size;
                    }
                    Ok(httparse::Status::Partial) => self.fill(stream)?,
                    Err(_) => return Err(malformed("a chunk size")),
                }
            };
            if size == 0 {
                while !self.line(stream)?.is_empty() {}
                return Ok(());
            }
            self.chunk(stream, size, into)?;
            if !self.line(stream)?.is_empty() {
                return Err(malformed("a chunk longer than its size"));
            }
        }
    }

    /// Takes the data of a chunk; small ones through the buffer, many to a system call.
    fn chunk(&mut self, stream: &mut TcpStream, size: u64, into: &mut Vec<u8>) -> io::Result<()> {
        let mut left = size;
        while left > 0 && (left as usize) < BUFFER_BYTES {
            if self.is_empty() {
                self.fill(stream)?;
            }
            let here = left.min(self.bytes().len() as u64);
            into.extend_from_slice(&self.bytes()[..here as usize]);
            self.start += here as usize;
            left -= here;
        }
        self.exactly(stream, left, into)
    }

    /// Takes a line, without its end.
    fn line(&mut self, stream: &mut TcpStream) -> io::Result<Vec<u8>> {
        loop {
            if let Some(length) = self.bytes().iter().position(|byte| *byte == b'\n') {
                let line = self.bytes()[..length].to_vec();
                self.start += length + 1;
                return Ok(line
                    .strip_suffix(b"\r")
                    .map_or(line.clone(), <[u8]>::to_vec));
            }
            self.fill(stream)?;
        }
    }
}

fn connect(host: &str) -> Result<TcpStream, String> {
    let failed = |error: io::Error| format!("cannot connect: {error}");
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in host.to_socket_addrs().map_err(failed)? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(failed)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

fn closed(error: io::Error, when: &str) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            io::Error::other(format!("it closed the connection {when}"))
        }
        _ => error,
    }
}

fn malformed(what: &str) -> io::Error {
    io::Error::other(format!("it sent what is not HTTP: {what}"))
}

/// The reference clients wait as long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// More than the chunks that the service sends, so that one read takes several.
const BUFFER_BYTES: usize = 128 * 1024;
/// 1 MB is the service's limit for all headers.
const HEAD_LIMIT_BYTES: usize = 4 * 1024 * 1024;
const EVENT_LIMIT_BYTES: u64 = 8 * 1024 * 1024;
const MAX_FIELDS: usize = 64;

#[cfg(test)]
mod tests;
