//! One keep-alive HTTP/1.1 connection, blocking, without any time limit on answers.
//!
//! Ours and not a library's: four system calls an invocation, exact bytes on the wire, and a
//! retry rule that knows which requests are safe to send twice. No proxy, no
//! `Expect`, no redirects, no TLS: the other end is the sandbox on loopback.

mod input;
mod outgoing;
mod send;

use std::io::{self, IoSlice};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::shutdown::Wake;
use input::{Input, malformed};
pub use outgoing::Outgoing;
use send::send;

/// A connection that is opened when first needed and again when the server closed it.
#[derive(Debug)]
pub struct Connection {
    host: String,
    stream: Option<TcpStream>,
    input: Input,
    /// What ends the wait for an answer to a GET.
    wake: Option<Wake>,
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
    /// Whether the process was asked to stop while it waited; then nothing failed.
    pub stopped: bool,
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
            wake: None,
        }
    }

    /// Lets the waits for answers to GETs end when the process is asked to stop.
    pub fn wake_by(&mut self, wake: Wake) {
        self.wake = Some(wake);
    }

    /// Closes what is open; the next request opens anew.
    pub fn close(&mut self) {
        self.stream = None;
    }

    /// Sends `head` as a request without a body, and gives the socket that the answer comes to.
    ///
    /// # Errors
    /// When a new connection cannot be made or breaks.
    pub fn ask(mut self, head: &[u8]) -> Result<TcpStream, Failure> {
        let mut stream = self.opened()?;
        let mut parts = [IoSlice::new(head)];
        send(&mut stream, &mut parts, &mut 0, || Ok(()))
            .map_err(|error| Failure::new(error.to_string(), true))?;
        Ok(stream)
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
        // A GET may wait for hours; the answer to a post comes at once.
        let wake = self.wake.filter(|_| repeatable);
        match self.attempt(head, body, wake, answer) {
            Err(failure) if reused && !failure.stopped && (failure.unanswered || repeatable) => {
                self.attempt(head, body, wake, answer)
            }
            outcome => outcome,
        }
    }

    /// The open connection, or a new one.
    fn opened(&mut self) -> Result<TcpStream, Failure> {
        if let Some(stream) = self.stream.take() {
            return Ok(stream);
        }
        self.input.clear();
        connect(&self.host).map_err(|message| Failure::new(message, true))
    }

    fn attempt(
        &mut self,
        head: &[u8],
        body: &[u8],
        wake: Option<Wake>,
        answer: &mut Vec<u8>,
    ) -> Result<Head, Failure> {
        // Put back only after a complete answer: whatever fails leaves no half-used connection.
        let mut stream = self.opened()?;
        answer.clear();
        // A server that refuses a body closes while we still write it: its answer counts.
        let mut parts = [IoSlice::new(head), IoSlice::new(body)];
        let sent = send(&mut stream, &mut parts, &mut 0, || Ok(()));
        if let (Some(wake), true) = (wake, sent.is_ok())
            // What poll fails of shows in the read as well.
            && wake.comes_before(&stream).unwrap_or(false)
        {
            return Err(Failure {
                stopped: true,
                ..Failure::new("the process was asked to stop".to_owned(), true)
            });
        }
        let received = self.input.head(&mut stream).and_then(|head| {
            self.input.body(&mut stream, head.body, answer)?;
            Ok(head)
        });
        let head = received.map_err(|error| {
            let message = sent.as_ref().err().unwrap_or(&error).to_string();
            Failure::new(message, self.input.total == 0)
        })?;
        if head.keep_alive && sent.is_ok() && self.input.is_empty() {
            self.input.total = 0;
            self.stream = Some(stream);
        }
        Ok(head)
    }
}

impl Failure {
    fn new(message: String, unanswered: bool) -> Self {
        Self {
            message,
            stopped: false,
            unanswered,
        }
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

/// The reference clients wait as long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
