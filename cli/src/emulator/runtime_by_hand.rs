//! A runtime that a test plays by hand: literal bytes over a socket, so that a mistake in the
//! emulator's own constants shows.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
            bytes.push(self.stream.read_u8().await.expect("a head"));
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

    pub async fn next(&mut self) -> Reply {
        self.call("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
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
