//! `Fault`: why a request has no answer.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use rustls::CertificateError;
use ureq::Timeout;

use super::exchange::Limits;

/// Why no whole answer came; the kinds are what Lua code sees as `err.kind`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// The connection ended too early, or what came is not HTTP.
    Closed,
    /// No connection stands: refused, unreachable, or the proxy would not make one.
    Connect,
    /// The host's name has no address.
    Dns,
    /// The time was over.
    Timeout,
    /// No trust: certificate, protocol, or the roots themselves.
    Tls,
    /// The head or the body is larger than allowed.
    TooLarge,
}

impl Kind {
    /// As `err.kind` says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Connect => "connect",
            Self::Dns => "dns",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::TooLarge => "too_large",
        }
    }
}

/// A request that has no whole answer.
#[derive(Debug)]
pub struct Fault {
    /// What went wrong.
    pub kind: Kind,
    /// The same for people: names the host, and what to do.
    pub message: String,
    /// Whether a connection that had been idle turned out to be closed, with no byte of an answer:
    /// the request may be sent again.
    pub stale: bool,
}

impl Fault {
    /// A fault that sending again does not mend.
    pub fn new(kind: Kind, message: String) -> Self {
        let stale = false;
        Self {
            kind,
            message,
            stale,
        }
    }

    /// An idle connection that the other side had closed.
    pub fn stale(cause: &str) -> Self {
        let message = format!("the connection ended before an answer came ({cause})");
        Self {
            kind: Kind::Closed,
            message,
            stale: true,
        }
    }

    /// What ureq's error says of a request to `host`.
    pub fn of(error: ureq::Error, host: &str, limits: &Limits) -> Self {
        match error {
            ureq::Error::Io(error) => Self::of_io(error, host, limits),
            ureq::Error::Other(error) => match error.downcast::<Self>() {
                Ok(fault) if fault.stale => Self {
                    message: format!("{host}: {}", fault.message),
                    ..*fault
                },
                Ok(fault) => *fault,
                Err(error) => Self::new(Kind::Closed, format!("{host}: {error}")),
            },
            ureq::Error::Timeout(Timeout::Connect) => Self::new(
                Kind::Timeout,
                format!(
                    "no connection to {host} within {} s; check that its address can be reached \
                     from here, or raise connect_timeout",
                    limits.connect.as_secs_f64()
                ),
            ),
            ureq::Error::Timeout(_) => limits.over(host),
            ureq::Error::LargeResponseHeader(_, most) => Self::new(
                Kind::TooLarge,
                format!("the head of the answer of {host} is larger than {most} bytes"),
            ),
            ureq::Error::Protocol(error) => {
                let error = error.to_string();
                if error.contains("too many headers") {
                    let message = format!("the answer of {host} has more than 128 headers");
                    return Self::new(Kind::TooLarge, message);
                }
                Self::new(
                    Kind::Closed,
                    format!("{host} sent what is not HTTP: {error}; check the URL's port"),
                )
            }
            error => Self::new(Kind::Closed, format!("{host}: {error}")),
        }
    }

    /// The same of an error of a body that is being read.
    pub fn of_io(error: io::Error, host: &str, limits: &Limits) -> Self {
        // ureq's readers wrap its own errors; this takes them out.
        let error = match ureq::Error::from(error) {
            ureq::Error::Io(error) => error,
            error => return Self::of(error, host, limits),
        };
        if let Some(tls) = tls_error(&error) {
            return Self::new(
                Kind::Tls,
                format!("TLS with {host} failed: {}", explain(tls)),
            );
        }
        let cause = match error.kind() {
            io::ErrorKind::UnexpectedEof => "ended",
            io::ErrorKind::ConnectionReset => "was reset",
            io::ErrorKind::BrokenPipe => "was closed",
            _ => {
                let message = format!("the exchange with {host} failed: {error}");
                return Self::new(Kind::Closed, message);
            }
        };
        Self::new(
            Kind::Closed,
            format!("the connection to {host} {cause} before the whole answer had come"),
        )
    }

    /// A handshake that failed.
    pub fn of_handshake(error: io::Error, host: &str) -> ureq::Error {
        match ureq::Error::from(error) {
            ureq::Error::Io(error) => {
                let (kind, why) = match tls_error(&error) {
                    Some(error) => (Kind::Tls, explain(error)),
                    None => (Kind::Closed, error.to_string()),
                };
                let message = format!("the TLS handshake with {host} failed: {why}");
                Self::new(kind, message).into()
            }
            error => error,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Fault {}

impl From<Fault> for ureq::Error {
    fn from(fault: Fault) -> Self {
        Self::Other(Box::new(fault))
    }
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// What a fault of TLS means, and what to do about it.
fn explain(error: &rustls::Error) -> String {
    use rustls::Error::{AlertReceived, InvalidCertificate, InvalidMessage};
    match error {
        InvalidCertificate(CertificateError::UnknownIssuer) => {
            "its certificate is of an authority that is not trusted here; name the authority's PEM \
             file in MOONLAYER_EXTRA_CA_CERTS if it is your own"
                .to_owned()
        }
        InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "its certificate has expired".to_owned()
        }
        InvalidCertificate(
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. },
        ) => "its certificate is not valid yet".to_owned(),
        InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. }) => {
            let names: Vec<_> = presented.iter().map(|name| plain_name(name)).collect();
            format!("its certificate is for {}", names.join(", "))
        }
        InvalidCertificate(CertificateError::NotValidForName) => {
            "its certificate is for other names".to_owned()
        }
        InvalidMessage(_) => format!("it does not speak TLS there ({error}); check the URL's port"),
        AlertReceived(alert) => format!("it refused with the alert {alert:?}"),
        error => error.to_string(),
    }
}

/// `DnsName("a.example")` as rustls shows it, `a.example` as people do.
fn plain_name(shown: &str) -> &str {
    shown
        .split_once("(\"")
        .and_then(|(_, rest)| rest.strip_suffix("\")"))
        .unwrap_or(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_certificate_are_shown_plainly() {
        assert_eq!(plain_name("DnsName(\"a.example\")"), "a.example");
        assert_eq!(plain_name("IpAddress(127.0.0.1)"), "IpAddress(127.0.0.1)");
    }
}
