//! What a run left behind.

use std::{fmt::Write as _, os::unix::process::ExitStatusExt, process::ExitStatus, time::Duration};

use super::{folder::Folder, message::Request};

/// What wakes the harness.
pub enum Signal {
    /// The mock wants the process to get a signal, by its name.
    Send(&'static str),
    /// The mock holds the process, or saw a rule broken.
    Over,
    /// The process has closed its stderr: it ended.
    Ended,
}

/// The whole of one finished run.
pub struct Run {
    pub(super) requests: Vec<Request>,
    pub(super) connections: usize,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
    pub(super) status: ExitStatus,
    pub(super) elapsed: Duration,
    pub(super) root: Folder,
}

impl Run {
    /// Every call, in the order they were complete; the last `/next`, which was held, is one.
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// The posts: answers and errors.
    pub fn posts(&self) -> Vec<&Request> {
        self.requests
            .iter()
            .filter(|request| request.method == "POST")
            .collect()
    }

    /// The only post; panics unless there is exactly one.
    #[track_caller]
    pub fn post(&self) -> &Request {
        match self.posts()[..] {
            [post] => post,
            ref posts => panic!(
                "{} posts in place of one\n{}",
                posts.len(),
                self.transcript()
            ),
        }
    }

    /// Every byte of the call with this number, counted from 0.
    #[track_caller]
    pub fn raw(&self, number: usize) -> &[u8] {
        match self.requests.get(number) {
            Some(request) => &request.raw,
            None => panic!("no call {number}\n{}", self.transcript()),
        }
    }

    /// How many connections the process made.
    pub fn connections(&self) -> usize {
        self.connections
    }

    /// What the process wrote to stdout; panics when it is not UTF-8.
    #[track_caller]
    pub fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("stdout of UTF-8")
    }

    /// What stood on stdout when a call had come in whole.
    #[track_caller]
    pub fn stdout_at(&self, request: &Request) -> &str {
        std::str::from_utf8(&self.stdout[..request.stdout_bytes]).expect("stdout of UTF-8")
    }

    /// The bytes of stdout.
    pub fn stdout_bytes(&self) -> &[u8] {
        &self.stdout
    }

    /// What the process wrote to stderr; panics when it is not UTF-8.
    #[track_caller]
    pub fn stderr(&self) -> &str {
        std::str::from_utf8(&self.stderr).expect("stderr of UTF-8")
    }

    /// The exit status; panics when a signal ended the process.
    #[track_caller]
    pub fn exit_code(&self) -> i32 {
        match self.status.code() {
            Some(code) => code,
            None => panic!(
                "ended by a signal: {:?}\n{}",
                self.status,
                self.transcript()
            ),
        }
    }

    /// The number of the signal that ended the process; panics when it exited.
    #[track_caller]
    pub fn signal(&self) -> i32 {
        match self.status.signal() {
            Some(signal) => signal,
            None => panic!("exited: {:?}\n{}", self.status, self.transcript()),
        }
    }

    /// From the start of the process to its end.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The task root as the run left it.
    pub fn root(&self) -> &Folder {
        &self.root
    }

    /// The whole conversation, for people.
    pub fn transcript(&self) -> String {
        let mut text = String::new();
        for request in &self.requests {
            let shown = &request.raw[..request.raw.len().min(4096)];
            let _ = writeln!(text, "--- on connection {}", request.connection);
            let _ = writeln!(text, "{}", String::from_utf8_lossy(shown).trim_end());
        }
        for (name, bytes) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            let _ = writeln!(
                text,
                "--- {name}\n{}",
                String::from_utf8_lossy(bytes).trim_end()
            );
        }
        let _ = writeln!(text, "--- {:?} after {:?}", self.status, self.elapsed);
        text
    }
}
