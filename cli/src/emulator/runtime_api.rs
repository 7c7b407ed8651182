//! The Runtime API's server: one port, one [`State`].
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::failure::Failure;
use super::function::Function;
use super::invocation::Invocation;
use super::routes::{self, Caller};
use super::state::State;

/// A Runtime API on a loopback port, until it is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    state: watch::Sender<State>,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    /// Serves the function's runtime, which has yet to be started, on a free port of 127.0.0.1.
    pub async fn bind(function: &Function) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let state = watch::Sender::new(State::new(function.is_concurrent()));
        let function = Arc::new(function.clone());
        let server = tokio::spawn(accept(listener, state.clone(), function));
        Ok(Self {
            address,
            state,
            server,
        })
    }

    /// Where the runtime finds it.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the state is as `reached` says.
    pub async fn until(&self, reached: impl FnMut(&State) -> bool) {
        // The sender that `wait_for` would miss is `self.state`.
        let _ = self.state.subscribe().wait_for(reached).await;
    }

    /// Waits until every connection of a process that has ended is read to its end, for what it
    /// sent last may still be on the way; gives up after a second, where another holds one open.
    pub async fn drained(&self) {
        let closed = self.until(State::is_disconnected);
        let _ = tokio::time::timeout(Duration::from_secs(1), closed).await;
    }

    /// Looks at the state.
    pub fn is(&self, reached: impl FnOnce(&State) -> bool) -> bool {
        self.look(reached)
    }

    /// What `look` finds in the state.
    pub fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.borrow())
    }

    /// When the runtime, and its extensions, first asked for an event.
    pub fn ready_at(&self) -> Option<Instant> {
        self.state.borrow().ready_at
    }

    /// When the runtime was told that it is restored from its snapshot.
    pub fn restored_at(&self) -> Option<Instant> {
        self.state.borrow().restored_at
    }

    /// Takes what the function's author should know of the invocation besides.
    pub fn take_notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        self.state.send_modify(|state| notes = state.take_notes());
        notes
    }

    /// Gives the runtime an event.
    pub fn offer(&self, invocation: Arc<Invocation>) {
        self.state.send_modify(|state| state.offer(invocation));
    }

    /// Takes the outcome, if there is one.
    pub fn take_outcome(&self) -> Option<Result<Bytes, Failure>> {
        let mut outcome = None;
        self.state
            .send_modify(|state| outcome = state.take_outcome());
        outcome
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, state: watch::Sender<State>, function: Arc<Function>) {
    // The set ends its connections when it is dropped with this task.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let connection = Connection::of(&state);
                    connections.spawn(serve(stream, connection, Arc::clone(&function)));
                }
                // Out of descriptors, say: the runtime's own time limits end this.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

async fn serve(stream: TcpStream, connection: Connection, function: Arc<Function>) {
    let _ = stream.set_nodelay(true);
    let caller = Caller {
        state: &connection.state,
        function: &function,
        connection: connection.number,
    };
    let service =
        service_fn(|request| async { Ok::<_, Infallible>(routes::answer(&caller, request).await) });
    // An error here is the runtime's end of the line; what it means is in the state.
    let _ = http1::Builder::new()
        .max_buf_size(HEADERS_LIMIT_BYTES)
        // Of trailers too, which are judged where they are read.
        .max_header_size(HEADERS_LIMIT_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Counts as open for as long as it lives.
struct Connection {
    state: watch::Sender<State>,
    number: u64,
}

impl Connection {
    fn of(state: &watch::Sender<State>) -> Self {
        let mut number = 0;
        state.send_modify(|state| number = state.connect());
        let state = state.clone();
        Self { state, number }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let number = self.number;
        self.state.send_modify(|state| state.disconnect(number));
    }
}

/// All headers and the request line together.
const HEADERS_LIMIT_BYTES: usize = 1 << 20;

#[cfg(test)]
#[path = "runtime_api_tests.rs"]
mod tests;
