//! A request that is sent piece by piece, over a connection that is its own.

use std::io::{self, IoSlice};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::send::send;
use super::{Connection, Failure, Input, connect};

/// A request whose end is not sent yet. Its connection is closed with it.
#[derive(Debug)]
pub struct Outgoing {
    stream: TcpStream,
    /// When to give up; `None`: never.
    until: Option<Instant>,
}

impl Connection {
    /// Opens a request that the caller frames and sends itself. It takes the open connection; the
    /// next exchange opens a new one.
    ///
    /// # Errors
    /// When a new connection cannot be made.
    pub fn begin(&mut self) -> Result<Outgoing, Failure> {
        // What is sent piece by piece cannot be sent a second time, so a connection that the
        // server has closed in the meantime must be found out before.
        let kept = self.stream.take().filter(is_open);
        let stream = match kept {
            Some(stream) => stream,
            None => connect(&self.host).map_err(|message| Failure::new(message, true))?,
        };
        Ok(Outgoing {
            stream,
            until: None,
        })
    }
}

impl Outgoing {
    /// From here on, everything fails with [`io::ErrorKind::TimedOut`] at `until`.
    pub fn end_by(&mut self, until: Option<Instant>) {
        self.until = until;
    }

    /// Sends all of `left`, in one system call where the socket takes it; `sent` counts.
    ///
    /// It waits for the server as long as that takes. When a signal interrupts the wait and
    /// `expired` says so, it stops with [`io::ErrorKind::Interrupted`].
    ///
    /// # Errors
    /// What the socket says, which may be that the server has answered and closed.
    pub fn send(
        &mut self,
        left: &mut [IoSlice<'_>],
        sent: &mut usize,
        expired: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        let Some(until) = self.until else {
            return send(&mut self.stream, left, sent, || match expired() {
                true => Err(io::ErrorKind::Interrupted.into()),
                false => Ok(()),
            });
        };
        let socket = self.stream.try_clone()?;
        let limit = || socket.set_write_timeout(Some(time_to(until)?));
        limit()?;
        send(&mut self.stream, left, sent, limit).map_err(timed_out)
    }

    /// Waits for the answer and reads it, its body into `answer`; gives the status.
    ///
    /// # Errors
    /// When the server sends none.
    pub fn answer(mut self, answer: &mut Vec<u8>) -> io::Result<u16> {
        if let Some(until) = self.until {
            self.stream.set_read_timeout(Some(time_to(until)?))?;
        }
        let mut input = Input::default();
        answer.clear();
        let head = input.head(&mut self.stream).map_err(timed_out)?;
        input
            .body(&mut self.stream, head.body, answer)
            .map_err(timed_out)?;
        Ok(head.status)
    }
}

/// Whether the server has neither closed the connection nor said anything unasked.
fn is_open(stream: &TcpStream) -> bool {
    let waiting = |stream: &TcpStream| {
        stream.set_nonblocking(true)?;
        let peeked = stream.peek(&mut [0]);
        stream.set_nonblocking(false)?;
        peeked
    };
    waiting(stream).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

fn time_to(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    // A socket takes a time of zero for none at all.
    if left.is_zero() {
        Err(io::ErrorKind::TimedOut.into())
    } else {
        Ok(left)
    }
}

/// A socket's time limit shows as "would block".
fn timed_out(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
        _ => error,
    }
}
