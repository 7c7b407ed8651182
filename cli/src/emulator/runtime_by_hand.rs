//! A runtime that a test plays by hand: literal bytes over a socket, so that a mistake in the
//! emulator's own constants shows.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::invocation::Invocation;
use super::runtime_api::RuntimeApi;
use super::state::State;
use super::stream::{Stream, stream};
use super::{Event, Function};

/// A Runtime API for a function with these variables.
pub async fn bind(variables: &[(&str, &str)]) -> RuntimeApi {
    RuntimeApi::bind(&function(variables)).await.expect("binds")
}

fn function(variables: &[(&str, &str)]) -> Function {
    let variables = variables.iter();
    Function {
        handler: "app.handler".into(),
        root: PathBuf::from("/srv/orders"),
        timeout: Duration::from_secs(3),
        memory_mb: 128,
        inherited: Default::default(),
        variables: variables.map(|(n, v)| (n.into(), v.into())).collect(),
    }
}

/// A turn of this id, whose streamed response goes to `stream`.
pub fn invocation(id: &str, event: Event, stream: Stream) -> Arc<Invocation> {
    Arc::new(Invocation::new(&function(&[]), id, event, stream))
}

/// Gives a runtime that has asked for it the event `{"n":1}` with this id.
pub async fn running(id: &str) -> (RuntimeApi, Runtime, Reply) {
    let api = bind(&[]).await;
    let mut runtime = Runtime::connect(api.address()).await;
    let event = Event {
        body: "{\"n\":1}".into(),
        ..Event::default()
    };
    let reply = offer(&api, &mut runtime, id, event).await;
    (api, runtime, reply)
}

/// Gives a runtime the event. Nobody takes what it streams.
pub async fn offer(api: &RuntimeApi, runtime: &mut Runtime, id: &str, event: Event) -> Reply {
    let (reply, ()) = tokio::join!(runtime.next(), async {
        until(api, State::is_ready).await;
        api.offer(invocation(id, event, stream().0));
    });
    reply
}

/// Waits until the state is as `reached` says, but not as long as nothing here may take.
pub async fn until(api: &RuntimeApi, reached: fn(&State) -> bool) {
    timeout(LIMIT, api.until(reached))
        .await
        .expect("it is reached");
}

const LIMIT: Duration = Duration::from_secs(30);

/// The error of the invocation that failed.
#[track_caller]
pub fn failed(api: &RuntimeApi) -> String {
    let outcome = api.take_outcome().expect("an outcome");
    String::from_utf8(outcome.expect_err("a failure").body.into()).expect("text")
}

/// The response of the invocation that did not.
#[track_caller]
pub fn succeeded(api: &RuntimeApi) -> String {
    let outcome = api.take_outcome().expect("an outcome");
    String::from_utf8(outcome.expect("a response").into()).expect("text")
}

/// A connection of the runtime.
pub struct Runtime {
    stream: TcpStream,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    #[track_caller]
    pub fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body));
    }

    #[track_caller]
    pub fn is_refused(&self, status: u16, error_type: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(
            self.body
                .contains(&format!("\"errorType\":\"{error_type}\"")),
            "{self:?}"
        );
    }
}

impl Runtime {
    /// A new connection.
    pub async fn connect(api: SocketAddr) -> Self {
        Self {
            stream: TcpStream::connect(api).await.expect("connects"),
        }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("writes");
    }

    pub async fn call(&mut self, bytes: impl AsRef<[u8]>) -> Reply {
        self.send(bytes).await;
        self.reply().await
    }

    pub async fn reply(&mut self) -> Reply {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            let byte = timeout(LIMIT, self.stream.read_u8()).await;
            bytes.push(byte.expect("a reply").expect("a head"));
        }
        let head = String::from_utf8(bytes).expect("text");
        let mut reply = Reply {
            status: head[9..12].parse().expect("a status"),
            head,
            body: String::new(),
        };
        let length = reply
            .header("content-length")
            .map_or(0, |n| n.parse().expect("a length"));
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.expect("a body");
        reply.body = String::from_utf8(body).expect("text");
        reply
    }

    /// What comes until the other end closes.
    pub async fn rest(mut self) -> String {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).await.expect("an end");
        rest
    }

    pub async fn get(&mut self, path: &str, headers: &str) -> Reply {
        self.call(format!("GET {path} HTTP/1.1\r\nHost: x\r\n{headers}\r\n"))
            .await
    }

    pub async fn next(&mut self) -> Reply {
        self.get("/2018-06-01/runtime/invocation/next", "").await
    }

    pub async fn post(&mut self, path: &str, headers: &str, body: &str) -> Reply {
        let length = body.len();
        self.call(format!(
            "POST /2018-06-01/runtime/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        ))
        .await
    }

    pub async fn respond(&mut self, id: &str, body: &str) -> Reply {
        self.post(&format!("invocation/{id}/response"), "", body)
            .await
    }

    pub async fn fail(&mut self, id: &str, body: &str) -> Reply {
        self.post(&format!("invocation/{id}/error"), "", body).await
    }
}
