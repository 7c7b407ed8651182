//! `Dialer`: makes connections for ureq: name, TCP, proxy, TLS.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use ureq::Error;
use ureq::unversioned::transport::time::Duration;
use ureq::unversioned::transport::{ConnectionDetails, Connector, LazyBuffers, Transport};

use super::fault::{Fault, Kind};
use super::forward::Forward;
use super::line::Line;
use super::proxy::Proxies;
use super::resolve::resolve;
use super::socket::Socket;
use super::tls::Tls;
use super::tunnel;
use super::url::{bare, port};
use crate::deadline::Interrupter;

/// Makes each connection as a whole, so that every fault can be told by its stage.
#[derive(Debug)]
pub struct Dialer {
    tls: Arc<Tls>,
    proxies: Arc<Proxies>,
    interrupter: Interrupter,
}

impl Dialer {
    /// A dialer that trusts what `tls` does, and goes the ways of `proxies`; what it connects ends
    /// its waits when `interrupter` has stopped what runs.
    pub fn new(tls: Arc<Tls>, proxies: Arc<Proxies>, interrupter: Interrupter) -> Self {
        Self {
            tls,
            proxies,
            interrupter,
        }
    }

    fn dial(&self, details: &ConnectionDetails) -> Result<Box<dyn Transport>, Error> {
        let (uri, https) = (details.uri, details.needs_tls());
        let host = bare(uri.host().unwrap_or_default());
        let Some(proxy) = self.proxies.of(uri) else {
            let transport = self.tcp(details, host, port(uri), "")?;
            return if https {
                self.tls.wrap(transport, host, details)
            } else {
                Ok(transport)
            };
        };
        let mut transport = self.tcp(details, &proxy.host, proxy.port, "the proxy ")?;
        if proxy.https {
            transport = self.tls.wrap(transport, &proxy.host, details)?;
        }
        if !https {
            return Ok(Box::new(Forward::new(transport, uri)));
        }
        let transport = tunnel::open(transport, proxy, uri, details)?;
        self.tls.wrap(Box::new(transport), host, details)
    }

    /// A TCP connection to `host`, which is `what` in messages.
    fn tcp(
        &self,
        details: &ConnectionDetails,
        host: &str,
        port: u16,
        what: &str,
    ) -> Result<Box<dyn Transport>, Error> {
        let time = match details.timeout.after {
            Duration::Exact(time) => Some(time),
            Duration::NotHappening => None,
        };
        let begun = Instant::now();
        let Some(found) = resolve(host, port, time)? else {
            return Err(Error::Timeout(details.timeout.reason));
        };
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        let left = time.map(|time| time.saturating_sub(begun.elapsed()));
        match Socket::connect(&found, left, buffers, self.interrupter) {
            Ok(socket) => Ok(Box::new(socket)),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                Err(Error::Timeout(details.timeout.reason))
            }
            Err(error) => Err(refused(what, host, port, &plain(&error)).into()),
        }
    }
}

impl Connector for Dialer {
    type Out = Line;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Self::Out>, Error> {
        Ok(Some(Line::new(self.dial(details)?)))
    }
}

fn refused(what: &str, host: &str, port: u16, why: &str) -> Fault {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let message = format!(
        "cannot connect to {what}{host}:{port}: {why}; check host and port, and that this network \
         leads there"
    );
    Fault::new(Kind::Connect, message)
}

/// What the system says, without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    text.to_lowercase()
}
