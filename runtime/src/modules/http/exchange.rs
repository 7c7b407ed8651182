//! What goes out and what comes back: [`Request`], [`Body`], [`Limits`], [`Head`], [`Stream`].

use std::io::{self, Read};
use std::time::{Duration, Instant};

use flate2::read::MultiGzDecoder;
use ureq::http::{HeaderMap, Method, StatusCode, header};
use ureq::{Body as RawBody, BodyReader};

use super::fault::{Fault, Kind};
use super::room::Room;
use super::upload::Upload;
use super::url::Url;

/// A request, checked, but for its body.
#[derive(Clone, Debug)]
pub struct Request {
    /// A method in capitals; never `CONNECT`.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// The user's and ours.
    pub headers: HeaderMap,
    /// How many redirects are followed.
    pub redirects: u32,
    /// Whether a body in gzip is decoded: not when the user asked for an encoding.
    pub decodes: bool,
    /// Until when, and how much.
    pub limits: Limits,
}

/// What is sent after the head.
pub enum Body<'a> {
    /// Nothing.
    None,
    /// Bytes, which can be sent again.
    Bytes(&'a [u8]),
    /// What is made while it is sent; in chunks unless the headers give a length.
    Made(&'a mut Upload),
}

/// The limits of one request.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest that the user wants to wait for the whole answer.
    timeout: Duration,
    /// When the invocation is interrupted.
    deadline: Option<Instant>,
    /// When the whole answer must be there.
    until: Instant,
    /// The most that a connection may take: name, TCP, proxy and TLS together.
    pub connect: Duration,
    /// The largest body taken, decoded, in bytes.
    pub max_body: u64,
}

impl Limits {
    /// The limits of a request that begins now.
    pub fn new(
        timeout: Duration,
        deadline: Option<Instant>,
        connect: Duration,
        max_body: u64,
    ) -> Self {
        let mut limits = Self {
            timeout,
            deadline,
            until: Instant::now(),
            connect,
            max_body,
        };
        limits.begin();
        limits
    }

    /// Begins anew, for a request that had to wait for others.
    pub fn begin(&mut self) {
        let until = Instant::now() + self.timeout;
        self.until = self.deadline.map_or(until, |deadline| deadline.min(until));
    }

    /// The time left.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// The fault of a request whose time is over.
    pub fn over(&self, host: &str) -> Fault {
        let message = if self.deadline == Some(self.until) {
            format!("{host} did not answer before the deadline of this invocation")
        } else {
            format!(
                "{host} did not answer within {} s; raise timeout if it needs longer",
                self.timeout.as_secs_f64()
            )
        };
        Fault::new(Kind::Timeout, message)
    }
}

/// The head of an answer.
#[derive(Debug)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The headers, without those that the decoding made untrue.
    pub headers: HeaderMap,
    /// Where the answer came from: the last redirect's target.
    pub url: Url,
}

/// The body of an answer while it comes in. Its connection is kept when it was read to the end.
pub struct Stream {
    source: Source,
    host: String,
    limits: Limits,
    taken: u64,
    /// The whole body's length, where the server has announced it.
    length: Option<usize>,
}

enum Source {
    /// There is none, or it came to its end.
    Empty,
    Plain(BodyReader<'static>),
    /// Gzip whose first byte has not come yet; a body of no bytes is none.
    Unopened(BodyReader<'static>),
    Gzip(Box<MultiGzDecoder<Opened>>),
}

type Opened = io::Chain<io::Cursor<[u8; 1]>, BodyReader<'static>>;

impl Stream {
    /// The body of an answer to `request`; takes out of its headers what decoding makes untrue.
    pub fn new(request: &Request, head: &mut Head, body: RawBody) -> Self {
        let none = request.method == Method::HEAD
            || matches!(
                head.status,
                StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED
            );
        let mut length = None;
        let source = if none {
            Source::Empty
        } else if request.decodes && is_gzip(&head.headers) {
            head.headers.remove(header::CONTENT_ENCODING);
            head.headers.remove(header::CONTENT_LENGTH);
            Source::Unopened(body.into_reader())
        } else {
            length = body
                .content_length()
                .and_then(|length| length.try_into().ok());
            Source::Plain(body.into_reader())
        };
        Self {
            source,
            host: head.url.authority().to_owned(),
            limits: request.limits.clone(),
            taken: 0,
            length,
        }
    }

    /// Reads as much as is there, at most `buffer`; 0 at the end.
    ///
    /// # Errors
    /// The connection's, the decoder's, the limits'.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        let count = self.read_raw(buffer).map_err(|error| self.fault(error))?;
        self.taken += count as u64;
        if self.taken > self.limits.max_body {
            self.source = Source::Empty;
            return Err(self.too_large());
        }
        if count == 0 {
            self.source = Source::Empty;
        }
        Ok(count)
    }

    /// Reads the whole rest, as far as there is `room`: twice its size, for it and the Lua string
    /// that it becomes. When that is used up, `collect` may find more, once, and says how much.
    ///
    /// # Errors
    /// As [`Stream::read`]; a body that has no room is too large.
    pub fn whole(
        &mut self,
        room: &Room,
        collect: impl FnOnce() -> usize,
    ) -> Result<Vec<u8>, Fault> {
        let mut collect = Some(collect);
        let mut take = |bytes: usize| {
            let bytes = bytes.saturating_mul(2);
            room.take(bytes) || {
                room.give(collect.take().map_or(0, |collect| collect()));
                room.take(bytes)
            }
        };
        // Makes the body hold `bytes` in all.
        let mut grow = |body: &mut Vec<u8>, bytes: usize| {
            let more = bytes.saturating_sub(body.capacity());
            if !take(more) {
                return Err(());
            }
            body.reserve_exact(bytes - body.len());
            Ok(())
        };
        let mut body = Vec::new();
        let mut piece = vec![0; PIECE_BYTES];
        // What is known to be too large is not waited for.
        let length = self.length.take().unwrap_or(0);
        let fault = loop {
            if length as u64 > self.limits.max_body {
                break self.too_large();
            }
            if body.is_empty() && grow(&mut body, length).is_err() {
                break self.no_room();
            }
            let count = match self.read(&mut piece) {
                Ok(0) => return Ok(body),
                Ok(count) => count,
                Err(fault) => break fault,
            };
            let needed = body.len() + count;
            if needed > body.capacity() {
                let most = usize::try_from(self.limits.max_body).unwrap_or(usize::MAX);
                let had = body.capacity();
                let [double, eighth] = [had, had / 8].map(|more| needed.max(had + more).min(most));
                if grow(&mut body, double).is_err() && grow(&mut body, eighth).is_err() {
                    break self.no_room();
                }
            }
            body.extend_from_slice(&piece[..count]);
        };
        self.source = Source::Empty;
        room.give(body.capacity().saturating_mul(2));
        Err(fault)
    }

    fn too_large(&self) -> Fault {
        let message = format!(
            "the body of the answer of {} is larger than {} bytes; raise max_body, or read it in \
             pieces with stream = true",
            self.host, self.limits.max_body
        );
        Fault::new(Kind::TooLarge, message)
    }

    fn no_room(&self) -> Fault {
        let message = format!(
            "the body of the answer of {} does not fit into the memory that Lua has left; read it \
             in pieces with stream = true, or raise the function's memory size",
            self.host
        );
        Fault::new(Kind::TooLarge, message)
    }

    fn read_raw(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Source::Unopened(_) = &self.source {
            let Source::Unopened(mut reader) = std::mem::replace(&mut self.source, Source::Empty)
            else {
                return Ok(0);
            };
            let mut first = [0];
            if reader.read(&mut first)? == 0 {
                return Ok(0);
            }
            let opened = io::Cursor::new(first).chain(reader);
            self.source = Source::Gzip(Box::new(MultiGzDecoder::new(opened)));
        }
        match &mut self.source {
            Source::Empty | Source::Unopened(_) => Ok(0),
            Source::Plain(reader) => reader.read(buffer),
            Source::Gzip(decoder) => decoder.read(buffer),
        }
    }

    fn fault(&mut self, error: io::Error) -> Fault {
        let damaged = matches!(self.source, Source::Gzip(_))
            && matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
            )
            && error
                .get_ref()
                .is_none_or(|inner| !inner.is::<rustls::Error>());
        self.source = Source::Empty;
        if damaged {
            let message = format!("{} sent a gzip body that is damaged: {error}", self.host);
            return Fault::new(Kind::Closed, message);
        }
        Fault::of_io(error, &self.host, &self.limits)
    }
}

fn is_gzip(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_ENCODING).is_some_and(|value| {
        ["gzip", "x-gzip"].iter().any(|name| {
            value
                .as_bytes()
                .trim_ascii()
                .eq_ignore_ascii_case(name.as_bytes())
        })
    })
}

/// What one read takes at most.
pub const PIECE_BYTES: usize = 32 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(timeout: u64, deadline: Option<u64>) -> Limits {
        let deadline = deadline.map(|left| Instant::now() + Duration::from_secs(left));
        Limits::new(
            Duration::from_secs(timeout),
            deadline,
            Duration::from_secs(1),
            1,
        )
    }

    #[test]
    fn the_earlier_of_time_out_and_deadline_ends_a_request() {
        assert!(limits(100, Some(10)).left() <= Duration::from_secs(10));
        assert!(limits(10, Some(100)).left() <= Duration::from_secs(10));
        assert!(limits(100, None).left() > Duration::from_secs(90));
        assert!(limits(100, Some(0)).left().is_zero());
    }

    #[test]
    fn the_fault_says_which_of_them_it_was() {
        let over = |limits: Limits| limits.over("h").message;
        let deadline = "h did not answer before the deadline of this invocation";
        assert_eq!(over(limits(100, Some(10))), deadline);
        for limits in [limits(10, Some(100)), limits(10, None)] {
            let timeout = "h did not answer within 10 s; raise timeout if it needs longer";
            assert_eq!(over(limits), timeout);
        }
    }

    #[test]
    fn a_request_that_waited_for_others_has_its_time_but_not_past_the_deadline() {
        let mut late = limits(50, Some(100));
        late.until = Instant::now();
        late.begin();
        assert!(late.left() > Duration::from_secs(40));
        late.deadline = Some(Instant::now());
        late.begin();
        assert!(late.left().is_zero());
    }
}
