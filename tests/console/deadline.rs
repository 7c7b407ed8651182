//! The soft deadline of a script.

use std::fs;
use std::time::Duration;

use crate::support::{Event, ON_COLLECT, Request, Run};
use crate::{output_of, script};

/// Runs `source` with little time, and then with all. Half a second lies between the moment it should
/// stop and the one it is killed.
fn timed_out(source: &str) -> Run {
    let source = format!("if ... == 'again' then print('again') return end\n{source}");
    let run = script(&source)
        .env("MOONLAYER_TIMEOUT_MARGIN_MS", "1000")
        .invoke(Event::json("null").left(Duration::from_millis(1200)))
        .invoke(Event::json(r#""again""#))
        .run();
    let posts = run.posts();
    assert_eq!(output_of(posts[1]), "again\n", "{}", run.transcript());
    let header = posts[0].header("Lambda-Runtime-Function-Error-Type");
    assert_eq!(header, Some("Function.Timeout"), "{}", run.transcript());
    assert_eq!(posts[0].json()["errorType"], "Function.Timeout");
    run
}

fn message(post: &Request) -> String {
    post.json()["errorMessage"].as_str().unwrap().to_owned()
}

#[test]
fn a_script_is_interrupted_where_it_is() {
    let run = timed_out("print('before')\nlocal function turn()\nwhile true do end\nend\nturn()");
    let post = run.posts()[0];
    let message = message(post);
    assert!(message.starts_with("timed out after 1."), "{message}");
    assert!(message.ends_with(" s at bin/run.lua:4"), "{message}");
    let stack = post.json()["stackTrace"].to_string();
    assert!(stack.starts_with("[\"bin/run.lua:4: in "), "{stack}");
    assert!(stack.contains("bin/run.lua:6: in main chunk"), "{stack}");
    assert!(
        run.stdout_at(post)
            .starts_with("before\nlua: timed out after 1.")
    );
}

#[test]
fn no_pcall_keeps_it_running() {
    let run = timed_out("while true do pcall(function() while true do end end) end");
    assert!(message(run.posts()[0]).contains(" s at bin/run.lua:2"));
}

#[test]
fn a_script_that_waits_for_a_process_is_killed_with_it() {
    let source = "os.execute('echo $$ > id; exec sleep 1000')";
    let run = timed_out(source);
    let message = message(run.posts()[0]);
    assert!(
        message.ends_with(" s in native code (a C function or a child process), which was killed"),
        "{message}"
    );
    let id = fs::read_to_string(run.root().path().join("id")).expect("the process began");
    // One that was killed and that nobody asks after has no command line any more.
    let line = fs::read(format!("/proc/{}/cmdline", id.trim())).unwrap_or_default();
    assert!(line.is_empty(), "{}", String::from_utf8_lossy(&line));
    assert!(
        !run.stdout().contains("cannot be interrupted"),
        "{}",
        run.stdout()
    );
}

#[test]
fn nobody_is_told_that_lambda_ends_what_is_killed_in_time() {
    let run = timed_out("os.execute('exec sleep 1000')");
    assert!(message(run.posts()[0]).contains("was killed"));
    assert_eq!(run.stdout().lines().count(), 2, "{}", run.stdout());
}

#[test]
fn a_finalizer_that_does_not_end_at_the_end_is_killed() {
    for end in ["", "os.exit(0, true)"] {
        let source =
            format!("{ON_COLLECT}kept = on_collect(function() while true do end end)\n{end}");
        let run = timed_out(&source);
        assert!(message(run.posts()[0]).contains("was killed"), "{end}");
    }
}

#[test]
fn a_script_that_had_its_time_taken_by_its_end_is_told_where_it_was() {
    let source = format!(
        "{}kept = on_collect(function() while true do end end)\nwhile true do end",
        ON_COLLECT
    );
    let run = timed_out(&source);
    assert!(message(run.posts()[0]).ends_with(" s at bin/run.lua:3"));
}
