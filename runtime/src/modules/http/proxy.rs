//! `Proxies`: which proxy, if any, the environment wants for a URL.

use std::fmt;
use std::net::IpAddr;

use ureq::http::HeaderValue;
use ureq::http::uri::{Scheme, Uri};

use super::url::{bare, port};

/// The proxies of the environment, as curl and Go read it.
#[derive(Debug, Default)]
pub struct Proxies {
    http: Option<Proxy>,
    https: Option<Proxy>,
    direct: Vec<Exception>,
}

/// A proxy.
pub struct Proxy {
    /// Its host, without brackets.
    pub host: String,
    /// Its port; 80 or 443 when the variable names none.
    pub port: u16,
    /// Whether TLS is spoken with the proxy itself.
    pub https: bool,
    /// `user:password`.
    credentials: Option<Vec<u8>>,
}

/// One entry of `NO_PROXY`.
#[derive(Debug, PartialEq)]
enum Exception {
    Everything,
    /// A domain and all below it, in small letters.
    Domain(String, Option<u16>),
    /// Addresses that share this many leading bits.
    Network(IpAddr, u8, Option<u16>),
}

impl Proxies {
    /// Reads `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`, and all but the first in
    /// capitals too: `HTTP_PROXY` could be a header of a request in CGI (CVE-2016-5385).
    ///
    /// # Errors
    /// A value that is no proxy's URL; the message names the variable, not the value.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let find = |names: &[&'static str]| {
            names.iter().find_map(|name| {
                let value = lookup(name)?;
                let value = value.trim();
                (!value.is_empty()).then(|| (*name, value.to_owned()))
            })
        };
        let proxy = |names: &[&'static str]| {
            find(names)
                .map(|(name, value)| Proxy::parse(&value).map_err(|why| format!("{name} {why}")))
                .transpose()
        };
        let direct = find(&["no_proxy", "NO_PROXY"]).map_or(String::new(), |(_, value)| value);
        Ok(Self {
            http: proxy(&["http_proxy", "all_proxy", "ALL_PROXY"])?,
            https: proxy(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            direct: direct
                .split([',', ' '])
                .filter_map(Exception::parse)
                .collect(),
        })
    }

    /// The proxy for a URL; `None` for those that are reached directly, this machine's own always.
    pub fn of(&self, uri: &Uri) -> Option<&Proxy> {
        let proxy = if uri.scheme() == Some(&Scheme::HTTPS) {
            self.https.as_ref()
        } else {
            self.http.as_ref()
        }?;
        let host = bare(uri.host()?).trim_end_matches('.').to_ascii_lowercase();
        let address = host.parse::<IpAddr>().ok();
        let own = host == "localhost" || address.is_some_and(|address| address.is_loopback());
        let port = port(uri);
        let excepted = |entry: &Exception| entry.matches(&host, address, port);
        (!own && !self.direct.iter().any(excepted)).then_some(proxy)
    }
}

impl Proxy {
    fn parse(value: &str) -> Result<Self, String> {
        let bad = |why: &str| format!("is no proxy's URL: {why}; write http://host:port");
        let (scheme, rest) = value.split_once("://").unwrap_or(("http", value));
        let https = match scheme.to_ascii_lowercase().as_str() {
            "http" => false,
            "https" => true,
            _ => return Err(bad("its scheme is neither http nor https")),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, authority),
        };
        let address: ureq::http::uri::Authority =
            address.parse().map_err(|_| bad("its host is malformed"))?;
        let host = bare(address.host());
        if host.is_empty() {
            return Err(bad("it has no host"));
        }
        let named = address.as_str().len() > address.host().len();
        if named && address.port_u16().is_none_or(|port| port == 0) {
            return Err(bad("its port is no number from 1 to 65535"));
        }
        Ok(Self {
            host: host.to_owned(),
            port: address.port_u16().unwrap_or(if https { 443 } else { 80 }),
            https,
            credentials: user.map(decoded),
        })
    }

    /// Its host and port, for messages.
    pub fn shown(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The value of `Proxy-Authorization`: RFC 7617.
    pub fn authorization(&self) -> Option<HeaderValue> {
        let credentials = self.credentials.as_deref()?;
        let mut value = HeaderValue::from_str(&format!("Basic {}", base64(credentials))).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// Without the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Exception {
    fn parse(entry: &str) -> Option<Self> {
        let entry = entry.trim().to_ascii_lowercase();
        if entry == "*" {
            return Some(Self::Everything);
        }
        if let Some((address, bits)) = entry.split_once('/') {
            let address: IpAddr = bare(address).parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.parse().ok().filter(|bits| *bits <= most)?;
            return Some(Self::Network(address, bits, None));
        }
        let (host, port) = match entry.rsplit_once(':') {
            // More than one colon, and no brackets: an IPv6 address.
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().ok()?))
            }
            _ => (entry.as_str(), None),
        };
        if let Ok(address) = bare(host).parse::<IpAddr>() {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            return Some(Self::Network(address, bits, port));
        }
        let domain = host.trim_start_matches("*.").trim_matches('.');
        (!domain.is_empty()).then(|| Self::Domain(domain.to_owned(), port))
    }

    fn matches(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        match self {
            Self::Everything => true,
            Self::Domain(domain, only) => {
                let below = host
                    .strip_suffix(domain.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                below && only.is_none_or(|only| only == port)
            }
            Self::Network(network, bits, only) => {
                address.is_some_and(|address| shares(address, *network, *bits))
                    && only.is_none_or(|only| only == port)
            }
        }
    }
}

/// Whether both addresses have their first `bits` in common.
fn shares(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (address, network, unused) = match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => (
            u128::from(address.to_bits()),
            u128::from(network.to_bits()),
            32 - bits,
        ),
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            (address.to_bits(), network.to_bits(), 128 - bits)
        }
        _ => return false,
    };
    (address ^ network).checked_shr(unused.into()).unwrap_or(0) == 0
}

/// The bytes that percent-encoded text stands for; a `%` that begins no code stands for itself.
fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let code = tail.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .fold(0, |bits, byte| bits << 8 | u32::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for nth in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * nth) & 63) as usize];
            text.push(if nth > group.len() {
                '='
            } else {
                char::from(digit)
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)], url: &str) -> Option<String> {
        let find = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let proxies = Proxies::from_env(find).unwrap();
        proxies.of(&url.parse().unwrap()).map(Proxy::shown)
    }

    #[test]
    fn each_scheme_has_its_variable_and_the_small_letters_come_first() {
        let both = [
            ("https_proxy", "a:1"),
            ("HTTPS_PROXY", "b:2"),
            ("ALL_PROXY", "c:3"),
        ];
        assert_eq!(of(&both, "https://h/").unwrap(), "a:1");
        assert_eq!(of(&both[1..], "https://h/").unwrap(), "b:2");
        assert_eq!(of(&both, "http://h/").unwrap(), "c:3");
        assert_eq!(of(&[("HTTP_PROXY", "a:1")], "http://h/"), None);
        assert_eq!(
            of(&[("http_proxy", "http://a")], "http://h/").unwrap(),
            "a:80"
        );
        assert_eq!(
            of(&[("http_proxy", "https://[::1]")], "http://h/").unwrap(),
            "[::1]:443"
        );
        assert_eq!(of(&[("http_proxy", " ")], "http://h/"), None);
    }

    #[test]
    fn what_is_no_proxy_is_an_error_without_its_value() {
        for value in [
            "socks5://secret@h:1",
            "http://secret@",
            "http://secret@h:port",
        ] {
            let error = Proxies::from_env(|name| (name == "https_proxy").then(|| value.to_owned()));
            let error = error.unwrap_err();
            assert!(
                error.starts_with("https_proxy is no proxy's URL"),
                "{error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn no_proxy_takes_domains_ports_addresses_and_networks() {
        let direct =
            |list: &str, url: &str| of(&[("all_proxy", "p:1"), ("NO_PROXY", list)], url).is_none();
        assert!(direct("*", "https://h/"));
        assert!(direct("a.example", "https://a.example/"));
        assert!(direct("a.example", "https://b.A.example/"));
        assert!(direct(".a.example", "https://b.a.example/"));
        assert!(direct("*.a.example", "https://b.a.example/"));
        assert!(!direct("a.example", "https://ba.example/"));
        assert!(direct("x, a.example:8443", "https://a.example:8443/"));
        assert!(!direct("a.example:8443", "https://a.example/"));
        assert!(direct("10.0.0.0/8", "http://10.1.2.3/"));
        assert!(!direct("10.0.0.0/8", "http://11.1.2.3/"));
        assert!(direct("0.0.0.0/0", "http://11.1.2.3/"));
        assert!(direct("169.254.169.254", "http://169.254.169.254/"));
        assert!(direct("fd00::/8", "http://[fd00::7]/"));
        assert!(!direct("fd00::/8", "http://[fe00::7]/"));
        assert!(direct("[fd00::7]:81", "http://[fd00::7]:81/"));
        assert!(!direct("", "http://11.1.2.3/"));
        assert!(!direct("10.0.0.0/33", "http://10.0.0.1/"));
    }

    #[test]
    fn this_machine_is_reached_directly() {
        for url in [
            "http://localhost:2773/",
            "http://127.0.0.1/",
            "http://[::1]/",
        ] {
            assert_eq!(of(&[("all_proxy", "p:1")], url), None, "{url}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_sent_as_base64() {
        for (user, value) in [
            ("user:pa%20ss", "Basic dXNlcjpwYSBzcw=="),
            ("u", "Basic dQ=="),
            ("ab:", "Basic YWI6"),
            ("a%:b", "Basic YSU6Yg=="),
        ] {
            let proxy = Proxy::parse(&format!("http://{user}@h:1")).unwrap();
            assert_eq!(proxy.authorization().unwrap(), value);
            assert_eq!(format!("{proxy:?}"), "h:1");
        }
    }
}
