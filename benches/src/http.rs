//! The server's half of HTTP/1.1, as much of it as Runtime API clients use: keep-alive, bodies by
//! length or chunked, `Expect: 100-continue`.

use std::io::{IoSlice, Read, Write};
use std::net::TcpStream;

use anyhow::{Context as _, Result, bail, ensure};

/// One kept-alive connection. Its buffers are reused, so a large body costs no fresh memory.
pub struct Connection {
    stream: TcpStream,
    /// Bytes read and not yet used.
    input: Vec<u8>,
    /// The body of the last request.
    pub body: Vec<u8>,
}

/// The request line; the body is in its [`Connection`].
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// The path as it was sent.
    pub path: String,
}

impl Connection {
    /// Takes over an accepted socket.
    pub fn new(stream: TcpStream) -> Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            input: Vec::new(),
            body: Vec::new(),
        })
    }

    /// Reads one request to the end of its body; `None` when the client has closed.
    pub fn read_request(&mut self) -> Result<Option<Request>> {
        let end = loop {
            if let Some(at) = find(&self.input, b"\r\n\r\n") {
                break at;
            }
            if self.fill()? == 0 {
                ensure!(
                    self.input.is_empty(),
                    "the client closed inside a request's head"
                );
                return Ok(None);
            }
        };
        let head = String::from_utf8(self.input.drain(..end + 4).collect())
            .context("a request's head is not UTF-8")?;
        let mut lines = head.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(path), Some("HTTP/1.1")) =
            (words.next(), words.next(), words.next())
        else {
            bail!("not an HTTP/1.1 request: {head:?}");
        };
        let request = Request {
            method: method.to_owned(),
            path: path.to_owned(),
        };
        let (mut length, mut chunked) = (0, false);
        for line in lines {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().context("content-length")?,
                "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
                "expect" => self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?,
                _ => {}
            }
        }
        self.body.clear();
        if chunked {
            self.read_chunks()?;
        } else {
            self.read_exactly(length)?;
        }
        Ok(Some(request))
    }

    /// Sends head and body in one system call where the socket takes them.
    pub fn send(&mut self, head: &[u8], body: &[u8]) -> Result<()> {
        let written = self
            .stream
            .write_vectored(&[IoSlice::new(head), IoSlice::new(body)])?;
        if written < head.len() {
            self.stream.write_all(&head[written..])?;
        }
        self.stream
            .write_all(&body[written.saturating_sub(head.len())..])?;
        Ok(())
    }

    fn read_chunks(&mut self) -> Result<()> {
        loop {
            let size = self.read_line()?;
            let digits = size.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(digits, 16).context("a chunk's size")?;
            if size == 0 {
                while !self.read_line()?.is_empty() {}
                return Ok(());
            }
            self.read_exactly(size)?;
            ensure!(
                self.read_line()?.is_empty(),
                "a chunk is longer than its size"
            );
        }
    }

    /// Appends `length` bytes of input to the body.
    fn read_exactly(&mut self, length: usize) -> Result<()> {
        let ready = length.min(self.input.len());
        self.body.extend(self.input.drain(..ready));
        let missing = length - ready;
        self.body.reserve(missing);
        let read = (&self.stream)
            .take(missing as u64)
            .read_to_end(&mut self.body)?;
        ensure!(read == missing, "the client closed inside a request's body");
        Ok(())
    }

    fn read_line(&mut self) -> Result<String> {
        loop {
            if let Some(at) = find(&self.input, b"\r\n") {
                let line: Vec<u8> = self.input.drain(..at + 2).take(at).collect();
                return Ok(String::from_utf8(line)?);
            }
            ensure!(self.fill()? > 0, "the client closed inside a chunked body");
        }
    }

    fn fill(&mut self) -> Result<usize> {
        let mut buffer = [0; 16 * 1024];
        let read = self.stream.read(&mut buffer)?;
        self.input.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

/// The body as chunks of 32 KiB, which is how Go's server, behind the real Runtime API, copies it.
pub fn chunked(body: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(body.len() + body.len() / 1_024 + 16);
    for chunk in body.chunks(32 * 1024) {
        wire.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        wire.extend_from_slice(chunk);
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"0\r\n\r\n");
    wire
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}
