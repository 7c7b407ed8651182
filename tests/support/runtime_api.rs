//! The mock's sockets: one thread takes connections, one more serves each.

use std::{
    fs,
    io::Write,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Condvar, Mutex, MutexGuard, mpsc::Sender},
    thread,
    time::{Duration, Instant},
};

use super::{
    message::{Message, Reader, Request, Unsized},
    run::Signal,
    script::Script,
};

/// A Runtime API that follows a script.
pub struct RuntimeApi {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    script: Mutex<Script>,
    /// Told of each call that has come in whole.
    called: Condvar,
    signals: Sender<Signal>,
    stdout: PathBuf,
}

impl RuntimeApi {
    /// Listens on a free port of 127.0.0.1. `stdout` is the file that the process writes to.
    pub fn start(script: Script, signals: Sender<Signal>, stdout: &Path) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("a bound listener");
        let script = Mutex::new(script);
        let shared = Arc::new(Shared {
            script,
            called: Condvar::new(),
            signals,
            stdout: stdout.to_owned(),
        });
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let serving = Arc::clone(&accepting);
                let number = {
                    let mut script = serving.script();
                    if script.over {
                        return;
                    }
                    script.connections += 1;
                    script.connections - 1
                };
                thread::spawn(move || serving.serve(number, stream));
            }
        });
        Self { address, shared }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops taking connections and gives the script as it stands.
    pub fn stop(self) -> Script {
        // A call that is on its way when the process ends has been made.
        self.shared.await_other_calls();
        let script = self.shared.script().finish();
        // Wakes the accepting thread, which then sees that the run is over.
        drop(TcpStream::connect(self.address));
        script
    }
}

impl Shared {
    fn script(&self) -> MutexGuard<'_, Script> {
        self.script
            .lock()
            .expect("no thread of the mock panics while it holds the script")
    }

    fn serve(&self, number: usize, stream: TcpStream) {
        // Longer than any run may take.
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .expect("a time that is not 0");
        stream.set_nodelay(true).expect("a TCP connection");
        let mut reader = Reader::new(stream.try_clone().expect("a descriptor"));
        while self.one(number, &mut reader, &stream) {}
        let _ = stream.shutdown(Shutdown::Both);
        // Wakes the main thread when a rule was broken.
        if self.script().over {
            let _ = self.signals.send(Signal::Over);
        }
    }

    /// Waits until the process has written `word` to stdout, or the run is over.
    fn wait_for(&self, word: &str) {
        let written =
            || String::from_utf8_lossy(&fs::read(&self.stdout).unwrap_or_default()).contains(word);
        while !written() && !self.script().over {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits for the other calls that the script expects: two connections know no order.
    fn await_other_calls(&self) {
        let script = self.script();
        // Those that never come are the verdict's, not ours.
        let limit = Duration::from_secs(10);
        let _ = self.called.wait_timeout_while(script, limit, |script| {
            script.violations.is_empty() && (script.coming > 0 || !script.extras.is_empty())
        });
    }

    /// Serves one call; false when the connection is done with.
    fn one(&self, number: usize, reader: &mut Reader<TcpStream>, mut stream: &TcpStream) -> bool {
        let message = match reader.head() {
            Ok(Some(message)) => message,
            Ok(None) => return false,
            Err(error) => {
                self.script()
                    .violate(format!("not an HTTP request: {error}"));
                return false;
            }
        };
        let (method, path) = match request_line(&message) {
            Ok((method, path)) => (method.to_owned(), path.to_owned()),
            Err(what) => {
                self.script().violate(what);
                return false;
            }
        };
        let answer = {
            let mut script = self.script();
            script.coming += 1;
            script.answer(&method, &path)
        };
        let mut message = message;
        if let Some(word) = &answer.stalled_until {
            self.wait_for(word);
        }
        let mut broken = false;
        if !answer.before_body
            && let Err(error) = reader.body(&mut message, Unsized::Empty, &answer)
        {
            broken = true;
            if !answer.unfinished {
                self.script()
                    .violate(format!("the body of {method} {path}: {error}"));
                return false;
            }
        }
        let request = Request {
            method,
            path,
            headers: message.headers,
            body: message.body,
            body_bytes: message.body_bytes,
            chunks: message.chunks,
            trailers: message.trailers,
            raw: message.raw,
            connection: number,
            stdout_bytes: self.stdout.metadata().map_or(0, |meta| meta.len() as usize),
            at: Instant::now(),
        };
        {
            let mut script = self.script();
            script.coming -= 1;
            script.requests.push(request);
        }
        self.called.notify_all();
        if answer.holding || answer.signal.is_some() {
            self.await_other_calls();
        }
        if let Some(name) = answer.signal {
            let _ = self.signals.send(Signal::Send(name));
        }
        if answer.holding && self.script().over {
            let _ = self.signals.send(Signal::Over);
        }
        if answer.holding || answer.parking {
            // Until the process is ended: its end closes the connection.
            let _ = reader.head();
            let mut script = self.script();
            if answer.signal.is_none() && !script.ends {
                script.violate("closed a connection on which it waits".into());
            }
            return false;
        }
        // A client that has gone away shows in what it does next, or in its exit status.
        !broken && stream.write_all(&answer.bytes).is_ok() && !answer.closing
    }
}

/// Method and path of a request that keeps the rules every call to the Runtime API must keep.
fn request_line(message: &Message) -> Result<(&str, &str), String> {
    let [method, path, "HTTP/1.1"] = message.start.split(' ').collect::<Vec<_>>()[..] else {
        return Err(format!("the request line {:?}", message.start));
    };
    for (at, (name, _)) in message.headers.iter().enumerate() {
        if message.headers[..at]
            .iter()
            .any(|(other, _)| other.eq_ignore_ascii_case(name))
        {
            return Err(format!("{method} {path} with {name} twice"));
        }
    }
    let header = |name: &str| super::message::find(&message.headers, name);
    // RFC 9112 §3.2: a client MUST send a Host header field in all HTTP/1.1 request messages.
    if header("Host").is_none() {
        return Err(format!("{method} {path} without Host"));
    }
    if header("Expect").is_some() {
        return Err(format!(
            "{method} {path} with Expect, which the service does not answer"
        ));
    }
    if header("User-Agent").is_none_or(str::is_empty) {
        return Err(format!("{method} {path} without User-Agent"));
    }
    if method == "POST" && header("Content-Type").is_none() {
        return Err(format!("{method} {path} without Content-Type"));
    }
    let framed = header("Content-Length").is_some() || header("Transfer-Encoding").is_some();
    if (method == "POST") != framed {
        return Err(format!(
            "{method} {path}: a post has a body, a GET has none"
        ));
    }
    Ok((method, path))
}
