//! AWS's Runtime Interface Emulator, the judge of our reading of the protocol.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    function::is_root,
    http::{Call, Reply, send},
    process::{Process, free_address},
    tools::tool,
};

/// A running `aws-lambda-rie`; it starts the runtime at the first invocation.
pub struct Emulator {
    process: Process,
    invoke: SocketAddr,
    api: SocketAddr,
}

impl Emulator {
    /// Starts the emulator for a runtime's command line, with the environment that `prepare` adds
    /// to an empty one.
    ///
    /// `AWS_LAMBDA_RIE` names another emulator than the one that `tests/setup` checked.
    #[track_caller]
    pub fn start(command_line: &[&str], prepare: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(program());
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin");
        let (invoke, api) = listen(&mut command);
        command.args(command_line);
        prepare(&mut command);
        Self::spawn(&mut command, invoke, api)
    }

    /// Starts the emulator for a process that serves `loops` events at once: the file `bootstrap` in
    /// `task`, which is `/var/task` to it. It needs to be readable by everyone: the emulator, which
    /// is started by root, runs the process as user 993.
    ///
    /// The machine's own `/var` is left alone: the emulator has a mount namespace of its own.
    #[track_caller]
    pub fn start_concurrent(task: &Path, loops: usize, variables: &[(&str, &str)]) -> Self {
        let mut command = if is_root() {
            Command::new("unshare")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "unshare"]);
            sudo
        };
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin");
        let mount = "cd \"$1\" && mount -t tmpfs none /var && mkdir /var/task && \
                     mount --bind . /var/task && cd /var/task && shift && exec \"$@\"";
        command.args(["-m", "sh", "-c", mount, "sh"]).arg(task);
        command.args(["env", "-i", "PATH=/usr/bin:/bin"]);
        command.arg(format!("AWS_LAMBDA_MAX_CONCURRENCY={loops}"));
        let variable = |(name, value): &(&str, &str)| format!("{name}={value}");
        command.args(variables.iter().map(variable)).arg(program());
        let (invoke, api) = listen(&mut command);
        let allowed = Command::new(command.get_program())
            .args(if is_root() {
                &["-m", "true"][..]
            } else {
                &["-n", "unshare", "-m", "true"]
            })
            .output();
        assert!(
            allowed.as_ref().is_ok_and(|output| output.status.success()),
            "aws-lambda-rie with many events at once needs a mount namespace, since it takes the \
             bootstrap from /var/task only: run this test as root with CAP_SYS_ADMIN, or where sudo \
             asks no password: {allowed:?}"
        );
        Self::spawn(&mut command, invoke, api)
    }

    /// Starts a command in which the emulator runs with these two addresses.
    #[track_caller]
    pub fn spawn(command: &mut Command, invoke: SocketAddr, api: SocketAddr) -> Self {
        let mut process = Process::spawn(command, || {});
        process.listens(invoke);
        // It takes invocations a moment before it serves the runtimes that these start.
        process.listens(api);
        Self {
            process,
            invoke,
            api,
        }
    }

    /// Invokes the function and waits for the reply.
    #[track_caller]
    pub fn invoke(&self, event: impl AsRef<[u8]>) -> Reply {
        self.call(&Self::invocation(event))
    }

    /// Makes a call that [`Emulator::invocation`] began.
    #[track_caller]
    pub fn call(&self, call: &Call) -> Reply {
        send(self.invoke, call)
    }

    /// Invokes in a thread of its own, for tests that play the runtime themselves.
    pub fn invoke_aside(&self, call: Call) -> JoinHandle<Reply> {
        let address = self.invoke;
        std::thread::spawn(move || send(address, &call))
    }

    /// The same, as soon as one of several loops waits for an event: until then the emulator turns
    /// callers away, and nothing but that tells when it is.
    pub fn invoke_when_idle(&self, call: Call) -> JoinHandle<Reply> {
        let address = self.invoke;
        thread::spawn(move || {
            let deadline = Instant::now() + Duration::from_secs(30);
            loop {
                let reply = send(address, &call);
                let turned_away = reply.header("Error-Type") == Some("Runtime.Unavailable");
                if !turned_away || Instant::now() > deadline {
                    return reply;
                }
                thread::sleep(Duration::from_millis(5));
            }
        })
    }

    /// The call that invokes the function, to which headers may be added.
    pub fn invocation(event: impl AsRef<[u8]>) -> Call {
        Call::post("/2015-03-31/functions/function/invocations", event)
    }

    /// The address of the Runtime API.
    pub fn runtime_api(&self) -> SocketAddr {
        self.api
    }

    /// Waits for its end; gives its exit status, and what it and the runtime wrote to stdout.
    #[track_caller]
    pub fn wait(self) -> (Option<i32>, String) {
        let (status, stdout, ..) = self.process.wait(Duration::from_secs(30));
        (status.code(), String::from_utf8_lossy(&stdout).into_owned())
    }

    /// Ends it; gives what it and the runtime wrote to stdout and to stderr.
    #[track_caller]
    pub fn stop(self) -> (String, String) {
        self.process.signal("TERM");
        let (_, stdout, stderr, _) = self.process.wait(Duration::from_secs(10));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (text(stdout), text(stderr))
    }
}

/// The program that [`Emulator`] runs.
pub fn program() -> PathBuf {
    match std::env::var_os("AWS_LAMBDA_RIE") {
        Some(path) => PathBuf::from(path),
        None if cfg!(target_arch = "aarch64") => tool("aws-lambda-rie-arm64"),
        None => tool("aws-lambda-rie-x86_64"),
    }
}

/// Gives the emulator its addresses: without them it listens on every address of the machine.
fn listen(command: &mut Command) -> (SocketAddr, SocketAddr) {
    let (invoke, api) = (free_address(), free_address());
    command.args(["--runtime-interface-emulator-address", &invoke.to_string()]);
    command.args(["--runtime-api-address", &api.to_string()]);
    (invoke, api)
}
