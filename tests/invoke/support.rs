//! A function in a folder of its own, and the tool run on it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// A folder with a function, and how the tool is to run it.
pub struct Invoke {
    folder: PathBuf,
    command: Command,
    stdin: Vec<u8>,
}

impl Invoke {
    /// The handler `app.handler` in an `app.lua` of this source.
    pub fn new(source: &str) -> Self {
        Self::handler("app.handler", source)
    }

    /// The handler of that name, and an `app.lua` of this source.
    pub fn handler(handler: &str, source: &str) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("invoke {} {count}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("a folder");
        let folder = folder.canonicalize().expect("a real folder");
        let mut command = Command::new(env!("CARGO_BIN_EXE_moonlayer"));
        command.args(["invoke", handler]).current_dir(&folder);
        Self {
            folder,
            command,
            stdin: Vec::new(),
        }
        .file("app.lua", source)
    }

    /// A function whose handler is this body, with `event` and `context`.
    pub fn body(body: &str) -> Self {
        Self::new(&format!(
            "return {{handler = function(event, context)\n{body}\nend}}"
        ))
    }

    /// A function whose file is never loaded: a shell script plays the runtime instead, with the
    /// calls of `runtime_by_hand.sh`.
    pub fn runtime(script: &str) -> Self {
        let calls = include_str!("../../cli/src/emulator/runtime_by_hand.sh");
        Self::new("os.execute 'exec bash runtime.sh'")
            .file("runtime.sh", format!("{calls}\n{script}\n"))
    }

    /// A function that returns its event.
    pub fn echo() -> Self {
        Self::body("return event")
    }

    /// A file in the function's folder.
    pub fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
        self
    }

    /// A program in the function's folder. Another process writes it: a child that another test
    /// starts meanwhile would hold a file of ours open, which then cannot be executed.
    pub fn program(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let this = self.file(name, "");
        let mut shell = Command::new("sh")
            .args(["-c", "cat >\"$1\" && chmod +x \"$1\"", "sh", name])
            .current_dir(&this.folder)
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut stdin = shell.stdin.take().expect("it is piped");
        stdin.write_all(bytes.as_ref()).expect("the shell reads");
        drop(stdin);
        assert!(shell.wait().expect("it ends").success());
        this
    }

    /// More arguments.
    pub fn args<const N: usize>(mut self, args: [&str; N]) -> Self {
        self.command.args(args);
        self
    }

    /// A variable of the shell.
    pub fn shell(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Without a variable of the shell.
    pub fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// What the tool finds on stdin.
    pub fn stdin(mut self, bytes: &str) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// The folder, which is where the tool runs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the tool, with its stdout and stderr piped.
    pub fn start(&mut self) -> Child {
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the tool starts")
    }

    /// Makes a FIFO in the folder.
    pub fn fifo(self, name: &str) -> Self {
        let mut mkfifo = Command::new("mkfifo");
        let made = mkfifo.arg(name).current_dir(&self.folder).status();
        assert!(made.expect("mkfifo runs").success());
        self
    }

    /// Runs the tool to its end, and gives the bytes that it wrote.
    pub fn output(mut self) -> Output {
        let mut child = self.start();
        // A tool that does not want the event closes the pipe, which is its right.
        let _ = child.stdin.take().expect("a pipe").write_all(&self.stdin);
        child.wait_with_output().expect("the tool ends")
    }

    /// Runs the tool to its end.
    #[track_caller]
    pub fn run(self) -> Ran {
        let output = self.output();
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Ran {
            status: output.status.code().expect("the tool exits"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

impl Drop for Invoke {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The invocation succeeded with exactly this response, and a newline.
    #[track_caller]
    pub fn responds(&self, response: &str) -> &Self {
        assert_eq!(
            (self.status, self.stdout.as_str()),
            (0, &*format!("{response}\n")),
            "{self:?}"
        );
        self
    }

    /// The invocation failed with an error of this type, whose message has this part.
    #[track_caller]
    pub fn fails(&self, error_type: &str, part: &str) -> &Self {
        assert_eq!(self.status, 1, "{self:?}");
        let error: Value = serde_json::from_str(&self.stdout).expect("an error as JSON");
        assert_eq!(error["errorType"], error_type, "{self:?}");
        let message = error["errorMessage"].as_str().expect("a message");
        assert!(message.contains(part), "{self:?}");
        self
    }

    /// Nothing was started, for a reason that has these parts.
    #[track_caller]
    pub fn refuses(&self, status: i32, parts: &[&str]) -> &Self {
        assert_eq!(
            (self.status, self.stdout.as_str()),
            (status, ""),
            "{self:?}"
        );
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in {self:?}");
        }
        assert!(!self.stderr.contains("START"), "{self:?}");
        self
    }

    /// These parts are on stderr, in this order.
    #[track_caller]
    pub fn logs(&self, parts: &[&str]) -> &Self {
        let mut rest = self.stderr.as_str();
        for part in parts {
            let Some((_, after)) = rest.split_once(part) else {
                panic!("no {part:?} (there) in {self:?}");
            };
            rest = after;
        }
        self
    }
}
