//! Calls to an emulator: the caller's side of Invoke, and the runtime's side of the Runtime API.

use std::{
    io::Write,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use super::message::{Reader, Unsized, Whole, find};

/// One call.
pub struct Call {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub code: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Call {
    /// A call without a body.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            headers: Vec::new(),
            body: None,
        }
    }

    /// A call with a body of JSON, unless a header says else.
    pub fn post(path: impl Into<String>, body: impl AsRef<[u8]>) -> Self {
        let body = Some(body.as_ref().to_vec());
        Self {
            method: "POST",
            path: path.into(),
            headers: Vec::new(),
            body,
        }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Everything but the body, which has the length `length_bytes`.
    pub fn head(&self, address: SocketAddr, length_bytes: usize) -> String {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: {address}\r\n",
            self.method, self.path
        );
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.body.is_some() {
            if find(&self.headers, "Content-Type").is_none() {
                head.push_str("Content-Type: application/json\r\n");
            }
            head.push_str(&format!("Content-Length: {length_bytes}\r\n"));
        }
        head.push_str("Connection: close\r\n\r\n");
        head
    }
}

/// Makes the call over a connection of its own; panics when no whole reply comes within a minute.
#[track_caller]
pub fn send(address: SocketAddr, call: &Call) -> Reply {
    let mut stream = connect(address);
    let body = call.body.as_deref().unwrap_or_default();
    // A server that refuses a body may close before it has read it all: its reply still counts.
    let sent = stream
        .write_all(call.head(address, body.len()).as_bytes())
        .and_then(|()| stream.write_all(body));
    let mut reader = Reader::new(stream);
    let reply = reader.head().and_then(|message| {
        let mut message = message.ok_or_else(|| super::message::bad("no reply".into()))?;
        reader.body(&mut message, Unsized::UntilClosed, &Whole)?;
        Ok(message)
    });
    let message = match reply {
        Ok(message) => message,
        Err(error) => panic!("{} {}: {error} (sent: {sent:?})", call.method, call.path),
    };
    let code = message
        .start
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok());
    let code = code.unwrap_or_else(|| panic!("the status line {:?}", message.start));
    Reply {
        code,
        headers: message.headers,
        body: message.body,
    }
}

/// Connects with a time limit on every read.
#[track_caller]
pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address)
        .unwrap_or_else(|error| panic!("nobody listens on {address}: {error}"));
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a time that is not 0");
    stream
}

impl Reply {
    /// The value of a header, its name in any case.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// The body as text; panics when it is not UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of UTF-8")
    }

    /// The body as JSON; panics when it is not.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        match serde_json::from_slice(&self.body) {
            Ok(value) => value,
            Err(error) => panic!("{error} in {}", String::from_utf8_lossy(&self.body)),
        }
    }
}
