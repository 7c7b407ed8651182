//! A streamed response: its bytes as they come and as they are, on stdout and nothing else.

use std::fs::File;
use std::io::{Read, Write};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::Invoke;

const HTTP: &str = r"Content-Type: application/vnd.awslambda.http-integration-response\r\n";
const TRAILER: &str =
    r"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n";
// {"errorType":"Broken","errorMessage":"no more"}
const ENDING: &str = r"Lambda-Runtime-Function-Error-Type: Function.Broken\r\nLambda-Runtime-Function-Error-Body: eyJlcnJvclR5cGUiOiJCcm9rZW4iLCJlcnJvck1lc3NhZ2UiOiJubyBtb3JlIn0=\r\n";

/// The error that stands after the report.
#[track_caller]
fn error_after_report(stderr: &str) -> Value {
    let (_, rest) = stderr.split_once("REPORT RequestId: ").expect("a report");
    let (_, error) = rest.split_once('\n').expect("a line");
    serde_json::from_str(error).expect("an error as JSON")
}

/// The FIFO that the script waits at, open for both so that neither end waits for the other.
fn go(invoke: &Invoke) -> File {
    let mut options = File::options();
    let fifo = options.read(true).write(true);
    fifo.open(invoke.folder().join("go")).expect("a fifo")
}

#[test]
fn the_first_bytes_are_there_while_the_function_still_runs() {
    let mut invoke = Invoke::runtime(
        "next; stream; chunk 5 first; read -r line < go; chunk 6 second; finish; next",
    )
    .fifo("go")
    .args(["--timeout", "60"]);
    let mut go = go(&invoke);
    let mut child = invoke.start();
    let mut stdout = child.stdout.take().expect("a pipe");
    let mut first = [0; 5];
    stdout.read_exact(&mut first).expect("the first bytes");
    assert_eq!(&first, b"first");
    // Nothing more comes before this.
    go.write_all(b"\n").expect("a line fits");
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("an end");
    assert_eq!(rest, "second");
    assert!(child.wait().expect("an end").success());
}

#[test]
fn the_bytes_are_exact_and_no_newline_is_added() {
    for locale in ["C", "C.UTF-8"] {
        let output =
            Invoke::runtime(r"next; stream; chunk 7 '\xff\x00\r\n\xc3\xfea'; finish; next")
                .shell("LC_ALL", locale)
                .output();
        assert_eq!(output.stdout, b"\xff\0\r\n\xc3\xfea", "{output:?}");
        assert!(output.status.success(), "{output:?}");
    }
}

#[test]
fn an_empty_stream_is_empty() {
    let output = Invoke::runtime("next; stream; finish; next").output();
    assert_eq!(output.stdout, b"", "{output:?}");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_prelude_is_shown_with_the_logs() {
    let prelude = r#"{"statusCode":404,"headers":{"content-type":"text/plain"},"cookies":["a=b"]}"#;
    let ran = Invoke::runtime(&format!(
        r"next; stream '{HTTP}'; chunk {:x} '{prelude}'; chunk 8 '\0\0\0\0\0\0\0\0'; chunk 4 body; finish; next",
        prelude.len()
    ))
    .run();
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "body"), "{ran:?}");
    ran.logs(&[
        "START",
        "HTTP 404\tcontent-type: text/plain\tset-cookie: a=b\n",
        "END",
        "REPORT",
    ]);
}

#[test]
fn a_prelude_that_cannot_be_used_is_an_error() {
    for (chunks, part) in [
        ("", "there is none"),
        ("chunk 5 first;", "ends before it"),
        (
            r#"chunk 1c '{"statusCode":"200"}\0\0\0\0\0\0\0\0';"#,
            "statusCode is \"200\"; give a whole number from 100 to 599",
        ),
    ] {
        let script = format!("next; stream '{HTTP}'; {chunks} finish; next");
        let ran = Invoke::runtime(&script).run();
        assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
        let error = error_after_report(&ran.stderr);
        assert_eq!(error["errorType"], "Function.InvalidResponsePrelude");
        let message = error["errorMessage"].as_str().expect("a message");
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn an_error_within_the_stream_is_not_among_its_bytes() {
    let script = format!("next; stream '{TRAILER}'; chunk 5 first; finish '{ENDING}'; next");
    let ran = Invoke::runtime(&script).run();
    assert_eq!((ran.status, ran.stdout.as_str()), (1, "first"), "{ran:?}");
    let error = error_after_report(&ran.stderr);
    assert_eq!(error["errorType"], "Broken", "{ran:?}");
    assert_eq!(error["errorMessage"], "no more", "{ran:?}");
    assert!(!ran.stderr.contains("Status:"), "{ran:?}");
}

#[test]
fn an_error_that_was_not_declared_is_lost_as_in_the_service_and_told() {
    let script = format!("next; stream; chunk 5 first; finish '{ENDING}'; next");
    let ran = Invoke::runtime(&script).run();
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "first"), "{ran:?}");
    ran.logs(&["START", "moonlayer: ", "does not declare", "END"]);
}

#[test]
fn a_stream_that_is_cut_is_an_error_and_what_came_is_there() {
    let ran = Invoke::runtime("next; stream; chunk 5 first; kill -KILL $PPID").run();
    assert_eq!((ran.status, ran.stdout.as_str()), (1, "first"), "{ran:?}");
    let error = error_after_report(&ran.stderr);
    assert_eq!(error["errorType"], "Runtime.ExitError", "{ran:?}");
    let message = error["errorMessage"].as_str().expect("a message");
    assert!(message.contains("signal: killed"), "{message}");
}

#[test]
fn the_timeout_ends_a_stream() {
    let ran = Invoke::runtime("next; stream; chunk 5 first; sleep 60")
        .args(["--timeout", "0.5"])
        .run();
    assert_eq!((ran.status, ran.stdout.as_str()), (1, "first"), "{ran:?}");
    let error = error_after_report(&ran.stderr);
    assert_eq!(error["errorType"], "Sandbox.Timedout", "{ran:?}");
    ran.logs(&["\tDuration: 500.00 ms\t", "\tStatus: timeout\n"]);
}

#[test]
fn a_reader_that_has_had_enough_does_not_stop_the_function() {
    let mut invoke = Invoke::runtime(
        "next; stream; chunk 5 first; read -r line < go
        chunk 6 second; chunk 5 third; finish; next",
    )
    .fifo("go")
    .args(["--timeout", "60"]);
    let mut go = go(&invoke);
    let mut child = invoke.start();
    drop(child.stdout.take());
    go.write_all(b"\n").expect("a line fits");
    let output = child.wait_with_output().expect("an end");
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("REPORT"), "{stderr}");
    assert!(!stderr.contains("Status:"), "{stderr}");
    assert!(
        stderr.contains("cannot write the result to stdout: Broken pipe"),
        "{stderr}"
    );
}

#[test]
fn a_signal_ends_a_stream_that_nobody_reads() {
    // More than a pipe holds.
    let mut invoke = Invoke::runtime(
        "next; stream; printf '%70000s' > piece; : > alive
        for i in {1..100}; do printf '11170\\r\\n'; cat piece; printf '\\r\\n'; done >&3",
    )
    .fifo("alive")
    .args(["--timeout", "60"]);
    let mut child = invoke.start();
    let mut alive = File::open(invoke.folder().join("alive")).expect("a fifo");
    alive
        .read_to_end(&mut Vec::new())
        .expect("the stream began");
    let id = Pid::from_raw(child.id().try_into().expect("an id"));
    kill(id, Signal::SIGINT).expect("the tool runs");
    assert_eq!(child.wait().expect("an end").code(), Some(130));
}
