//! `Dialer`: makes connections for ureq: name, TCP, proxy, TLS.

use std::io;
use std::sync::Arc;

use ureq::unversioned::resolver::ArrayVec;
use ureq::unversioned::transport::time::Duration;
use ureq::unversioned::transport::{ConnectionDetails, Connector, TcpConnector, Transport};
use ureq::{Error, Timeout};

use super::fault::{Fault, Kind};
use super::forward::Forward;
use super::line::Line;
use super::proxy::Proxies;
use super::resolve::resolve;
use super::tls::Tls;
use super::tunnel;
use super::url::{bare, port};

/// Makes each connection as a whole, so that every fault can be told by its stage.
#[derive(Debug)]
pub struct Dialer {
    tls: Arc<Tls>,
    proxies: Arc<Proxies>,
}

impl Dialer {
    /// A dialer that trusts what `tls` does, and goes the ways of `proxies`.
    pub fn new(tls: Arc<Tls>, proxies: Arc<Proxies>) -> Self {
        Self { tls, proxies }
    }

    fn dial(&self, details: &ConnectionDetails) -> Result<Box<dyn Transport>, Error> {
        let (uri, https) = (details.uri, details.needs_tls());
        let host = bare(uri.host().unwrap_or_default());
        let Some(proxy) = self.proxies.of(uri) else {
            let transport = tcp(details, host, port(uri), "")?;
            return if https {
                self.tls.wrap(transport, host, details)
            } else {
                Ok(transport)
            };
        };
        let mut transport = tcp(details, &proxy.host, proxy.port, "the proxy ")?;
        if proxy.https {
            transport = self.tls.wrap(transport, &proxy.host, details)?;
        }
        if !https {
            return Ok(Box::new(Forward::new(transport, uri)));
        }
        let transport = tunnel::open(transport, proxy, uri, details)?;
        self.tls.wrap(Box::new(transport), host, details)
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

/// A TCP connection to `host`, which is `what` in messages.
fn tcp(
    details: &ConnectionDetails,
    host: &str,
    port: u16,
    what: &str,
) -> Result<Box<dyn Transport>, Error> {
    let mut timeout = details.timeout;
    let time = match timeout.after {
        Duration::Exact(time) => Some(time),
        Duration::NotHappening => None,
    };
    let begun = std::time::Instant::now();
    let Some(found) = resolve(host, port, time)? else {
        return Err(Error::Timeout(timeout.reason));
    };
    if let Some(time) = time {
        let left = time.saturating_sub(begun.elapsed());
        if left.is_zero() {
            return Err(Error::Timeout(timeout.reason));
        }
        timeout.after = left.into();
    }
    let mut addrs = ArrayVec::from_fn(|_| ([0, 0, 0, 0], 0).into());
    for address in found.into_iter().take(ADDRESSES) {
        addrs.push(address);
    }
    let details = ConnectionDetails {
        uri: details.uri,
        addrs,
        config: details.config,
        request_level: details.request_level,
        resolver: details.resolver,
        now: (details.current_time)(),
        timeout,
        current_time: Arc::clone(&details.current_time),
        run_connector: Arc::clone(&details.run_connector),
        register_shutdown: Arc::clone(&details.register_shutdown),
    };
    let connected = Connector::<()>::connect(&TcpConnector::default(), &details, None);
    match connected {
        Ok(Some(transport)) => Ok(transport.boxed()),
        Ok(None) => Err(refused(what, host, port, "no address").into()),
        Err(Error::Io(error)) if error.kind() != io::ErrorKind::TimedOut => {
            Err(refused(what, host, port, &plain(&error)).into())
        }
        // The time of one address of several is over, and it was the last.
        Err(Error::Timeout(Timeout::Connect)) => Err(Error::Timeout(timeout.reason)),
        Err(error) => Err(error),
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

/// What ureq's list of addresses holds.
const ADDRESSES: usize = 16;
