//! Servers for the HTTP client under test: they read requests strictly and answer raw bytes.

use std::{
    cell::RefCell,
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::harness::{Reader, Unsized, Whole, find};

/// A request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GET`, `POST`.
    pub method: String,
    /// The second word of the request line.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The chunks one by one; `None` when the body was not chunked.
    pub chunks: Option<Vec<Vec<u8>>>,
    /// Every byte of it.
    pub raw: Vec<u8>,
    /// The connection it came over, counted from 0.
    pub connection: usize,
}

impl Asked {
    /// The value of a header, its name in any case; panics when it is there twice.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// What a server does with a connection after an answer.
#[derive(Clone, Copy, PartialEq)]
pub enum Then {
    /// Reads the next request.
    Keep,
    /// Closes it.
    Close,
    /// Leaves it open, and waits until the client closes it.
    Hold,
}

type Shared<T> = Arc<Mutex<Vec<T>>>;

/// A server on loopback, for as long as the test program lives.
#[derive(Clone)]
pub struct Web {
    address: SocketAddr,
    asked: Shared<Asked>,
    connections: Arc<AtomicUsize>,
    scheme: &'static str,
}

impl Web {
    /// A server that lets `answer` write what it likes in answer to each request.
    pub fn new(answer: impl Fn(&Asked, &mut dyn Write) -> Then + Send + Sync + 'static) -> Self {
        Self::start("http", answer, |stream| Ok(Box::new(stream)))
    }

    /// A server that gives each request the same bytes and keeps the connection.
    pub fn fixed(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::new(move |_, out| {
            send(out, &answer);
            Then::Keep
        })
    }

    /// The same over TLS.
    pub fn tls(
        config: Arc<rustls::ServerConfig>,
        answer: impl Fn(&Asked, &mut dyn Write) -> Then + Send + Sync + 'static,
    ) -> Self {
        Self::start("https", answer, move |stream| {
            let connection = rustls::ServerConnection::new(config.clone());
            let connection = connection.map_err(io::Error::other)?;
            Ok(Box::new(rustls::StreamOwned::new(connection, stream)))
        })
    }

    /// A server that gives each connection, as it is accepted, to `serve`.
    pub fn raw(serve: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let web = Self {
            address: listener.local_addr().expect("a bound socket"),
            asked: Arc::default(),
            connections: Arc::default(),
            scheme: "http",
        };
        let (serve, connections) = (Arc::new(serve), web.connections.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.expect("a connection");
                let number = connections.fetch_add(1, Ordering::SeqCst);
                let serve = serve.clone();
                thread::spawn(move || serve(stream, number));
            }
        });
        web
    }

    fn start(
        scheme: &'static str,
        answer: impl Fn(&Asked, &mut dyn Write) -> Then + Send + Sync + 'static,
        dress: impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync + 'static,
    ) -> Self {
        let asked: Shared<Asked> = Arc::default();
        let log = asked.clone();
        let web = Self::raw(move |stream, connection| {
            let Ok(stream) = dress(stream) else { return };
            let stream = Both(Rc::new(RefCell::new(stream)));
            let mut reader = Reader::new(stream.clone());
            // A request that breaks a rule ends the connection: the client has no answer then.
            while let Ok(Some(mut message)) = reader.head() {
                if reader.body(&mut message, Unsized::Empty, &Whole).is_err() {
                    return;
                }
                let mut words = message.start.split(' ');
                let mut word = || words.next().unwrap_or_default().to_owned();
                let request = Asked {
                    method: word(),
                    target: word(),
                    headers: message.headers,
                    body: message.body,
                    chunks: message.chunks,
                    raw: message.raw,
                    connection,
                };
                log.lock().expect("no panic under it").push(request.clone());
                match answer(&request, &mut stream.clone()) {
                    Then::Keep => {}
                    Then::Close => return,
                    Then::Hold => {
                        let _ = stream.clone().read(&mut [0]);
                        return;
                    }
                }
            }
        });
        Self {
            asked,
            scheme,
            ..web
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The requests until now, in the order they were complete.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic under it").clone()
    }

    /// The only request until now.
    #[track_caller]
    pub fn only(&self) -> Asked {
        match &self.asked()[..] {
            [asked] => asked.clone(),
            asked => panic!("{} requests in place of one: {asked:?}", asked.len()),
        }
    }

    /// How many connections were made until now.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Writes bytes; a client that has gone is no fault of the server's.
pub fn send(out: &mut dyn Write, bytes: impl AsRef<[u8]>) {
    let _ = out.write_all(bytes.as_ref()).and_then(|()| out.flush());
}

/// An answer with this status line's end, these lines of headers and this body.
pub fn answer(status: &str, headers: &[&str], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n", body.len());
    for line in headers {
        bytes.push_str(line);
        bytes.push_str("\r\n");
    }
    let mut bytes = (bytes + "\r\n").into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A stream that its reader and its writer share.
#[derive(Clone)]
struct Both(Rc<RefCell<Box<dyn Stream>>>);

impl Read for Both {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.borrow_mut().read(buffer)
    }
}

impl Write for Both {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}
