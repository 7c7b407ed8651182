//! `Tunnel`: a way through an HTTP proxy, made by CONNECT: RFC 9110 §9.3.6.

use std::io::Write;

use ureq::Error;
use ureq::http::Uri;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, NextTimeout, Transport, TransportAdapter,
};

use super::fault::{Fault, Kind};
use super::proxy::Proxy;
use super::url::port;

/// A transport whose TLS, if it has any, reaches the proxy only.
#[derive(Debug)]
pub struct Tunnel(Box<dyn Transport>);

/// Asks the proxy for a connection to the host of `uri`.
///
/// # Errors
/// The proxy refuses, or does not answer as one.
pub fn open(
    transport: Box<dyn Transport>,
    proxy: &Proxy,
    uri: &Uri,
    details: &ConnectionDetails,
) -> Result<Tunnel, Error> {
    let target = format!("{}:{}", uri.host().unwrap_or_default(), port(uri));
    let mut head = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n");
    if let Some(value) = proxy.authorization() {
        // It is Base64, so that it is text.
        let value = value.to_str().unwrap_or_default();
        head.push_str(&format!("Proxy-Authorization: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut adapter = TransportAdapter::new(transport, details.current_time.clone());
    adapter.set_timeout(details.timeout);
    adapter.write_all(head.as_bytes()).map_err(Error::from)?;
    let mut transport = adapter.into_inner();
    let failed = |why: &str| {
        let message = format!(
            "the proxy {} gives no way to {target}: {why}",
            proxy.shown()
        );
        Error::from(Fault::new(Kind::Connect, message))
    };
    let (status, used) = loop {
        let came = transport.await_input(details.timeout)?;
        let mut fields = [httparse::EMPTY_HEADER; 64];
        let mut answer = httparse::Response::new(&mut fields);
        match answer.parse(transport.buffers().input()) {
            Ok(httparse::Status::Complete(used)) => break (answer.code.unwrap_or(0), used),
            Ok(httparse::Status::Partial) if came => {}
            Ok(httparse::Status::Partial) => return Err(failed("it closed the connection")),
            Err(error) => return Err(failed(&format!("it does not answer as a proxy: {error}"))),
        }
    };
    transport.buffers().input_consume(used);
    match status {
        200..=299 => Ok(Tunnel(transport)),
        407 => Err(failed(
            "it wants a user and password (407); write them into the proxy's variable, \
             http://user:password@host:port",
        )),
        status => Err(failed(&format!("it answered {status}"))),
    }
}

impl Transport for Tunnel {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.0.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.0.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        false
    }
}
