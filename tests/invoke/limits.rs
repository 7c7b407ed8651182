//! What ends an invocation from outside: its timeout, its init's limit, a signal.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::Invoke;

/// A function that opens a FIFO, says so through it, and does not come back. Its end, and that of
/// what it started, is the FIFO's end.
fn stuck() -> Invoke {
    Invoke::body(
        "local fifo = io.open('fifo', 'w') fifo:write 'running\\n' fifo:flush()
        os.execute 'sleep 60 > fifo'",
    )
    .fifo("fifo")
}

/// Waits until the function runs.
fn running(folder: &Path) -> BufReader<File> {
    let fifo = folder.join("fifo");
    soon("the function runs", move || {
        let mut fifo = BufReader::new(File::open(fifo).expect("a fifo"));
        let mut line = String::new();
        fifo.read_line(&mut line).expect("a line");
        assert_eq!(line, "running\n");
        fifo
    })
}

/// Waits until every process that has the FIFO open is gone.
fn ended(mut fifo: BufReader<File>) {
    let rest = soon("its processes end", move || {
        fifo.read_to_end(&mut Vec::new())
    });
    assert_eq!(rest.expect("an end"), 0);
}

/// What `wait` gives, unless it takes longer than anything here may.
#[track_caller]
fn soon<T: Send + 'static>(what: &str, wait: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(wait()));
    receiver.recv_timeout(Duration::from_secs(30)).expect(what)
}

#[test]
fn a_handler_that_does_not_come_back_is_killed_with_all_it_started() {
    let invoke = stuck().args(["--timeout", "0.5", "--env", "MOONLAYER_TIMEOUT_MARGIN_MS=0"]);
    let folder = invoke.folder().to_owned();
    let reader = std::thread::spawn(move || ended(running(&folder)));
    let begun = Instant::now();
    let ran = invoke.run();
    // Far from its own 60 s, and far enough from the half second for a busy machine.
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
    ran.fails(
        "Sandbox.Timedout",
        "Error: Task timed out after 0.50 seconds",
    );
    ran.logs(&[
        "START",
        "END",
        "REPORT",
        "\tDuration: 500.00 ms\t",
        "\tStatus: timeout\n",
    ]);
    reader.join().expect("its end");
}

#[test]
fn a_loop_that_nothing_interrupts_is_killed() {
    let ran = Invoke::body("while true do end")
        .args(["--timeout", "0.5", "--env", "MOONLAYER_TIMEOUT_MARGIN_MS=0"])
        .run();
    ran.fails(
        "Sandbox.Timedout",
        "Error: Task timed out after 0.50 seconds",
    );
    ran.logs(&["START", "END", "\tDuration: 500.00 ms\t", "Status: timeout"]);
}

#[test]
fn a_function_that_never_finishes_loading_is_killed() {
    let ran = Invoke::new("os.execute 'sleep 60'").run();
    ran.fails(
        "Sandbox.Timedout",
        "Error: Task timed out after 3.00 seconds",
    );
    ran.logs(&[
        "did not finish loading within 10 s",
        "INIT_REPORT",
        "Status: timeout",
        "START",
    ]);
}

#[test]
fn a_signal_ends_the_function_too() {
    for (signal, status) in [
        (Signal::SIGINT, 130),
        (Signal::SIGTERM, 143),
        (Signal::SIGHUP, 129),
    ] {
        let mut invoke = stuck().args(["--timeout", "60"]);
        let mut child = invoke.start();
        let fifo = running(invoke.folder());
        let id = Pid::from_raw(child.id().try_into().expect("an id"));
        kill(id, signal).expect("the tool runs");
        assert_eq!(child.wait().expect("an end").code(), Some(status));
        ended(fifo);
    }
}
