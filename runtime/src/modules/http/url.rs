//! `Url`: where a request goes, checked, and where a redirect leads from there.

use ureq::http::uri::{Authority, PathAndQuery, Scheme};
use ureq::http::{self, Uri};

/// An absolute `http` or `https` URL with a host and without user or fragment.
#[derive(Clone, Debug)]
pub struct Url(Uri);

/// A name and a value of a query, not encoded yet.
pub type Field = (Vec<u8>, Vec<u8>);

impl Url {
    /// Reads what a user wrote.
    ///
    /// # Errors
    /// What is wrong with it, and how to write it; never the URL itself, which may hold secrets.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(text).map_err(|_| "the URL is not UTF-8".to_owned())?;
        if text.is_empty() {
            return Err("the URL is empty".to_owned());
        }
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err("the URL has no scheme; it begins with https:// or http://".to_owned());
        };
        if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
            return Err(format!(
                "the URL's scheme is {:?}; only https and http are known",
                scheme.chars().take(20).collect::<String>()
            ));
        }
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        if authority.contains('@') {
            return Err("the URL holds a user or password; send them in the header \
                 authorization"
                .to_owned());
        }
        if !authority.is_ascii() {
            return Err(format!(
                "the URL's host {authority:?} is not ASCII; write its Punycode form, xn--…"
            ));
        }
        if authority.is_empty() || authority.starts_with(':') {
            return Err("the URL has no host".to_owned());
        }
        if rest.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
            return Err(
                "the URL holds a space or control character; percent-encode it, a space is %20"
                    .to_owned(),
            );
        }
        if !rest.is_ascii() {
            return Err(
                "the URL holds characters that are not ASCII; percent-encode their UTF-8 bytes, \
                 é is %C3%A9"
                    .to_owned(),
            );
        }
        let uri: Uri = text.parse().map_err(|error: http::uri::InvalidUri| {
            // Its text says what, not where: no part of the URL is in it.
            format!("the URL is malformed: {error}")
        })?;
        if uri.host().is_none_or(str::is_empty) {
            return Err("the URL has no host".to_owned());
        }
        let port = authority.rsplit_once(':').map(|(_, port)| port);
        let has_port = port.is_some_and(|port| !port.contains(']'));
        if has_port && uri.port_u16().is_none_or(|port| port == 0) {
            return Err("the URL's port is no number from 1 to 65535".to_owned());
        }
        if uri.host().is_some_and(|host| host.starts_with('['))
            && bare(uri.host().unwrap_or_default())
                .parse::<std::net::Ipv6Addr>()
                .is_err()
        {
            return Err("the URL's host in brackets is no IPv6 address".to_owned());
        }
        Ok(Self(uri))
    }

    /// The same with `fields` added to its query, names and values percent-encoded.
    ///
    /// # Errors
    /// Only when it gets too long.
    pub fn with_query(self, fields: &[Field]) -> Result<Self, String> {
        if fields.is_empty() {
            return Ok(self);
        }
        let mut target = self.target().to_owned();
        for (name, value) in fields {
            let separator = match (target.contains('?'), target.ends_with(['?', '&'])) {
                (false, _) => "?",
                (true, false) => "&",
                (true, true) => "",
            };
            target.push_str(separator);
            encode(name, &mut target);
            target.push('=');
            encode(value, &mut target);
        }
        self.at(&target)
            .ok_or_else(|| "the URL with its query is longer than 65534 bytes".to_owned())
    }

    /// Where the reference `location` leads from here: RFC 3986 §5.2.
    ///
    /// `None` where that is no URL that can be requested.
    pub fn join(&self, location: &[u8]) -> Option<Self> {
        let location = ascii(location);
        let location = location.split('#').next().unwrap_or_default();
        let end = location.find(['/', '?', '#']).unwrap_or(location.len());
        if location[..end].contains(':') {
            return Self::parse(location.as_bytes()).ok();
        }
        if location.starts_with("//") {
            return Self::parse(format!("{}:{location}", self.scheme()).as_bytes()).ok();
        }
        let path = self.0.path();
        let joined = if location.is_empty() {
            return Some(self.clone());
        } else if location.starts_with('/') {
            location.to_owned()
        } else if location.starts_with('?') {
            format!("{path}{location}")
        } else {
            let folder = &path[..path.rfind('/').map_or(0, |at| at + 1)];
            format!("{folder}{location}")
        };
        let (path, query) = match joined.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (joined.as_str(), None),
        };
        let mut target = without_dots(path);
        if let Some(query) = query {
            target.push('?');
            target.push_str(query);
        }
        self.at(&target)
    }

    /// Another path and query of the same host.
    fn at(&self, target: &str) -> Option<Self> {
        let mut parts = self.0.clone().into_parts();
        parts.path_and_query = Some(target.parse::<PathAndQuery>().ok()?);
        Uri::from_parts(parts).ok().map(Self)
    }

    /// What ureq takes.
    pub fn uri(&self) -> &Uri {
        &self.0
    }

    /// Whether it is `https`.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == Some(&Scheme::HTTPS)
    }

    /// Host and port, the port only when it is written: for messages.
    pub fn authority(&self) -> &str {
        self.0.authority().map_or("", Authority::as_str)
    }

    /// The URL without its query, which may hold secrets.
    pub fn shown(&self) -> String {
        format!("{}://{}{}", self.scheme(), self.authority(), self.0.path())
    }

    /// Whether both have scheme, host and port in common: RFC 6454 §5.
    pub fn same_origin(&self, other: &Self) -> bool {
        let host = |url: &Self| url.0.host().map(str::to_ascii_lowercase);
        self.scheme() == other.scheme()
            && port(&self.0) == port(&other.0)
            && host(self) == host(other)
    }

    fn scheme(&self) -> &str {
        self.0.scheme_str().unwrap_or_default()
    }

    fn target(&self) -> &str {
        self.0.path_and_query().map_or("/", PathAndQuery::as_str)
    }
}

/// The URL as it was requested.
impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}://{}{}",
            self.scheme(),
            self.authority(),
            self.target()
        )
    }
}

/// The port that a URL names or its scheme implies.
pub fn port(uri: &Uri) -> u16 {
    let implied = if uri.scheme() == Some(&Scheme::HTTPS) {
        443
    } else {
        80
    };
    uri.port_u16().unwrap_or(implied)
}

/// A host without the brackets of an IPv6 address.
pub fn bare(host: &str) -> &str {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .unwrap_or(host)
}

/// Bytes of a `Location` as ASCII: what should have been percent-encoded is.
fn ascii(location: &[u8]) -> String {
    let mut text = String::new();
    for byte in location.trim_ascii() {
        if byte.is_ascii_graphic() {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Appends the bytes, all but the unreserved ones (RFC 3986 §2.3) percent-encoded.
fn encode(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// A path without `.` and `..`: RFC 3986 §5.2.4.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let last = segments.len() - 1;
    for (nth, segment) in segments.into_iter().enumerate() {
        match segment {
            ".." | "." => {
                if segment == ".." {
                    kept.pop();
                }
                if nth == last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::Url;

    fn url(text: &str) -> Url {
        Url::parse(text.as_bytes()).unwrap()
    }

    fn refused(text: &str) -> String {
        Url::parse(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn what_cannot_be_requested_is_refused_with_a_remedy() {
        assert!(refused("example.com/a").contains("begins with https://"));
        assert!(refused("ftp://example.com").contains("only https and http"));
        assert!(refused("https://").contains("no host"));
        assert!(refused("https:///a").contains("no host"));
        assert!(refused("https://:80/a").contains("no host"));
        assert!(refused("https://u:p@example.com/").contains("authorization"));
        assert!(refused("https://example.com/a b").contains("%20"));
        assert!(refused("https://example.com/\u{e9}").contains("%C3%A9"));
        assert!(refused("https://b\u{fc}cher.example/").contains("xn--"));
        assert!(refused("https://example.com:99999/").contains("port"));
        assert!(refused("https://example.com:0/").contains("port"));
        assert!(refused("https://example.com:/").contains("port"));
        assert!(
            refused("https://[::g]/").contains("IPv6")
                || refused("https://[::g]/").contains("malformed")
        );
        assert!(refused("").contains("empty"));
        assert!(refused("https://example.com/a\r\nx: y").contains("control"));
    }

    #[test]
    fn no_refusal_shows_the_query() {
        for text in [
            "https://u@h/?s=secret",
            "ftp://h/?s=secret",
            "https://h/ ?s=secret",
        ] {
            assert!(!refused(text).contains("secret"), "{text}");
        }
    }

    #[test]
    fn hosts_ports_and_addresses_are_read() {
        assert_eq!(url("https://[::1]:8443/x?y").authority(), "[::1]:8443");
        assert_eq!(url("http://127.0.0.1").to_string(), "http://127.0.0.1/");
        assert_eq!(url("https://h/a?b#c").to_string(), "https://h/a?b");
        assert_eq!(url("https://h/a?b#c").shown(), "https://h/a");
    }

    #[test]
    fn redirects_lead_where_rfc_3986_says() {
        let base = url("https://a/b/c/d?q");
        for (reference, target) in [
            ("g", "https://a/b/c/g"),
            ("./g", "https://a/b/c/g"),
            ("g/", "https://a/b/c/g/"),
            ("/g", "https://a/g"),
            ("//g", "https://g/"),
            ("?y", "https://a/b/c/d?y"),
            ("g?y", "https://a/b/c/g?y"),
            ("g#s", "https://a/b/c/g"),
            ("", "https://a/b/c/d?q"),
            (".", "https://a/b/c/"),
            ("./", "https://a/b/c/"),
            ("..", "https://a/b/"),
            ("../g", "https://a/b/g"),
            ("../../g", "https://a/g"),
            ("../../../g", "https://a/g"),
            ("http://x/y", "http://x/y"),
            ("g?a=b:c", "https://a/b/c/g?a=b:c"),
            ("/caf\u{e9} x", "https://a/caf%C3%A9%20x"),
        ] {
            let joined = base.join(reference.as_bytes()).unwrap();
            assert_eq!(joined.to_string(), target, "{reference}");
        }
        assert!(base.join(b"mailto:x@y").is_none());
        assert!(base.join(b"ftp://x/").is_none());
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = url("https://a.example/x");
        assert!(origin.same_origin(&url("https://A.example:443/y")));
        assert!(!origin.same_origin(&url("http://a.example/x")));
        assert!(!origin.same_origin(&url("https://a.example:8443/x")));
        assert!(!origin.same_origin(&url("https://b.example/x")));
    }

    #[test]
    fn query_fields_are_encoded_and_added() {
        let field = |name: &str, value: &str| (name.as_bytes().to_vec(), value.as_bytes().to_vec());
        let fields = [field("a b", "\u{e9}&="), field("c", "")];
        let with = url("https://h/p?x=1").with_query(&fields).unwrap();
        assert_eq!(with.to_string(), "https://h/p?x=1&a%20b=%C3%A9%26%3D&c=");
        let with = url("https://h").with_query(&fields[1..]).unwrap();
        assert_eq!(with.to_string(), "https://h/?c=");
    }
}
