//! `Line`: a connection that knows whether it was idle before, so that a fault of it can be told
//! from one of the request.

use std::io;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

use super::fault::Fault;

/// A transport to one host.
#[derive(Debug)]
pub struct Line {
    transport: Box<dyn Transport>,
    /// Whether it was idle between two requests.
    reused: bool,
    /// Whether a byte of the answer to the present request came.
    answered: bool,
}

impl Line {
    /// A connection that was just made.
    pub fn new(transport: Box<dyn Transport>) -> Self {
        Self {
            transport,
            reused: false,
            answered: false,
        }
    }

    fn judge<T>(&self, outcome: Result<T, Error>) -> Result<T, Error> {
        use io::ErrorKind::{
            BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof,
        };
        match outcome {
            Err(Error::Io(error)) if self.reused && !self.answered => match error.kind() {
                BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof => {
                    Err(Fault::stale(&error.to_string()).into())
                }
                _ => Err(error.into()),
            },
            outcome => outcome,
        }
    }
}

impl Transport for Line {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let outcome = self.transport.transmit_output(amount, timeout);
        self.judge(outcome)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let outcome = self.transport.await_input(timeout);
        let came = self.judge(outcome)?;
        if !came && self.reused && !self.answered {
            return Err(Fault::stale("it was closed").into());
        }
        self.answered |= came;
        Ok(came)
    }

    /// Asked between two requests, and only then.
    fn is_open(&mut self) -> bool {
        self.reused = true;
        self.answered = false;
        self.transport.is_open()
    }

    fn is_tls(&self) -> bool {
        self.transport.is_tls()
    }
}
