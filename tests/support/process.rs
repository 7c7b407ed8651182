//! Processes that end with the test, and what they wrote.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::Read,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU16, Ordering},
        mpsc::{Receiver, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::folder::Folder;

/// The runtime under test.
pub fn bootstrap() -> PathBuf {
    match option_env!("CARGO_BIN_EXE_bootstrap") {
        Some(path) => path.into(),
        None => panic!("only tests of the runtime's crate know its binary"),
    }
}

/// Runs the binary by its name `lua`, with no input and no variables but PATH.
pub fn lua<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Output {
    let mut command = Command::new(bootstrap());
    command
        .arg0("lua")
        .args(arguments)
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    command
        .stdin(Stdio::null())
        .output()
        .expect("the built binary")
}

/// A running process; dropped, it is ended.
pub struct Process {
    child: Child,
    folder: Folder,
    stderr: Option<JoinHandle<Vec<u8>>>,
    ended: Receiver<()>,
    started: Instant,
}

impl Process {
    /// Starts a command without input; `on_end` runs when it, and all that share its stderr, ended.
    #[track_caller]
    pub fn spawn(command: &mut Command, on_end: impl FnOnce() + Send + 'static) -> Self {
        let folder = Folder::new();
        Self::spawn_into(folder, command, on_end)
    }

    /// The same; stdout goes to the file `stdout` in `folder`.
    #[track_caller]
    pub fn spawn_into(
        folder: Folder,
        command: &mut Command,
        on_end: impl FnOnce() + Send + 'static,
    ) -> Self {
        // A file shows how much was written before a call; a pipe's reader would lag behind.
        let stdout = File::options()
            .append(true)
            .create(true)
            .open(folder.path().join("stdout"));
        command
            .stdin(Stdio::null())
            .stdout(stdout.expect("a new file"))
            .stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => panic!("cannot start {:?}: {error}", command.get_program()),
        };
        let mut pipe = child.stderr.take().expect("stderr is a pipe");
        let (sender, ended) = channel();
        let stderr = thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            let _ = sender.send(());
            on_end();
            bytes
        });
        Self {
            child,
            folder,
            stderr: Some(stderr),
            ended,
            started,
        }
    }

    /// The number that the kernel knows it by.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to stdout until now.
    pub fn stdout(&self) -> String {
        let bytes = fs::read(self.folder.path().join("stdout")).expect("our own file");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until something listens at the address; panics when the process ends before, or
    /// after 30 s.
    #[track_caller]
    pub fn listens(&mut self, address: SocketAddr) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(address).is_err() {
            if self.ended.recv_timeout(Duration::from_millis(5)).is_ok() {
                let (status, stdout, stderr, _) = self.finish();
                let said = [stdout, stderr].concat();
                let said = String::from_utf8_lossy(&said);
                panic!("ended before it listened on {address}: {status}\n{said}");
            }
            assert!(
                Instant::now() < deadline,
                "does not listen on {address}: {}",
                self.stdout()
            );
        }
    }

    /// Sends a signal by its name, like `TERM`.
    pub fn signal(&self, name: &str) {
        let script = format!("kill -{name} {}", self.child.id());
        let _ = Command::new("sh")
            .args(["-c", &script])
            .stderr(Stdio::null())
            .status();
    }

    /// Waits for its end; panics when it takes longer.
    #[track_caller]
    pub fn wait(mut self, limit: Duration) -> (ExitStatus, Vec<u8>, Vec<u8>, Duration) {
        assert!(
            self.ended.recv_timeout(limit).is_ok(),
            "still running: {}",
            self.stdout()
        );
        self.finish()
    }

    /// Ends it at once.
    pub fn kill(mut self) -> (ExitStatus, Vec<u8>, Vec<u8>, Duration) {
        // Refused only when it has ended already.
        let _ = self.child.kill();
        self.finish()
    }

    fn finish(&mut self) -> (ExitStatus, Vec<u8>, Vec<u8>, Duration) {
        let status = self.child.wait().expect("a child of ours");
        let elapsed = self.started.elapsed();
        let thread = self.stderr.take().expect("a process is finished once");
        let stderr = thread.join().expect("reading does not panic");
        let stdout = fs::read(self.folder.path().join("stdout")).expect("our own file");
        (status, stdout, stderr, elapsed)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.stderr.is_none() {
            return;
        }
        // An emulator ends its own children when it is asked politely.
        self.signal("TERM");
        if self.ended.recv_timeout(Duration::from_secs(3)).is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// An address on 127.0.0.1 that nobody listens on, and that no other test is given.
///
/// Below the ports that the kernel gives to connections, so that none of these takes it between
/// this call and the listening.
pub fn free_address() -> SocketAddr {
    static OFFSET: AtomicU16 = AtomicU16::new(0);
    // The same number among the ports of UDP, held for as long as this process lives, keeps other
    // test programs away.
    static RESERVED: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());
    let start = (std::process::id() % 400) as u16 * 50;
    loop {
        let offset = OFFSET.fetch_add(1, Ordering::Relaxed);
        let port = 10_000 + (start + offset) % 20_000;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let Ok(reservation) = UdpSocket::bind(address) else {
            continue;
        };
        if TcpListener::bind(address).is_ok() {
            RESERVED
                .lock()
                .expect("pushing does not panic")
                .push(reservation);
            return address;
        }
    }
}
