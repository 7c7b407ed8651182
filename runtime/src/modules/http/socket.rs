//! `Socket`: a TCP connection whose every call ends when its time is over.
//!
//! ureq's own gives a whole time to each of the writes that a call is made of. The signals of the
//! deadline end a write, which begins again then: against a server that reads nothing it would never
//! come to an end.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, LazyBuffers, NextTimeout, Transport, time};

use crate::deadline::Interrupter;

/// A connection to one address.
#[derive(Debug)]
pub struct Socket {
    stream: TcpStream,
    buffers: LazyBuffers,
    interrupter: Interrupter,
    /// Whether something of the present request went out.
    has_sent: bool,
    /// The other side has answered before the request was whole, and takes no more of it.
    is_deaf: bool,
}

/// Until when a call may wait; `None`: for ever.
#[derive(Clone, Copy, Debug)]
struct Until(Option<Instant>);

impl Socket {
    /// Connects to the first of `addresses` that takes it. While there is a next one, an address has
    /// half of the time that is left.
    ///
    /// # Errors
    /// The last address's, or [`io::ErrorKind::TimedOut`].
    pub fn connect(
        addresses: &[SocketAddr],
        time: Option<Duration>,
        buffers: LazyBuffers,
        interrupter: Interrupter,
    ) -> io::Result<Self> {
        let until = Until::after(time);
        let mut outcome = Err(io::ErrorKind::AddrNotAvailable.into());
        for (nth, address) in addresses.iter().enumerate() {
            let is_last = nth + 1 == addresses.len();
            outcome = match until.left()? {
                None => TcpStream::connect(address),
                Some(left) if is_last => TcpStream::connect_timeout(address, left),
                Some(left) => TcpStream::connect_timeout(address, left / 2),
            };
            if outcome.is_ok() {
                break;
            }
        }
        let stream = outcome?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffers,
            interrupter,
            has_sent: false,
            is_deaf: false,
        })
    }

    fn write_all(&mut self, amount: usize, until: Until) -> io::Result<()> {
        let mut rest = 0..amount;
        while !rest.is_empty() && !self.is_deaf {
            self.stream.set_write_timeout(until.left()?)?;
            match self.stream.write(&self.buffers.output()[rest.clone()]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => {
                    rest.start += count;
                    self.has_sent = true;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => self.go_on()?,
                // A server that wants no more of a body says why and closes: RFC 9112 §9.6.
                Err(_) if self.has_sent && self.has_answer() => self.is_deaf = true,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn read(&mut self, until: Until) -> io::Result<usize> {
        loop {
            self.stream.set_read_timeout(until.left()?)?;
            match self.stream.read(self.buffers.input_append_buf()) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => self.go_on()?,
                outcome => return outcome,
            }
        }
    }

    /// After a signal: whether it was the one that ends what runs here.
    fn go_on(&self) -> io::Result<()> {
        match self.interrupter.has_stopped_this_thread() {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => Ok(()),
        }
    }

    /// Whether nothing came between two requests, not even the end.
    fn is_quiet(&self) -> bool {
        self.peek()
            .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    fn has_answer(&self) -> bool {
        self.peek().is_ok_and(|count| count > 0)
    }

    /// How much of one byte is there to be read; 0 at the end.
    fn peek(&self) -> io::Result<usize> {
        self.stream.set_nonblocking(true)?;
        let came = self.stream.peek(&mut [0]);
        self.stream.set_nonblocking(false)?;
        came
    }
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let written = self.write_all(amount, Until::of(timeout));
        written.map_err(|error| fault(error, timeout))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let read = self.read(Until::of(timeout));
        let amount = read.map_err(|error| fault(error, timeout))?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    /// Asked between two requests, and only then.
    fn is_open(&mut self) -> bool {
        self.has_sent = false;
        !self.is_deaf && self.is_quiet()
    }
}

impl Until {
    fn of(timeout: NextTimeout) -> Self {
        Self::after(match timeout.after {
            time::Duration::Exact(time) => Some(time),
            time::Duration::NotHappening => None,
        })
    }

    fn after(time: Option<Duration>) -> Self {
        // A time beyond what a clock can say is none.
        Self(time.and_then(|time| Instant::now().checked_add(time)))
    }

    /// What is left of the time, never zero, which no socket takes.
    fn left(self) -> io::Result<Option<Duration>> {
        let left = self
            .0
            .map(|at| at.saturating_duration_since(Instant::now()));
        match left {
            Some(Duration::ZERO) => Err(io::ErrorKind::TimedOut.into()),
            left => Ok(left),
        }
    }
}

fn fault(error: io::Error, timeout: NextTimeout) -> Error {
    match error.kind() {
        // The second is what Linux says when the time of a socket is over.
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Error::Timeout(timeout.reason),
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::deadline::Deadline;

    const MINUTE: Duration = Duration::from_secs(60);

    fn nobody() -> Interrupter {
        Deadline::new(&mlua::Lua::new()).unwrap().interrupter()
    }

    fn buffers() -> LazyBuffers {
        LazyBuffers::new(1024, 1024)
    }

    #[test]
    fn the_next_address_is_tried_when_one_refuses() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let refusing = {
            let gone = TcpListener::bind("127.0.0.1:0").unwrap();
            gone.local_addr().unwrap()
        };
        let addresses = [refusing, listener.local_addr().unwrap()];
        Socket::connect(&addresses, Some(MINUTE), buffers(), nobody()).unwrap();
        let refused = Socket::connect(&addresses[..1], None, buffers(), nobody()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        let late =
            Socket::connect(&addresses, Some(Duration::ZERO), buffers(), nobody()).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    }

    #[test]
    fn a_connection_that_something_came_over_is_not_quiet() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut socket = Socket::connect(&[address], Some(MINUTE), buffers(), nobody()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        assert!(socket.is_open());
        server.write_all(b"x").unwrap();
        // Waits until it is there.
        socket.stream.peek(&mut [0]).unwrap();
        assert!(!socket.is_open());
        let none = socket.read(Until::after(Some(Duration::ZERO))).unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::TimedOut);
        assert_eq!(socket.read(Until::after(Some(MINUTE))).unwrap(), 1);
        assert!(socket.is_open());
    }

    #[test]
    fn a_write_that_nobody_reads_ends_with_its_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut socket =
            Socket::connect(&[address], None, LazyBuffers::new(1, 1 << 26), nobody()).unwrap();
        let (_server, _) = listener.accept().unwrap();
        let time = Until::after(Some(Duration::from_millis(50)));
        let late = socket.write_all(1 << 26, time).unwrap_err();
        assert!(
            matches!(
                late.kind(),
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
            ),
            "{late}"
        );
    }
}
