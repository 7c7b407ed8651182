//! `ResponseStream`: the response to one invocation, sent while its handler makes it.
//!
//! What goes over the wire, and when: nothing before the first write or the end, then each write as
//! one chunk, at once. Where it goes is [`Upload`].

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::io::{self, IoSlice};
use std::time::Instant;

use mlua::LuaString;

use crate::api::upload::{self, Upload};
use crate::api::{Fault, Verdict};
use crate::error::ErrorReport;

/// The response to one invocation. What it takes after its end, it refuses.
#[derive(Debug)]
pub struct ResponseStream(RefCell<Phase>);

#[derive(Debug)]
enum Phase {
    Waiting(Form),
    Sending(Sending),
    Over(Over),
}

/// What the bytes are, as far as the handler has said.
#[derive(Debug)]
enum Form {
    /// Nothing was said.
    Plain,
    /// Bytes of this content type.
    Typed(String),
    /// The body of an HTTP response, whose status and headers are this JSON.
    Http(Vec<u8>),
}

#[derive(Debug)]
struct Sending {
    upload: Upload,
    /// The head of the request, until the first message goes with it.
    head: Vec<u8>,
    /// What is not sent; empty between two writes, unless the deadline stopped one.
    queue: VecDeque<Message>,
    /// How much of the first message is.
    sent: usize,
}

/// Bytes that go out in one system call where the socket takes them.
#[derive(Debug)]
struct Message {
    head: Vec<u8>,
    /// Lua's own strings: nothing is copied.
    data: Vec<LuaString>,
    tail: &'static [u8],
}

/// Why nothing more is taken.
#[derive(Debug)]
enum Over {
    /// The handler is done.
    Ended,
    /// The service has said that it took the response, before its end.
    Taken,
    Refused {
        status: u16,
        reason: String,
    },
    Lost(Fault),
}

impl ResponseStream {
    /// Makes it the response of an HTTP front end, whose status and headers are the JSON `prelude`.
    ///
    /// # Errors
    /// When it was called before, or after a write.
    pub fn start(&self, prelude: Vec<u8>) -> Result<(), String> {
        self.form("start", Form::Http(prelude), |form| match form {
            Form::Plain => None,
            Form::Typed(_) => Some("start: content_type was called; put it into start's headers"),
            Form::Http(_) => Some("start: it was called before; once is all"),
        })
    }

    /// Says what the bytes are; `application/octet-stream` unless called.
    ///
    /// # Errors
    /// After [`start`](Self::start), or after a write.
    pub fn content_type(&self, content_type: String) -> Result<(), String> {
        self.form(
            "content_type",
            Form::Typed(content_type),
            |form| match form {
                Form::Plain | Form::Typed(_) => None,
                Form::Http(_) => {
                    Some("content_type: start was called; put content-type into its headers")
                }
            },
        )
    }

    fn form(
        &self,
        function: &str,
        new: Form,
        objection: impl Fn(&Form) -> Option<&'static str>,
    ) -> Result<(), String> {
        match &mut *self.0.borrow_mut() {
            Phase::Waiting(form) => match objection(form) {
                Some(objection) => Err(objection.to_owned()),
                None => {
                    *form = new;
                    Ok(())
                }
            },
            Phase::Sending(_) => Err(format!(
                "{function}: the response has begun; call it before the first write"
            )),
            Phase::Over(over) => Err(format!("{function}: {over}")),
        }
    }

    /// Sends `data` as one chunk and waits until it has left. No bytes are no chunk: an empty one
    /// would be the end.
    ///
    /// `open` gives the post and its head for a content type, when this is the first to be sent.
    /// When a signal interrupts the wait and `expired` says that the deadline has passed, the rest
    /// is left to [`end`](Self::end), and another write is an error.
    ///
    /// # Errors
    /// After the end, also when it was the service that ended it.
    pub fn write(
        &self,
        mut data: Vec<LuaString>,
        open: impl FnOnce(&str) -> Result<(Upload, String), Fault>,
        expired: &dyn Fn() -> bool,
    ) -> Result<(), String> {
        let phase = &mut *self.0.borrow_mut();
        match phase {
            Phase::Over(over) => return Err(format!("write: {over}")),
            Phase::Sending(sending) if sending.is_cut() => return Err(format!("write: {CUT}")),
            _ => {}
        }
        data.retain(|part| !part.as_bytes().is_empty());
        if data.is_empty() {
            return Ok(());
        }
        // What the phase stays at when sending panics.
        let (next, outcome) = match std::mem::replace(phase, Phase::Over(Over::Ended)).begin(open) {
            Ok(mut sending) => {
                sending.push(Message::chunk(data));
                sending.flush(expired)
            }
            Err(over) => over.result(),
        };
        *phase = next;
        outcome.map_err(|why| format!("write: {why}"))
    }

    /// Whether anything was sent, or tried to be: then an error is no ordinary failure any more.
    pub fn has_begun(&self) -> bool {
        !matches!(*self.0.borrow(), Phase::Waiting(_))
    }

    /// Whether the deadline stopped a write, whose rest is still to be sent.
    pub fn is_cut(&self) -> bool {
        matches!(&*self.0.borrow(), Phase::Sending(sending) if sending.is_cut())
    }

    /// Takes no more writes, and sends nothing.
    pub fn close(&self) {
        self.0.replace(Phase::Over(Over::Ended));
    }

    /// Sends what is left and the end, with `report` in its trailers, and reads what the service
    /// says. `open` is as in [`write`](Self::write). `None` when that did not happen by `until`.
    ///
    /// # Errors
    /// When the API cannot be reached, or the service says that this process is lost.
    pub fn end(
        &self,
        report: Option<&ErrorReport>,
        until: Option<Instant>,
        open: impl FnOnce(&str) -> Result<(Upload, String), Fault>,
    ) -> Result<Option<Verdict>, Fault> {
        match self.0.replace(Phase::Over(Over::Ended)).begin(open) {
            Ok(mut sending) => {
                sending.push(Message::bytes(upload::end(report)));
                sending.upload.end_by(until);
                let sent = sending.send(&|| false);
                sending.upload.answer(sent.err())
            }
            Err(Over::Refused { status, reason }) => Ok(Some(Verdict::Refused { status, reason })),
            Err(Over::Lost(fault)) => Err(fault),
            Err(Over::Taken | Over::Ended) => Ok(Some(Verdict::Accepted)),
        }
    }
}

impl Phase {
    /// Opens the post, unless that has happened.
    fn begin(
        self,
        open: impl FnOnce(&str) -> Result<(Upload, String), Fault>,
    ) -> Result<Sending, Over> {
        let form = match self {
            Self::Waiting(form) => form,
            Self::Sending(sending) => return Ok(sending),
            Self::Over(over) => return Err(over),
        };
        let content_type = match &form {
            Form::Plain => "application/octet-stream",
            Form::Typed(content_type) => content_type,
            Form::Http(_) => "application/vnd.awslambda.http-integration-response",
        };
        let (upload, head) = open(content_type).map_err(Over::Lost)?;
        let mut sending = Sending {
            upload,
            head: head.into_bytes(),
            queue: VecDeque::with_capacity(3),
            sent: 0,
        };
        if let Form::Http(prelude) = form {
            // Chunks of their own: there are front ends that read one for each.
            let mut chunk = format!("{:x}\r\n", prelude.len()).into_bytes();
            chunk.extend_from_slice(&prelude);
            chunk.extend_from_slice(b"\r\n");
            sending.push(Message::bytes(chunk));
            sending.push(Message::bytes("8\r\n\0\0\0\0\0\0\0\0\r\n"));
        }
        Ok(sending)
    }
}

impl Sending {
    fn is_cut(&self) -> bool {
        !self.queue.is_empty()
    }

    fn push(&mut self, mut message: Message) {
        if !self.head.is_empty() {
            self.head.append(&mut message.head);
            message.head = std::mem::take(&mut self.head);
        }
        self.queue.push_back(message);
    }

    /// Sends the queue; what becomes of the stream, and what a write says to that.
    fn flush(mut self, expired: &dyn Fn() -> bool) -> (Phase, Result<(), String>) {
        match self.send(expired) {
            Ok(()) => (Phase::Sending(self), Ok(())),
            // No error: the deadline's own comes at Lua's next instruction, and is the one to
            // report. The rest is sent with the end.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                (Phase::Sending(self), Ok(()))
            }
            // A service that refuses a response closes while it is being sent.
            Err(error) => match self.upload.answer(Some(error)) {
                Ok(Some(Verdict::Refused { status, reason })) => Over::Refused { status, reason },
                Ok(_) => Over::Taken,
                Err(fault) => Over::Lost(fault),
            }
            .result(),
        }
    }

    fn send(&mut self, expired: &dyn Fn() -> bool) -> io::Result<()> {
        while let Some(message) = self.queue.front() {
            message.send(&mut self.upload, &mut self.sent, expired)?;
            self.queue.pop_front();
            self.sent = 0;
        }
        Ok(())
    }
}

impl Message {
    fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            head: bytes.into(),
            data: Vec::new(),
            tail: b"",
        }
    }

    fn chunk(data: Vec<LuaString>) -> Self {
        let size: usize = data.iter().map(|part| part.as_bytes().len()).sum();
        Self {
            head: format!("{size:x}\r\n").into_bytes(),
            data,
            tail: b"\r\n",
        }
    }

    /// Sends what is missing after the first `sent` bytes, which are counted on.
    fn send(
        &self,
        upload: &mut Upload,
        sent: &mut usize,
        expired: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        let data: Vec<_> = self.data.iter().map(LuaString::as_bytes).collect();
        let mut slices = Vec::with_capacity(data.len() + 2);
        slices.push(IoSlice::new(&self.head));
        slices.extend(data.iter().map(|part| IoSlice::new(part)));
        slices.push(IoSlice::new(self.tail));
        let mut left = slices.as_mut_slice();
        IoSlice::advance_slices(&mut left, *sent);
        upload.send(left, sent, expired)
    }
}

impl Over {
    /// The phase that this is, and what a write says to it.
    fn result(self) -> (Phase, Result<(), String>) {
        let why = self.to_string();
        (Phase::Over(self), Err(why))
    }
}

impl fmt::Display for Over {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => f.write_str(
                "the response has ended; a response is written to while its own handler runs",
            ),
            Self::Taken => f.write_str("Lambda ended the response before its end"),
            Self::Refused { status, reason } => {
                write!(
                    f,
                    "Lambda does not take the response any more ({status}): {reason}"
                )
            }
            Self::Lost(fault) => fault.fmt(f),
        }
    }
}

impl Default for ResponseStream {
    fn default() -> Self {
        Self(RefCell::new(Phase::Waiting(Form::Plain)))
    }
}

const CUT: &str = "the deadline passed while the client was reading";
