//! `Client`: sends requests, follows redirects, and sends again over a fresh connection what an
//! idle one lost.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::http::uri::Uri;
use ureq::http::{self, HeaderMap, HeaderValue, Method, StatusCode, header};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Agent, AsSendBody, SendBody};

use super::dialer::Dialer;
use super::exchange::{Body, Head, Limits, Request, Stream};
use super::fault::Fault;
use super::proxy::Proxies;
use super::tls::Tls;
use super::url::Url;
use crate::deadline::Interrupter;

/// An HTTP client with its own connections, made for one Lua state; its threads share it.
#[derive(Debug)]
pub struct Client {
    agent: Mutex<Arc<Agent>>,
    tls: Arc<Tls>,
    proxies: Arc<Proxies>,
    interrupter: Interrupter,
}

impl Client {
    /// A client as the environment wants it: proxies now, certificates when they are first needed.
    /// Its waits end when `interrupter` has stopped what runs.
    ///
    /// # Errors
    /// A variable that cannot be used, and why.
    pub fn from_env(interrupter: Interrupter) -> Result<Self, String> {
        let proxies = Arc::new(Proxies::from_env(|name| std::env::var(name).ok())?);
        let tls = Arc::new(Tls::default());
        let agent = Mutex::new(Arc::new(agent(&tls, &proxies, interrupter)));
        Ok(Self {
            agent,
            tls,
            proxies,
            interrupter,
        })
    }

    /// Whether `https` can be spoken.
    ///
    /// # Errors
    /// The variable and the file that hold no certificates.
    pub fn check_tls(&self) -> Result<(), String> {
        self.tls.config().map(|_| ())
    }

    /// Drops the idle connections.
    pub fn forget_connections(&self) {
        let fresh = Arc::new(agent(&self.tls, &self.proxies, self.interrupter));
        *self.agent.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    /// Sends the request and gives the answer's head, and its body to be read.
    ///
    /// # Errors
    /// Any [`Fault`]; a status is none.
    pub fn send(&self, mut request: Request, mut body: Body) -> Result<(Head, Stream), Fault> {
        request.limits.begin();
        let repeats = !matches!(body, Body::Made(_));
        let mut left = request.redirects;
        loop {
            let (mut head, raw) = self.send_once(&request, &mut body)?;
            let next = if left == 0 {
                None
            } else {
                redirect(&request, &head, repeats)
            };
            let mut stream = Stream::new(&request, &mut head, raw);
            let Some((method, url)) = next else {
                return Ok((head, stream));
            };
            left -= 1;
            // Read, so that the connection is kept; what is not small is not worth it.
            let mut rest = [0; 4096];
            for _ in 0..4 {
                if !matches!(stream.read(&mut rest), Ok(count) if count > 0) {
                    break;
                }
            }
            if method != request.method {
                body = Body::None;
                request.headers.remove(header::CONTENT_TYPE);
                request.headers.remove(header::CONTENT_ENCODING);
                request.headers.remove(header::CONTENT_LANGUAGE);
                request.headers.remove(header::CONTENT_LENGTH);
                request.method = method;
            }
            if !url.same_origin(&request.url) {
                keep_harmless(&mut request.headers);
            }
            request.url = url;
        }
    }

    fn send_once(&self, request: &Request, body: &mut Body) -> Result<(Head, ureq::Body), Fault> {
        let agent = Arc::clone(&self.agent.lock().unwrap_or_else(PoisonError::into_inner));
        match self.send_by(&agent, request, body) {
            Err(fault) if fault.stale => {
                // What froze or cut one idle connection did so to the others.
                let fresh = Arc::new(self::agent(&self.tls, &self.proxies, self.interrupter));
                let mut shared = self.agent.lock().unwrap_or_else(PoisonError::into_inner);
                // Another thread may have dropped them already.
                if Arc::ptr_eq(&shared, &agent) {
                    *shared = Arc::clone(&fresh);
                }
                drop(shared);
                match body {
                    Body::Made(upload) if upload.begun() => Err(fault),
                    body => self.send_by(&fresh, request, body),
                }
            }
            outcome => outcome,
        }
    }

    fn send_by(
        &self,
        agent: &Agent,
        request: &Request,
        body: &mut Body,
    ) -> Result<(Head, ureq::Body), Fault> {
        let host = request.url.authority();
        let limits = &request.limits;
        if limits.left().is_zero() {
            return Err(limits.over(host));
        }
        let proxied = match self.proxies.of(request.url.uri()) {
            // Of a tunnel the host's server would see it.
            Some(proxy) if !request.url.is_https() => proxy.authorization(),
            _ => None,
        };
        let mut built = http::Request::builder()
            .method(request.method.clone())
            .uri(request.url.uri().clone());
        if let Some(headers) = built.headers_mut() {
            headers.clone_from(&request.headers);
            if let Body::Bytes(bytes) = body {
                headers.insert(header::CONTENT_LENGTH, bytes.len().into());
            }
            if let Some(value) = proxied {
                headers.insert(header::PROXY_AUTHORIZATION, value);
            }
        }
        let answer = match body {
            Body::None => run(agent, built.body(()), limits),
            Body::Bytes(bytes) => {
                let mut reader = io::Cursor::new(*bytes);
                run(
                    agent,
                    built.body(SendBody::from_reader(&mut reader)),
                    limits,
                )
            }
            Body::Made(upload) => run(agent, built.body(SendBody::from_reader(*upload)), limits),
        };
        let answer = answer.map_err(|error| Fault::of(error, host, limits))?;
        let (parts, body) = answer.into_parts();
        let head = Head {
            status: parts.status,
            headers: parts.headers,
            url: request.url.clone(),
        };
        Ok((head, body))
    }
}

fn run<S: AsSendBody>(
    agent: &Agent,
    request: http::Result<http::Request<S>>,
    limits: &Limits,
) -> Result<http::Response<ureq::Body>, ureq::Error> {
    let request = agent
        .configure_request(request?)
        .timeout_global(Some(limits.left()))
        .timeout_connect(Some(limits.connect))
        .build();
    agent.run(request)
}

/// Where the answer sends the request, and with which method; `None` where it is to be given as it
/// is.
fn redirect(request: &Request, head: &Head, repeats: bool) -> Option<(Method, Url)> {
    let method = match (head.status, &request.method) {
        // As the Fetch standard and curl do.
        (StatusCode::SEE_OTHER, method) if *method != Method::HEAD => Method::GET,
        (StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND, &Method::POST) => Method::GET,
        (
            StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT,
            method,
        ) => method.clone(),
        _ => return None,
    };
    if method == request.method && !repeats {
        return None;
    }
    let url = request
        .url
        .join(head.headers.get(header::LOCATION)?.as_bytes())?;
    // What was to be encrypted is not sent in the clear.
    (url.is_https() || !request.url.is_https()).then_some((method, url))
}

/// Leaves the headers that hold no secret: any other name may.
fn keep_harmless(headers: &mut HeaderMap) {
    const HARMLESS: [&str; 14] = [
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "content-encoding",
        "content-language",
        "content-length",
        "content-type",
        "if-modified-since",
        "if-none-match",
        "pragma",
        "range",
        "user-agent",
    ];
    let mut kept = HeaderMap::new();
    for (name, value) in headers.iter() {
        if HARMLESS.contains(&name.as_str()) {
            kept.append(name, HeaderValue::clone(value));
        }
    }
    *headers = kept;
}

fn agent(tls: &Arc<Tls>, proxies: &Arc<Proxies>, interrupter: Interrupter) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .user_agent("")
        .accept("")
        .accept_encoding("")
        .allow_non_standard_methods(true)
        .max_idle_connections(IDLE_CONNECTIONS)
        .max_idle_connections_per_host(IDLE_CONNECTIONS)
        .max_idle_age(IDLE_AGE)
        .build();
    let dialer = Dialer::new(Arc::clone(tls), Arc::clone(proxies), interrupter);
    Agent::with_parts(config, dialer, NoResolver)
}

/// ureq asks for addresses even when it has a connection; the [`Dialer`] does when it has none.
#[derive(Debug)]
struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(
        &self,
        _: &Uri,
        _: &ureq::config::Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

/// As many as `http.all` uses at once.
const IDLE_CONNECTIONS: usize = super::all::AT_ONCE;
/// Below the idle time of most servers and balancers.
const IDLE_AGE: Duration = Duration::from_secs(90);

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::sync::mpsc::channel;
    use std::thread;
    use std::time::Duration;

    use super::*;
    use crate::deadline::Deadline;
    use crate::modules::http::exchange::Limits;

    #[test]
    fn forgotten_connections_are_closed_and_not_used_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, events) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, sender) = (stream.unwrap(), sender.clone());
                sender.send("connected").unwrap();
                thread::spawn(move || {
                    for line in BufReader::new(stream.try_clone().unwrap()).lines() {
                        if line.is_ok_and(|line| line.is_empty()) {
                            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                            stream.write_all(answer).unwrap();
                        }
                    }
                    let _ = sender.send("closed");
                });
            }
        });
        let client = {
            let deadline = Deadline::new(&mlua::Lua::new()).unwrap();
            Client::from_env(deadline.interrupter()).unwrap()
        };
        let minute = Duration::from_secs(60);
        let ask = || {
            let request = Request {
                method: Method::GET,
                url: Url::parse(format!("http://{address}/").as_bytes()).unwrap(),
                headers: HeaderMap::new(),
                redirects: 0,
                decodes: true,
                limits: Limits::new(minute, None, minute, 1),
            };
            client.send(request, Body::None).unwrap();
        };
        ask();
        ask();
        client.forget_connections();
        ask();
        let mut seen: Vec<_> = (0..3)
            .map(|_| events.recv_timeout(minute).unwrap())
            .collect();
        // The end of the first may be seen after the second was made.
        seen.sort_unstable();
        assert_eq!(seen, ["closed", "connected", "connected"]);
    }
}
