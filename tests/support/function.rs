//! The builder of a run.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc::{RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use super::{
    answer::{Answer, Event},
    folder::Folder,
    process::{Process, bootstrap},
    run::{Run, Signal},
    runtime_api::RuntimeApi,
    script::{Script, Step},
};

/// A function, the script of the Runtime API that serves it, and how the process is started.
pub struct Function {
    root: Folder,
    program: Option<PathBuf>,
    arguments: Vec<String>,
    env: BTreeMap<String, String>,
    uid: Option<u32>,
    piped: bool,
    limit: Duration,
    script: Script,
}

impl Function {
    /// A task root with one file, `main.lua` say, whose handler is `main.handler`.
    pub fn new(file: &str, source: impl AsRef<[u8]>) -> Self {
        let module = file.strip_suffix(".lua").unwrap_or(file);
        Self::empty()
            .handler(&format!("{module}.handler"))
            .file(file, source)
    }

    /// A function that answers with its event.
    pub fn echo() -> Self {
        let source = "return { handler = function(event) return event end }";
        Self::new("main.lua", source)
    }

    /// A function that fails with the message `boom`.
    pub fn failing() -> Self {
        let source = "return { handler = function() error('boom', 0) end }";
        Self::new("main.lua", source)
    }

    /// A function with a stream handler whose body stands from line 3 on.
    pub fn streaming(body: &str) -> Self {
        let source = format!(
            "local stream = require('lambda.stream')\n\
             return {{ handler = stream.handler(function(event, response, context)\n\
             {body}\nend) }}"
        );
        Self::new("main.lua", source)
    }

    /// A task root that is a copy of `folder`.
    pub fn folder(folder: &Path, handler: &str) -> Self {
        let function = Self::empty().handler(handler);
        function.root.copy_from(folder);
        function
    }

    fn empty() -> Self {
        let root = Folder::new();
        // As the service sets them; nothing of this machine's environment is passed on.
        let env = [
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_NAME", "f"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/f"),
            (
                "AWS_LAMBDA_LOG_STREAM_NAME",
                "2026/11/20/[$LATEST]0123456789abcdef",
            ),
            ("AWS_LAMBDA_RUNTIME_API", "{}"),
            ("AWS_REGION", "eu-west-1"),
            ("LANG", "en_US.UTF-8"),
            (
                "LAMBDA_TASK_ROOT",
                root.path().to_str().expect("our own name"),
            ),
            ("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"),
            ("TZ", ":UTC"),
        ];
        let env = env
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        Self {
            root,
            program: None,
            arguments: Vec::new(),
            env,
            uid: None,
            piped: false,
            limit: Duration::from_secs(60),
            script: Script::default(),
        }
    }

    /// Sets `_HANDLER`.
    pub fn handler(self, handler: &str) -> Self {
        self.env("_HANDLER", handler)
    }

    /// Runs another bootstrap than the one that was built for the tests.
    pub fn program(mut self, program: PathBuf) -> Self {
        self.program = Some(program);
        self
    }

    /// Adds an argument of the command line.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Adds a file to the task root.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.root.file(name, content);
        self
    }

    /// Sets the permission bits of a file or folder of the task root.
    pub fn mode(self, name: &str, mode: u32) -> Self {
        self.root.mode(name, mode);
        self
    }

    /// The task root, to put more into it.
    pub fn root(&self) -> &Folder {
        &self.root
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Leaves a variable out.
    pub fn without_env(mut self, name: &str) -> Self {
        self.env.remove(name);
        self
    }

    /// Sets `AWS_LAMBDA_RUNTIME_API`; `{}` stands for the mock's host and port. What follows it is
    /// the base path that every call must have: `http://{}/.rt/f`.
    pub fn runtime_api(mut self, value: &str) -> Self {
        self.script.base_path = value
            .split_once("{}")
            .map_or("", |(_, path)| path)
            .to_owned();
        self.env("AWS_LAMBDA_RUNTIME_API", value)
    }

    /// Runs the process as another user, where this one is root, whom no permission stops.
    pub fn uid(mut self, uid: u32) -> Self {
        self.uid = Some(uid);
        self
    }

    /// Sets `AWS_LAMBDA_MAX_CONCURRENCY`: as many events may be open at once.
    pub fn concurrency(mut self, loops: usize) -> Self {
        self.script.loops = loops;
        self.env("AWS_LAMBDA_MAX_CONCURRENCY", &loops.to_string())
    }

    /// Gives the process a pipe for stdout, which parts large writes; `stdout_at` then lags behind.
    pub fn piped(mut self) -> Self {
        self.piped = true;
        self
    }

    /// The next answer to `/next` is this event.
    pub fn invoke(mut self, event: Event) -> Self {
        self.script.steps.push_back(Step::Event(event));
        self
    }

    /// The next answer to `/next` is no event.
    pub fn then(mut self, answer: Answer) -> Self {
        self.script.steps.push_back(Step::Answer(answer));
        self
    }

    /// The next post (response, error, init error) gets this answer in place of
    /// [`Answer::accepted`].
    pub fn posted(mut self, answer: Answer) -> Self {
        self.script.posts.push_back(answer);
        self
    }

    /// Another call must be made, once; the path is the one below the base path.
    pub fn expects(mut self, method: &str, path: &str, answer: Answer) -> Self {
        self.script
            .extras
            .push((method.to_owned(), path.to_owned(), answer));
        self
    }

    /// The process must end by itself. Otherwise it must stay, and is killed when it asks for an
    /// event that the script does not have, or gets [`Answer::hold`].
    pub fn ends(mut self) -> Self {
        self.script.ends = true;
        self
    }

    /// The longest the run may take; a minute unless set.
    pub fn within(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it; panics with the whole conversation when anything goes against the script.
    #[track_caller]
    pub fn run(mut self) -> Run {
        let ends = self.script.ends;
        let (signals, waiting) = channel();
        let folder = Folder::new();
        let script = std::mem::take(&mut self.script);
        let api = RuntimeApi::start(script, signals.clone(), &folder.path().join("stdout"));
        let mut command = self.command(&folder, &api.address().to_string());
        let process = Process::spawn_into(folder, &mut command, move || {
            let _ = signals.send(Signal::Ended);
        });
        let deadline = Instant::now() + self.limit;
        let woken = loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match waiting.recv_timeout(left) {
                Ok(Signal::Send(name)) => process.signal(name),
                woken => break woken,
            }
        };
        // Killing what has ended already changes nothing.
        let (status, stdout, stderr, elapsed) = match woken {
            Ok(Signal::Ended) => process.wait(Duration::from_secs(1)),
            _ => process.kill(),
        };
        let script = api.stop();
        let left_over = script.left_over();
        let run = Run {
            requests: script.requests,
            connections: script.connections,
            stdout,
            stderr,
            status,
            elapsed,
            root: self.root,
        };
        let fault = if matches!(woken, Err(RecvTimeoutError::Timeout)) {
            Some(format!("still running after {:?}", self.limit))
        } else if let Some(violation) = script.violations.first() {
            Some(violation.clone())
        } else if ends != matches!(woken, Ok(Signal::Ended)) {
            Some(
                if ends {
                    "did not end by itself"
                } else {
                    "ended by itself"
                }
                .to_owned(),
            )
        } else {
            left_over
        };
        match fault {
            Some(fault) => panic!("{fault}\n{}", run.transcript()),
            None => run,
        }
    }

    fn command(&self, folder: &Folder, address: &str) -> Command {
        let mut program = self.program.clone().unwrap_or_else(bootstrap);
        if self.uid.is_some() {
            // The folder of the build may be closed to other users.
            program = folder.program("bootstrap", &program);
        }
        let mut command = if self.piped {
            let mut shell = Command::new("bash");
            shell.args(["-c", r#"exec "$0" "$@" > >(exec cat)"#]);
            shell.arg(program);
            shell
        } else {
            Command::new(program)
        };
        command
            .args(&self.arguments)
            .current_dir(self.root.path())
            .env_clear();
        for (name, value) in &self.env {
            let value = match name.as_str() {
                "AWS_LAMBDA_RUNTIME_API" => value.replace("{}", address),
                _ => value.clone(),
            };
            command.env(name, value);
        }
        if let Some(uid) = self.uid
            && is_root()
        {
            command.uid(uid).gid(uid);
        }
        command
    }
}

/// Whether this process is root's.
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
