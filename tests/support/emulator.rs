//! AWS's Runtime Interface Emulator, the judge of our reading of the protocol.

use std::{net::SocketAddr, path::PathBuf, process::Command, thread::JoinHandle, time::Duration};

use super::{
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
        let program = match std::env::var_os("AWS_LAMBDA_RIE") {
            Some(path) => PathBuf::from(path),
            None if cfg!(target_arch = "aarch64") => tool("aws-lambda-rie-arm64"),
            None => tool("aws-lambda-rie-x86_64"),
        };
        let (invoke, api) = (free_address(), free_address());
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin");
        // Without them it listens on every address of the machine.
        command.args(["--runtime-interface-emulator-address", &invoke.to_string()]);
        command.args(["--runtime-api-address", &api.to_string()]);
        command.args(command_line);
        prepare(&mut command);
        let mut process = Process::spawn(&mut command, || {});
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

    /// The call that invokes the function, to which headers may be added.
    pub fn invocation(event: impl AsRef<[u8]>) -> Call {
        Call::post("/2015-03-31/functions/function/invocations", event)
    }

    /// The address of the Runtime API.
    pub fn runtime_api(&self) -> SocketAddr {
        self.api
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
