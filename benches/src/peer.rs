//! The programs that are measured, and one running process of them.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::mock::{Mock, Prepared};
use crate::process;

/// A runtime with the two functions.
pub struct Peer {
    /// What the tables call it.
    pub name: &'static str,
    /// How much slower its start is than a native program's; it gets that many runs fewer.
    pub slowness: usize,
    /// How much slower its small echo is; it gets that many invocations fewer.
    pub echo_slowness: usize,
    /// The file whose size counts, if it is one binary.
    pub binary: Option<PathBuf>,
    program: PathBuf,
    /// Arguments; `{handler}` stands for the handler's name.
    arguments: Vec<String>,
    /// The folder that plays the task root.
    functions: PathBuf,
    /// Where the standard error of the newest process goes.
    log: PathBuf,
}

/// Ours, as the tables call it.
pub const OURS: &str = "moonlayer";
/// The peer whose ratio counts.
pub const RUST: &str = "lambda_runtime";

impl Peer {
    /// All peers, ours first. `benches` is this folder, `bootstrap` our binary.
    pub fn all(benches: &Path, bootstrap: &Path) -> Result<Vec<Self>> {
        let installed = benches.join("target/bench-peers");
        let rust = |name: &'static str, file: &str| {
            Self::native(
                name,
                file,
                benches.join("target/release").join(file),
                benches,
            )
        };
        let log = |name: &str| installed.join(name).with_extension("stderr");
        Ok(vec![
            Self::native(OURS, "bootstrap", bootstrap.to_owned(), benches),
            rust(RUST, "lambda-runtime-peer"),
            rust("lambda_runtime, 1 thread", "lambda-runtime-peer-one-thread"),
            Self {
                name: "aws-lambda-ric, Node",
                slowness: 6,
                echo_slowness: 5,
                binary: None,
                program: find_program("node")?,
                arguments: vec![
                    installed
                        .join("node/node_modules/aws-lambda-ric/index.mjs")
                        .to_string_lossy()
                        .into_owned(),
                    "{handler}".to_owned(),
                ],
                functions: benches.join("peers/node"),
                log: log("node"),
            },
            Self {
                name: "awslambdaric, Python",
                slowness: 6,
                echo_slowness: 5,
                binary: None,
                program: installed.join("python/bin/python3"),
                arguments: ["-m", "awslambdaric", "{handler}"]
                    .map(str::to_owned)
                    .to_vec(),
                functions: benches.join("peers/python"),
                log: log("python"),
            },
            Self {
                name: "bash + curl",
                slowness: 6,
                echo_slowness: 100,
                binary: None,
                program: benches.join("peers/bash/bootstrap"),
                arguments: Vec::new(),
                functions: benches.join("peers/bash"),
                log: log("bash"),
            },
        ])
    }

    /// Fails when the program is not there.
    pub fn ensure_built(&self) -> Result<()> {
        let program = self.program.display();
        ensure!(
            self.program.exists(),
            "{} is not built: no {program}; start `run`",
            self.name
        );
        Ok(())
    }

    fn native(name: &'static str, file: &str, program: PathBuf, benches: &Path) -> Self {
        Self {
            name,
            slowness: 1,
            echo_slowness: 1,
            binary: Some(program.clone()),
            program,
            arguments: Vec::new(),
            functions: benches.join("functions"),
            log: benches
                .join("target/bench-peers")
                .join(file)
                .with_extension("stderr"),
        }
    }

    /// Starts the peer on a mock of its own that offers `first`, if given, to the first `/next`.
    pub fn start(&self, handler: &str, first: Option<&Arc<Prepared>>) -> Result<Running<'_>> {
        self.start_loops(handler, first, 1)
    }

    /// The same for a peer that is to serve `loops` events at once.
    pub fn start_loops(
        &self,
        handler: &str,
        first: Option<&Arc<Prepared>>,
        loops: usize,
    ) -> Result<Running<'_>> {
        let mock = Mock::start(loops)?;
        if let Some(prepared) = first {
            mock.offer(prepared, 1);
        }
        let mut command = Command::new(&self.program);
        command
            .args(
                self.arguments
                    .iter()
                    .map(|argument| argument.replace("{handler}", handler)),
            )
            .current_dir(&self.functions)
            .env_clear()
            .envs(ENVIRONMENT)
            .env("AWS_LAMBDA_RUNTIME_API", mock.address.to_string())
            .env("LAMBDA_TASK_ROOT", &self.functions)
            .env("_HANDLER", handler)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&self.log)?);
        if loops > 1 {
            command.env("AWS_LAMBDA_MAX_CONCURRENCY", loops.to_string());
        }
        let spawned = Instant::now();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        Ok(Running {
            peer: self,
            mock,
            child,
            spawned,
        })
    }
}

/// A peer's process with the mock that serves it; killed when dropped.
pub struct Running<'peer> {
    /// Whose process it is.
    pub peer: &'peer Peer,
    mock: Mock,
    child: Child,
    spawned: Instant,
}

impl Running<'_> {
    /// Waits for the first response; gives the time from exec to the first `/next` and to it.
    pub fn first_response(&mut self) -> Result<(Duration, Duration)> {
        let (mock, child, peer) = (&self.mock, &mut self.child, self.peer);
        let (next, response) = mock
            .first_response(|| alive(child, peer))
            .with_context(|| peer.name)?;
        Ok((next - self.spawned, response - self.spawned))
    }

    /// Waits until the process waits in `/next`.
    pub fn rest(&mut self) -> Result<Vec<Duration>> {
        let (mock, child, peer) = (&self.mock, &mut self.child, self.peer);
        let times = mock
            .finish(|| alive(child, peer))
            .with_context(|| peer.name)?;
        // The request is out; what follows in the client, until it sleeps in `read`, is its work
        // too.
        std::thread::sleep(Duration::from_millis(2));
        Ok(times)
    }

    /// Serves an event `count` times and waits for rest; gives each invocation's time and the
    /// processor time of the whole.
    pub fn echo(
        &mut self,
        prepared: &Arc<Prepared>,
        count: usize,
    ) -> Result<(Vec<Duration>, Duration)> {
        let before = process::cpu_time(self.child.id())?;
        self.mock.offer(prepared, count);
        let times = self.rest()?;
        Ok((times, process::cpu_time(self.child.id())? - before))
    }

    /// Serves an event `count` times; gives the time until the last answer is there and all wait.
    pub fn serve(&mut self, prepared: &Arc<Prepared>, count: usize) -> Result<Duration> {
        let began = Instant::now();
        self.mock.offer(prepared, count);
        let (mock, child, peer) = (&self.mock, &mut self.child, self.peer);
        mock.finish(|| alive(child, peer))
            .with_context(|| peer.name)?;
        Ok(began.elapsed())
    }

    /// What the process and its children hold in memory now.
    pub fn memory(&self) -> Result<process::Memory> {
        process::Memory::of_group(self.child.id())
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // The group has the child's id; that it has ended already is no fault.
        let _ = killpg(
            Pid::from_raw(self.child.id().cast_signed()),
            Signal::SIGKILL,
        );
        let _ = self.child.wait();
    }
}

fn alive(child: &mut Child, peer: &Peer) -> Result<()> {
    if let Some(status) = child.try_wait()? {
        let log = fs::read_to_string(&peer.log).unwrap_or_default();
        bail!("ended with {status}: {}", log.trim());
    }
    Ok(())
}

fn find_program(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").context("PATH is not set")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .with_context(|| format!("{name} is not installed: not found in PATH"))
}

/// What Lambda sets and some client insists on.
const ENVIRONMENT: [(&str, &str); 11] = [
    ("PATH", "/usr/local/bin:/usr/bin:/bin"),
    ("LANG", "en_US.UTF-8"),
    ("TZ", ":UTC"),
    // The task root is read-only in Lambda; here it is the repository.
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("AWS_REGION", "eu-central-1"),
    ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
    (
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "2026/11/10/[$LATEST]0123456789abcdef",
    ),
    ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
];
