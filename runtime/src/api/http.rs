//! One keep-alive HTTP/1.1 connection, blocking, without any time limit on answers.
//!
//! Ours and not a library's: four system calls an invocation, exact bytes on the wire, declared
//! trailers, and a retry rule that knows which requests are safe to send twice. No proxy, no
//! `Expect`, no redirects, no TLS: the other end is the Lambda sandbox on loopback.

use std::io::{self, IoSlice, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

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

/// A request that got no complete answer.
#[derive(Debug)]
pub struct Failure {
    /// What happened, for people.
    pub message: String,
    /// Whether no byte of an answer had come.
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
        let sent = send(&mut stream, head, body);
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
    /// The value of the field of that name, in any case. An empty value is an absent field, and so
    /// is one that is not plain text: the concurrent core sends empty fields for missing ones.
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
                    self.fill(stream)
                        .map_err(|error| closed(error, "in the middle of an answer"))?;
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

/// Sends both parts, in one system call where the socket takes them.
fn send(stream: &mut TcpStream, head: &[u8], body: &[u8]) -> io::Result<()> {
    let mut slices = [IoSlice::new(head), IoSlice::new(body)];
    let mut left = &mut slices[..if body.is_empty() { 1 } else { 2 }];
    while !left.is_empty() {
        match uninterrupted(|| stream.write_vectored(left))? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            count => IoSlice::advance_slices(&mut left, count),
        }
    }
    Ok(())
}

fn uninterrupted(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
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
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Serves each connection its answers, one a request; every request ends at `\r\n\r\n`.
    fn server(connections: Vec<Vec<&'static [u8]>>) -> Connection {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for answers in connections {
                let (mut stream, _) = listener.accept().unwrap();
                for answer in answers {
                    let mut request = Vec::new();
                    while !request.ends_with(b"\r\n\r\n") {
                        let mut byte = [0];
                        stream.read_exact(&mut byte).unwrap();
                        request.push(byte[0]);
                    }
                    // Byte by byte: an answer may be cut anywhere.
                    for byte in answer {
                        stream.write_all(&[*byte]).unwrap();
                    }
                }
            }
        });
        Connection::new(&host)
    }

    fn ask(connection: &mut Connection, repeatable: bool) -> Result<(u16, String), String> {
        let mut body = Vec::new();
        match connection.exchange(b"GET / HTTP/1.1\r\n\r\n", b"", repeatable, &mut body) {
            Ok(head) => Ok((head.status, String::from_utf8(body).unwrap())),
            Err(failure) => Err(failure.message),
        }
    }

    const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    #[test]
    fn a_body_of_a_given_length_is_read_and_the_connection_kept() {
        let mut connection = server(vec![vec![OK, OK]]);
        assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
        assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
    }

    #[test]
    fn a_chunked_body_is_joined_and_its_trailers_dropped() {
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            4;x=y\r\nWiki\r\nA\r\npedia in\r\n\r\n0\r\nX: y\r\n\r\n";
        let mut connection = server(vec![vec![chunked, OK]]);
        assert_eq!(
            ask(&mut connection, true),
            Ok((200, "Wikipedia in\r\n".to_owned()))
        );
        assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
    }

    #[test]
    fn a_body_without_length_ends_with_the_connection() {
        let until_close = b"HTTP/1.1 200 OK\r\n\r\nall of it";
        let mut connection = server(vec![vec![until_close], vec![OK]]);
        assert_eq!(
            ask(&mut connection, true),
            Ok((200, "all of it".to_owned()))
        );
        assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
    }

    #[test]
    fn informational_heads_are_passed_over_and_204_has_no_body() {
        let head = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        let mut connection = server(vec![vec![head, OK]]);
        assert_eq!(ask(&mut connection, true), Ok((204, String::new())));
        assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
    }

    #[test]
    fn a_kept_connection_that_the_server_closed_is_replaced_once() {
        let mut connection = server(vec![vec![OK], vec![OK]]);
        assert_eq!(ask(&mut connection, false), Ok((200, "ok".to_owned())));
        assert_eq!(ask(&mut connection, false), Ok((200, "ok".to_owned())));
    }

    #[test]
    fn half_an_answer_is_asked_again_only_for_what_may_be_sent_twice() {
        let half: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no";
        let mut connection = server(vec![vec![OK, half], vec![OK]]);
        assert!(ask(&mut connection, true).is_ok());
        assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));

        let mut connection = server(vec![vec![OK, half], vec![OK]]);
        assert!(ask(&mut connection, false).is_ok());
        let failure = ask(&mut connection, false).unwrap_err();
        assert_eq!(
            failure,
            "it closed the connection in the middle of an answer"
        );
    }

    #[test]
    fn a_new_connection_that_fails_is_a_failure() {
        let mut connection = server(vec![vec![]]);
        assert!(ask(&mut connection, true).is_err());
        let mut nobody = Connection::new("127.0.0.1:1");
        assert!(
            ask(&mut nobody, true)
                .unwrap_err()
                .starts_with("cannot connect: ")
        );
    }

    #[test]
    fn what_is_not_http_is_named() {
        let mut connection = server(vec![vec![b"SSH-2.0-OpenSSH\r\n\r\n"]]);
        assert!(ask(&mut connection, true).unwrap_err().contains("not HTTP"));
    }

    #[test]
    fn empty_fields_are_absent_and_names_have_any_case() {
        let head = b"HTTP/1.1 200 OK\r\nX-Empty: \r\ncOnTent-LENGTH: 0\r\n\r\n";
        let mut connection = server(vec![vec![head]]);
        let mut body = Vec::new();
        let head = connection
            .exchange(b"GET / HTTP/1.1\r\n\r\n", b"", true, &mut body)
            .unwrap();
        assert_eq!(
            (head.field("x-empty"), head.field("Content-Length")),
            (None, Some("0"))
        );
    }

    #[test]
    fn a_host_without_a_port_has_port_80() {
        assert_eq!(Connection::new("localhost").host, "localhost:80");
        assert_eq!(Connection::new("[::1]").host, "[::1]:80");
        assert_eq!(Connection::new("[::1]:9001").host, "[::1]:9001");
    }
}
