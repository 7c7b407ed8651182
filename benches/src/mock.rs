//! The Runtime API as the measurements need it: it serves one event many times, takes the time
//! from the reply to `/next` until the response is read, and checks every response.
//!
//! Its threads wait in `accept` before a peer starts, so that no thread has to be made while a
//! clock runs. One `Mock` serves one process of a peer.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::socket::{Shutdown, shutdown};

use crate::event::{Event, same};
use crate::http::{Connection, Request, chunked};

/// A listening Runtime API.
pub struct Mock {
    /// Where it listens, on loopback.
    pub address: SocketAddr,
    listener: Arc<TcpListener>,
    shared: Arc<Shared>,
}

struct Shared {
    /// How many invocations the client may have open at once.
    loops: usize,
    session: Mutex<Session>,
    changed: Condvar,
}

#[derive(Default)]
struct Session {
    serving: Option<Arc<Prepared>>,
    /// Invocations of `serving` not yet begun.
    remaining: usize,
    /// The open invocations: their numbers and when the reply to `/next` began.
    open: Vec<(u64, Instant)>,
    count: u64,
    first_next: Option<Instant>,
    first_response: Option<Instant>,
    /// How often a client waits in `/next`.
    parked: usize,
    times: Vec<Duration>,
    /// Bytes that were found equal to the expected value; a response with the same bytes is right.
    verified: Vec<u8>,
    failure: Option<String>,
    closed: bool,
}

/// An event as it goes over the wire.
pub struct Prepared {
    event: Event,
    wire: Vec<u8>,
    framing: String,
}

impl Prepared {
    /// Frames an event as the service does: chunked from 2 KB on, by length below.
    pub fn new(event: Event) -> Arc<Self> {
        let (wire, framing) = if event.body.len() > CHUNKED_BYTES {
            (
                chunked(&event.body),
                "Transfer-Encoding: chunked".to_owned(),
            )
        } else {
            (
                event.body.clone(),
                format!("Content-Length: {}", event.body.len()),
            )
        };
        Arc::new(Self {
            event,
            wire,
            framing,
        })
    }

    /// Whether the time goes into the round trip rather than into the event.
    pub fn is_small(&self) -> bool {
        self.event.body.len() <= CHUNKED_BYTES
    }

    /// The event's name.
    pub fn name(&self) -> &'static str {
        self.event.name
    }
}

impl Mock {
    /// Listens on a free port of loopback, ready to accept when this returns; for a client that
    /// serves `loops` events at once.
    pub fn start(loops: usize) -> Result<Self> {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
        let shared = Arc::new(Shared {
            loops,
            session: Mutex::default(),
            changed: Condvar::new(),
        });
        let address = listener.local_addr()?;
        for _ in 0..CONNECTIONS + loops {
            let (listener, shared) = (Arc::clone(&listener), Arc::clone(&shared));
            thread::spawn(move || accept_until_closed(&listener, &shared));
        }
        Ok(Self {
            address,
            listener,
            shared,
        })
    }

    /// Puts up `count` invocations of an event, to be taken by the next calls of `/next`.
    pub fn offer(&self, prepared: &Arc<Prepared>, count: usize) {
        let mut session = self.shared.lock();
        if !session
            .serving
            .as_ref()
            .is_some_and(|serving| Arc::ptr_eq(serving, prepared))
        {
            session.verified.clear();
        }
        session.serving = Some(Arc::clone(prepared));
        session.remaining = count;
        session.times.clear();
        self.shared.changed.notify_all();
    }

    /// Waits until all that was offered is answered and all loops wait in `/next` again; gives each invocation's time. `alive` ends the wait when the peer has died.
    pub fn finish(&self, alive: impl FnMut() -> Result<()>) -> Result<Vec<Duration>> {
        let mut session = self.wait(alive, |session| {
            let idle = session.remaining == 0 && session.open.is_empty();
            idle && session.parked == self.shared.loops
        })?;
        Ok(std::mem::take(&mut session.times))
    }

    /// Waits for the first response; gives when the first `/next` was read and when the response
    /// was.
    pub fn first_response(&self, alive: impl FnMut() -> Result<()>) -> Result<(Instant, Instant)> {
        let session = self.wait(alive, |session| session.first_response.is_some())?;
        session
            .first_next
            .zip(session.first_response)
            .context("a response without a /next")
    }

    fn wait(
        &self,
        mut alive: impl FnMut() -> Result<()>,
        done: impl Fn(&Session) -> bool,
    ) -> Result<MutexGuard<'_, Session>> {
        let start = Instant::now();
        let mut session = self.shared.lock();
        loop {
            if let Some(failure) = &session.failure {
                bail!("{failure}");
            }
            if done(&session) {
                return Ok(session);
            }
            ensure!(
                start.elapsed() < PATIENCE,
                "no answer within {} s",
                PATIENCE.as_secs()
            );
            alive()?;
            session = self
                .shared
                .changed
                .wait_timeout(session, Duration::from_millis(200))
                .expect("a thread that holds the lock does not panic")
                .0;
        }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.changed.notify_all();
        // Wakes the threads that wait in `accept`; that it is closed already is no fault.
        let _ = shutdown(self.listener.as_raw_fd(), Shutdown::Both);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Session> {
        self.session
            .lock()
            .expect("a thread that holds the lock does not panic")
    }

    fn fail(&self, failure: String) {
        let mut session = self.lock();
        session.failure.get_or_insert(failure);
        self.changed.notify_all();
    }

    /// Serves one connection until the client closes it.
    fn serve(&self, connection: &mut Connection) -> Result<()> {
        while let Some(request) = connection.read_request()? {
            let read = Instant::now();
            match (
                request.method.as_str(),
                request.path.strip_prefix(INVOCATION),
            ) {
                ("GET", Some("next")) => self.next(connection, read)?,
                ("POST", Some(rest)) if rest.ends_with("/response") => {
                    self.response(connection, rest, read)?;
                }
                _ => bail!("{}", unexpected(&request, &connection.body)),
            }
        }
        Ok(())
    }

    fn next(&self, connection: &mut Connection, read: Instant) -> Result<()> {
        let mut session = self.lock();
        session.first_next.get_or_insert(read);
        ensure!(
            session.open.len() < self.loops,
            "/next was asked before the response was given"
        );
        session.parked += 1;
        while session.remaining == 0 {
            if session.closed {
                return Ok(());
            }
            self.changed.notify_all();
            session = self
                .changed
                .wait(session)
                .expect("a thread that holds the lock does not panic");
        }
        session.parked -= 1;
        session.remaining -= 1;
        session.count += 1;
        let number = session.count;
        let prepared = session.serving.clone().context("nothing to serve")?;
        let deadline = SystemTime::now().duration_since(UNIX_EPOCH)? + Duration::from_secs(60);
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{REQUEST_ID}: {ID}{number:012}\r\n\
             Lambda-Runtime-Deadline-Ms: {}\r\n{CONSTANT_HEADERS}{}\r\n\r\n",
            deadline.as_millis(),
            prepared.framing
        );
        session.open.push((number, Instant::now()));
        drop(session);
        connection.send(head.as_bytes(), &prepared.wire)
    }

    fn response(&self, connection: &mut Connection, rest: &str, read: Instant) -> Result<()> {
        let mut session = self.lock();
        let answered = |(number, _): &(u64, Instant)| rest == format!("{ID}{number:012}/response");
        let open = session.open.iter().position(answered);
        let open = open.with_context(|| format!("a response for {rest}, which is not open"))?;
        let (_, began) = session.open.swap_remove(open);
        session.times.push(read - began);
        let first = session.first_response.is_none();
        session.first_response.get_or_insert(read);
        if session.verified != connection.body {
            let prepared = session.serving.clone().context("nothing was served")?;
            let answer: serde_json::Value =
                serde_json::from_slice(&connection.body).with_context(|| {
                    format!("wrong answer, not JSON: {}", excerpt(&connection.body))
                })?;
            ensure!(
                same(&answer, &prepared.event.expected),
                "wrong answer to {}: {}",
                prepared.name(),
                excerpt(&connection.body)
            );
            session.verified.clone_from(&connection.body);
        }
        drop(session);
        // Only the first response is waited for; waking the measuring thread costs a switch.
        if first {
            self.changed.notify_all();
        }
        connection.send(ACCEPTED, b"")
    }
}

fn accept_until_closed(listener: &TcpListener, shared: &Shared) {
    while let Ok((stream, _)) = listener.accept() {
        let served = Connection::new(stream).and_then(|mut stream| shared.serve(&mut stream));
        let Err(error) = served else { continue };
        if !shared.lock().closed {
            shared.fail(format!("{error:#}"));
        }
    }
}

fn unexpected(request: &Request, body: &[u8]) -> String {
    format!(
        "unexpected {} {}: {}",
        request.method,
        request.path,
        excerpt(body)
    )
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned()
}

/// Threads that accept: more than the connections a client keeps open (Node's has one a worker).
const CONNECTIONS: usize = 16;
/// No measurement takes this long between two answers.
const PATIENCE: Duration = Duration::from_secs(120);
/// Larger events arrive chunked.
const CHUNKED_BYTES: usize = 2_048;
const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
const REQUEST_ID: &str = "Lambda-Runtime-Aws-Request-Id";
/// All but the last twelve digits of a request id.
const ID: &str = "8476a536-e9f4-11e8-9739-";
const CONSTANT_HEADERS: &str = "\
    Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:bench\r\n\
    Lambda-Runtime-Trace-Id: Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1\r\n\
    Date: Tue, 10 Nov 2026 13:40:52 GMT\r\n";
const ACCEPTED: &[u8] = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n\
    Date: Tue, 10 Nov 2026 13:40:52 GMT\r\nContent-Length: 16\r\n\r\n{\"status\":\"OK\"}\n";

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_right_answer_in_any_form_becomes_a_time() {
        let (mock, mut client) = asked_once();
        client.post(br#"{ "message" : "Hello \u0041da" }"#);
        client.send(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n");
        assert_eq!(mock.finish(|| Ok(())).unwrap().len(), 1);
    }

    #[test]
    fn a_wrong_answer_is_a_failure() {
        let (mock, mut client) = asked_once();
        client.post(br#"{"message":"Hello Eve"}"#);
        let failure = mock.finish(|| Ok(())).unwrap_err().to_string();
        assert_eq!(failure, r#"wrong answer to hello: {"message":"Hello Eve"}"#);
    }

    #[test]
    fn an_error_report_is_a_failure() {
        let (mock, mut client) = asked_once();
        let path = format!("{INVOCATION}{ID}000000000001/error");
        client.send(format!("POST {path} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes());
        let failure = mock.finish(|| Ok(())).unwrap_err().to_string();
        assert_eq!(failure, format!("unexpected POST {path}: {{}}"));
    }

    struct Client(TcpStream);

    impl Client {
        fn send(&mut self, bytes: &[u8]) {
            self.0.write_all(bytes).unwrap();
        }

        fn post(&mut self, body: &[u8]) {
            let head = format!(
                "POST {INVOCATION}{ID}000000000001/response HTTP/1.1\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            self.send(&[head.as_bytes(), body].concat());
        }
    }

    /// A mock with one hello open, and the client that has it.
    fn asked_once() -> (Mock, Client) {
        let mock = Mock::start(1).unwrap();
        mock.offer(&Prepared::new(Event::hello()), 1);
        let mut client = Client(TcpStream::connect(mock.address).unwrap());
        client.send(b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n");
        let mut reply = Vec::new();
        while !reply.ends_with(br#"{"name":"Ada"}"#) {
            let mut byte = [0];
            client.0.read_exact(&mut byte).unwrap();
            reply.extend(byte);
        }
        (mock, client)
    }
}
