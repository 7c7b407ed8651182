//! One HTTP message as it stood on the wire, and what it says.

use std::{
    io::{self, ErrorKind, Read},
    time::Instant,
};

/// A request that the mock received.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `POST`.
    pub method: String,
    /// As it was sent, base path included.
    pub path: String,
    /// In the order they came, names spelled as they came.
    pub headers: Vec<(String, String)>,
    /// The body without its chunk framing; empty when the answer said to drain it.
    pub body: Vec<u8>,
    /// How long the body was.
    pub body_bytes: usize,
    /// The chunks one by one, the empty last one left out; `None` when the body was not chunked.
    pub chunks: Option<Vec<Vec<u8>>>,
    /// What followed the last chunk.
    pub trailers: Vec<(String, String)>,
    /// Every byte of it.
    pub raw: Vec<u8>,
    /// The connection it came over, counted from 0.
    pub connection: usize,
    /// How many bytes stood on the process's stdout when the request was complete.
    pub stdout_bytes: usize,
    /// When the request was complete.
    pub at: Instant,
}

impl Request {
    /// The value of a header, its name in any case; panics when it is there twice.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The value of a trailer, its name in any case.
    #[track_caller]
    pub fn trailer(&self, name: &str) -> Option<&str> {
        find(&self.trailers, name)
    }

    /// The body as text; panics when it is not UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of UTF-8")
    }

    /// The body as JSON; panics when it is not.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{error} in {}", String::from_utf8_lossy(&self.body)),
        }
    }
}

/// The parts that requests and replies share.
pub struct Message {
    pub start: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub body_bytes: usize,
    pub chunks: Option<Vec<Vec<u8>>>,
    pub trailers: Vec<(String, String)>,
    pub raw: Vec<u8>,
}

/// What becomes of the chunks of a body, one by one.
pub trait Chunks {
    /// Whether to keep them; otherwise their bytes are counted, and no more.
    fn keeps(&self) -> bool {
        true
    }

    /// Told when `count` chunks have come; false to read no further.
    fn came(&self, _count: usize) -> bool {
        true
    }
}

/// Keeps all.
pub struct Whole;

impl Chunks for Whole {}

/// How the end of a body is found where no header says it.
#[derive(Clone, Copy, PartialEq)]
pub enum Unsized {
    /// A request: there is none.
    Empty,
    /// A reply: it ends with the connection.
    UntilClosed,
}

/// Reads messages off a connection; keeps what it read too much.
pub struct Reader<R> {
    source: R,
    buffer: Vec<u8>,
    used: usize,
}

impl<R: Read> Reader<R> {
    pub fn new(source: R) -> Self {
        Self {
            source,
            buffer: Vec::new(),
            used: 0,
        }
    }

    /// Reads start line and headers; `None` when the connection ended before the first byte.
    ///
    /// # Errors
    /// A connection that ends in the middle, and everything that RFC 9112 does not allow.
    pub fn head(&mut self) -> io::Result<Option<Message>> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let end = loop {
            if let Some(at) = position(&self.buffer, b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more()? {
                if self.buffer.is_empty() {
                    return Ok(None);
                }
                return Err(bad(format!("ended within the head: {:?}", self.seen())));
            }
        };
        self.used = end;
        let head = std::str::from_utf8(&self.buffer[..end - 4])
            .map_err(|_| bad("a head that is not UTF-8".into()))?;
        let mut lines = head.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let headers = lines.map(field).collect::<io::Result<_>>()?;
        Ok(Some(Message {
            start,
            headers,
            body: Vec::new(),
            body_bytes: 0,
            chunks: None,
            trailers: Vec::new(),
            raw: self.buffer[..end].to_vec(),
        }))
    }

    /// Reads the body that belongs to `message`.
    ///
    /// # Errors
    /// As [`Reader::head`].
    pub fn body(
        &mut self,
        message: &mut Message,
        otherwise: Unsized,
        chunks: &impl Chunks,
    ) -> io::Result<()> {
        let length = find(&message.headers, "Content-Length").map(str::to_owned);
        let coding = find(&message.headers, "Transfer-Encoding").map(str::to_owned);
        match (length, coding.as_deref()) {
            (Some(_), Some(_)) => return Err(bad("both a length and a transfer coding".into())),
            (None, Some("chunked")) => self.chunked(message, chunks)?,
            (None, Some(other)) => return Err(bad(format!("transfer coding {other:?}"))),
            (Some(length), None) => {
                let length = length
                    .parse()
                    .map_err(|_| bad(format!("length {length:?}")))?;
                message.body = self.take(length)?;
            }
            (None, None) if otherwise == Unsized::Empty => {}
            (None, None) => {
                while self.more()? {}
                message.body = self.buffer[self.used..].to_vec();
                self.used = self.buffer.len();
            }
        }
        if message.chunks.is_none() {
            message.body_bytes = message.body.len();
        }
        message.raw = self.buffer[..self.used].to_vec();
        Ok(())
    }

    fn chunked(&mut self, message: &mut Message, told: &impl Chunks) -> io::Result<()> {
        let (mut chunks, mut count) = (Vec::new(), 0);
        loop {
            let line = self.line()?;
            let size = usize::from_str_radix(&line, 16)
                .map_err(|_| bad(format!("chunk size {line:?}")))?;
            if size == 0 {
                break;
            }
            let chunk = self.take(size)?;
            let end = self.line()?;
            if !end.is_empty() {
                return Err(bad(format!("{end:?} after a chunk")));
            }
            message.body_bytes += size;
            if told.keeps() {
                chunks.push(chunk);
            } else {
                self.buffer.drain(..self.used);
                self.used = 0;
            }
            count += 1;
            if !told.came(count) {
                message.body = chunks.concat();
                message.chunks = Some(chunks);
                return Ok(());
            }
        }
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            message.trailers.push(field(&line)?);
        }
        message.body = chunks.concat();
        message.chunks = Some(chunks);
        Ok(())
    }

    fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < self.used + count {
            if !self.more()? {
                let have = self.buffer.len() - self.used;
                return Err(bad(format!(
                    "ended after {have} of {count} bytes of a body"
                )));
            }
        }
        let bytes = self.buffer[self.used..self.used + count].to_vec();
        self.used += count;
        Ok(bytes)
    }

    fn line(&mut self) -> io::Result<String> {
        let end = loop {
            if let Some(at) = position(&self.buffer[self.used..], b"\r\n") {
                break self.used + at;
            }
            if !self.more()? {
                return Err(bad("ended within a line".into()));
            }
        };
        let line = String::from_utf8(self.buffer[self.used..end].to_vec())
            .map_err(|_| bad("a line that is not UTF-8".into()))?;
        self.used = end + 2;
        Ok(line)
    }

    fn more(&mut self) -> io::Result<bool> {
        let mut piece = [0; 65_536];
        loop {
            match self.source.read(&mut piece) {
                Ok(count) => {
                    self.buffer.extend_from_slice(&piece[..count]);
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn seen(&self) -> String {
        String::from_utf8_lossy(&self.buffer).into_owned()
    }
}

/// A message that breaks a rule.
pub fn bad(what: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

/// One field's value; panics when the field is there twice, because none of ours may be.
#[track_caller]
pub fn find<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = fields
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case(name));
    let first = found.next();
    assert!(
        found.next().is_none(),
        "the field {name} is there twice: {fields:?}"
    );
    first.map(|(_, value)| value.as_str())
}

fn field(line: &str) -> io::Result<(String, String)> {
    let (name, value) = line
        .split_once(':')
        .ok_or_else(|| bad(format!("the line {line:?}")))?;
    // RFC 9110 §5.6.2: a name is a token, with no white space before the colon (RFC 9112 §5.1).
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        return Err(bad(format!("the field name {name:?}")));
    }
    let value = value.trim_matches([' ', '\t']);
    // One line of printable ASCII: more is not safe in a header of the Runtime API.
    if !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return Err(bad(format!("the value {value:?} of {name}")));
    }
    Ok((name.to_owned(), value.to_owned()))
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
