//! What a connection receives: heads, and bodies in each of their framings.

use std::io::{self, Read};
use std::net::TcpStream;

use super::send::uninterrupted;
use super::{Framing, Head};

/// Bytes that were read from the connection and belong to what is parsed next.
#[derive(Debug, Default)]
pub struct Input {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes read since the request was sent.
    pub total: u64,
}

impl Input {
    pub fn clear(&mut self) {
        (self.start, self.end, self.total) = (0, 0, 0);
    }

    pub fn is_empty(&self) -> bool {
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
    pub fn head(&mut self, stream: &mut TcpStream) -> io::Result<Head> {
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

    pub fn body(
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

fn closed(error: io::Error, when: &str) -> io::Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            io::Error::other(format!("it closed the connection {when}"))
        }
        _ => error,
    }
}

pub fn malformed(what: &str) -> io::Error {
    io::Error::other(format!("it sent what is not HTTP: {what}"))
}

/// More than the chunks that the service sends, so that one read takes several.
const BUFFER_BYTES: usize = 128 * 1024;
/// 1 MB is the service's limit for all headers.
const HEAD_LIMIT_BYTES: usize = 4 * 1024 * 1024;
const EVENT_LIMIT_BYTES: u64 = 8 * 1024 * 1024;
const MAX_FIELDS: usize = 64;
