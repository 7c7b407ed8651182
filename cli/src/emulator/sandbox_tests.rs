//! Whole invocations of a runtime that is a shell script.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use super::super::stream::{Piece, stream};
use super::*;

/// A place to log to that can be read.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What came of an invocation.
#[derive(Debug)]
struct Ran {
    result: Result<String, String>,
    streamed: Option<Vec<u8>>,
    logs: String,
}

impl Ran {
    /// These parts are in the logs, in this order.
    #[track_caller]
    fn logs(&self, parts: &[&str]) {
        let mut rest = self.logs.as_str();
        for part in parts {
            let Some((_, after)) = rest.split_once(part) else {
                panic!("no {part:?} (there) in {self:?}");
            };
            rest = after;
        }
    }

    #[track_caller]
    fn fails(&self, part: &str) {
        let error = self.result.as_ref().expect_err("a failure");
        assert!(error.contains(part), "{self:?}");
    }
}

/// Runs a script of calls of `runtime_by_hand.sh` as the bootstrap, for one event.
async fn run(script: &str, variables: &[(&str, &str)], timeout: Duration) -> Ran {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("bootstrap");
    let calls = include_str!("runtime_by_hand.sh");
    std::fs::write(&file, format!("{calls}\n{script}\nexit\n")).expect("a file");
    // Read and not executed: what another test has just forked may still have the file open.
    let mut variables: BTreeMap<OsString, OsString> = variables
        .iter()
        .map(|(n, v)| (n.into(), v.into()))
        .collect();
    variables.insert("BASH_ENV".into(), file.into());
    let function = Function {
        handler: "app.handler".into(),
        root: folder.path().to_owned(),
        timeout,
        memory_mb: 128,
        inherited: std::env::vars_os().collect(),
        variables: variables
            .iter()
            .map(|(n, v)| (n.into(), v.into()))
            .collect(),
    };
    let page = Page::default();
    let (stream, mut pieces) = stream();
    let printer = std::thread::spawn(move || {
        let mut all = Vec::new();
        while let Some(piece) = pieces.blocking_next() {
            match piece {
                Piece::Prelude(prelude) => write!(all, "[{prelude}]").expect("memory"),
                Piece::Body(bytes) => all.extend_from_slice(&bytes),
            }
        }
        all
    });
    let sandbox = Sandbox::start_program(Path::new("/bin/bash"), function, Logs::to(page.clone()));
    let mut sandbox = sandbox.await.expect("starts");
    let outcome = sandbox.invoke(Event::default(), stream).await;
    let outcome = outcome.expect("an outcome");
    let stopped = tokio::time::timeout(Duration::from_secs(30), sandbox.stop()).await;
    stopped.expect("its process ends");
    let streamed = tokio::task::spawn_blocking(|| printer.join()).await;
    let streamed = streamed.expect("a thread").expect("bytes");
    let text = |bytes: Bytes| String::from_utf8(bytes.into()).expect("text");
    let logs = page
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    Ran {
        result: outcome
            .result
            .map(text)
            .map_err(|failure| text(failure.body)),
        streamed: outcome.streamed.then_some(streamed),
        logs: String::from_utf8(logs).expect("text"),
    }
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(500);
const SNAP_START: &[(&str, &str)] = &[("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")];

#[tokio::test]
async fn a_runtime_is_killed_without_a_warning_unless_it_has_an_extension() {
    let shut_down = "trap 'echo shutting down >&2; exit' TERM";
    let wait = "echo up >&2; ask /2018-06-01/runtime/invocation/next; wait; read -r -u 3";
    for (register, warned) in [("", false), ("register", true)] {
        let script = format!("{shut_down}\n{register}\nnext; respond 1; {wait}");
        let ran = run(&script, &[], LONG).await;
        assert_eq!(ran.result.as_deref(), Ok("1"), "{ran:?}");
        assert_eq!(ran.logs.contains("shutting down"), warned, "{ran:?}");
        if warned {
            ran.logs(&["START", "END", "REPORT", "shutting down\n"]);
        }
    }
}

#[tokio::test]
async fn a_warning_is_given_at_the_timeout_too() {
    let script = "trap 'echo shutting down >&2; exit' TERM
        register; next
        while :; do sleep 0.01; done";
    let ran = run(script, &[], SHORT).await;
    ran.fails("Task timed out after 0.50 seconds");
    ran.logs(&["START", "shutting down\n", "END", "Status: timeout"]);
    let ran = run(&script.replace("register;", ""), &[], SHORT).await;
    ran.fails("Task timed out after 0.50 seconds");
    assert!(!ran.logs.contains("shutting down"), "{ran:?}");
}

#[tokio::test]
async fn a_runtime_that_does_not_heed_the_warning_is_killed() {
    // It would run on for as long as the test may take.
    let script = "trap '' TERM; register; next; respond 1; next
        while :; do sleep 0.01; done";
    let ran = run(script, &[], LONG).await;
    assert_eq!(ran.result.as_deref(), Ok("1"), "{ran:?}");
}

#[tokio::test]
async fn a_timeout_ends_a_stream_and_what_came_is_the_caller_s() {
    let script = "next; stream; chunk 5 first; sleep 60";
    let ran = run(script, &[], SHORT).await;
    ran.fails("Task timed out after 0.50 seconds");
    assert_eq!(ran.streamed.as_deref(), Some(&b"first"[..]), "{ran:?}");
    ran.logs(&["START", "END", "Status: timeout"]);
}

#[tokio::test]
async fn a_runtime_that_dies_within_a_stream_is_told_from_one_that_breaks_it_off() {
    let ran = run("next; stream; chunk 5 first; exit 7", &[], LONG).await;
    ran.fails("Runtime exited with error: exit status 7");
    assert_eq!(ran.streamed.as_deref(), Some(&b"first"[..]), "{ran:?}");
    ran.logs(&["Error Type: Runtime.ExitError"]);

    let again = "exec 3<>\"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}\"";
    let script = format!("next; stream; chunk 5 first; {again}; next; exit 7");
    let ran = run(&script, &[], LONG).await;
    ran.fails("Runtime closed the connection inside its response");
    assert_eq!(ran.streamed.as_deref(), Some(&b"first"[..]), "{ran:?}");
    ran.logs(&["Error Type: Runtime.TruncatedResponse"]);
}

#[tokio::test]
async fn what_a_stream_leaves_undeclared_is_told_with_the_invocation() {
    let script = "next; stream; chunk 5 first
        finish 'Lambda-Runtime-Function-Error-Type: Function.X\\r\\n'; next";
    let ran = run(script, &[], LONG).await;
    assert_eq!(ran.result.as_deref(), Ok(""), "{ran:?}");
    ran.logs(&["START", "moonlayer: ", "does not declare", "END"]);
}

#[tokio::test]
async fn a_restored_function_is_invoked() {
    let script = "get /2018-06-01/runtime/restore/next
        echo \"restored $status $AWS_LAMBDA_INITIALIZATION_TYPE ${AWS_LAMBDA_LOG_GROUP_NAME-none}\" >&2
        next; respond 1; next";
    let ran = run(script, SNAP_START, LONG).await;
    assert_eq!(ran.result.as_deref(), Ok("1"), "{ran:?}");
    ran.logs(&[
        "restored 200 snap-start none\n",
        "START",
        "END",
        "Init Duration",
    ]);
}

#[tokio::test]
async fn a_restore_error_is_shown_as_an_init_error_is() {
    let script = "get /2018-06-01/runtime/restore/next
        error='{\"errorType\":\"Runtime.AfterRestoreError\"}'
        type='Lambda-Runtime-Function-Error-Type: Runtime.AfterRestoreError\\r\\n'
        post /2018-06-01/runtime/restore/error \"$type\" \"$error\"; exit 65";
    let ran = run(script, SNAP_START, LONG).await;
    ran.fails(r#"{"errorType":"Runtime.AfterRestoreError"}"#);
    ran.logs(&[
        "moonlayer: the runtime ended with exit status: 65\n",
        "RESTORE_REPORT Restore Duration: ",
        "Status: error\tError Type: Runtime.AfterRestoreError\n",
        "START",
        "END",
    ]);
}

#[tokio::test]
async fn an_exit_after_the_restore_is_a_failed_restore() {
    let script = "get /2018-06-01/runtime/restore/next; exit 3";
    let ran = run(script, SNAP_START, LONG).await;
    ran.fails("Runtime exited with error: exit status 3");
    ran.logs(&["RESTORE_REPORT", "Error Type: Runtime.ExitError", "START"]);
}
