//! `Forward`: a connection to a proxy that takes requests with a whole URL: RFC 9112 §3.2.2.

use ureq::Error;
use ureq::http::Uri;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

/// A transport that makes `GET http://host/path` of the `GET /path` that ureq writes, for which it
/// has no setting.
#[derive(Debug)]
pub struct Forward {
    transport: Box<dyn Transport>,
    /// What goes before the path.
    prefix: String,
    /// Whether the next bytes are the first of a request.
    begins: bool,
}

impl Forward {
    /// A way to the host of `uri` over a connection to a proxy.
    pub fn new(transport: Box<dyn Transport>, uri: &Uri) -> Self {
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        Self {
            transport,
            prefix: format!("http://{authority}"),
            begins: true,
        }
    }
}

impl Transport for Forward {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.transport.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        if !std::mem::take(&mut self.begins) {
            return self.transport.transmit_output(amount, timeout);
        }
        let mut bytes = self.transport.buffers().output()[..amount].to_vec();
        // The request line is in the first write: the buffer is larger than any method.
        let path = bytes
            .iter()
            .position(|byte| *byte == b' ')
            .map_or(0, |at| at + 1);
        bytes.splice(path..path, self.prefix.bytes());
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let output = self.transport.buffers().output();
            let count = rest.len().min(output.len());
            output[..count].copy_from_slice(&rest[..count]);
            self.transport.transmit_output(count, timeout)?;
            rest = &rest[count..];
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.transport.await_input(timeout)
    }

    /// Asked between two requests, and only then.
    fn is_open(&mut self) -> bool {
        self.begins = true;
        self.transport.is_open()
    }

    /// TLS with the proxy is none with the host.
    fn is_tls(&self) -> bool {
        false
    }
}
