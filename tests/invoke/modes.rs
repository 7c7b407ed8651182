//! Functions that Lambda starts from a snapshot, or gives many events at once.

use crate::support::Invoke;

#[test]
fn a_function_may_be_started_as_from_a_snapshot() {
    let snap_start = ["--env", "AWS_LAMBDA_INITIALIZATION_TYPE=snap-start"];
    let ran = Invoke::runtime(
        "get /2018-06-01/runtime/restore/next; echo \"restored $status\" >&2
        next; respond \"\\\"$AWS_LAMBDA_INITIALIZATION_TYPE\\\"\"; next",
    )
    .args(snap_start)
    .run();
    ran.responds("\"snap-start\"");
    ran.logs(&["restored 200", "START", "END"]);
    // Its log stream is not the snapshot's.
    Invoke::body("return {context.log_group_name == nil, context.log_stream_name == nil}")
        .args(snap_start)
        .run()
        .responds("[true,true]");
}

#[test]
fn a_script_is_a_console_function() {
    let script = "print('to', ...)\nio.stderr:write('warned\\n')\nos.exit(tonumber((...)))";
    let invoke = || {
        Invoke::handler("bin/migrate.lua", "")
            .file("bin/migrate.lua", script)
            .args(["--env", "MOONLAYER_MODE=console"])
    };
    let ran = invoke().args(["-d", r#""0 'a b'""#]).run();
    ran.responds(r#"{"exitCode":0,"output":"to\t0\ta b\nwarned\n"}"#);
    ran.logs(&["START", "to\t0\ta b", "warned", "END"]);
    let ran = invoke().args(["-d", r#""3""#]).run();
    ran.fails("CommandFailed", "to\t3\nwarned\n");
    ran.logs(&[
        "to\t3",
        "warned",
        "CommandFailed: bin/migrate.lua ended with status 3",
    ]);
    let ran = invoke().run();
    ran.responds(r#"{"exitCode":0,"output":"to\nwarned\n"}"#);
}

#[test]
fn an_error_after_the_restore_is_the_invocation_s() {
    let error = r#"{"errorType":"Runtime.AfterRestoreError","errorMessage":"no network"}"#;
    let ran = Invoke::runtime(&format!(
        "get /2018-06-01/runtime/restore/next
        post /2018-06-01/runtime/restore/error '' '{error}'; kill -KILL $PPID"
    ))
    .args(["--env", "AWS_LAMBDA_INITIALIZATION_TYPE=snap-start"])
    .run();
    ran.fails("Runtime.AfterRestoreError", "no network");
    ran.logs(&[
        "moonlayer: the runtime ended with signal: 9",
        "RESTORE_REPORT",
        "START",
    ]);
}

#[test]
fn there_is_no_restore_unless_asked_for() {
    let script = "get /2018-06-01/runtime/restore/next; restore=$status
        next; respond $restore; next";
    Invoke::runtime(script).run().responds("404");
}

#[test]
fn one_event_is_for_one_of_many_loops() {
    // Each loop says what it got; those that got nothing are ended.
    let script = "for i in 1 2 3 4; do (
            exec 3<>\"/dev/tcp/${AWS_LAMBDA_RUNTIME_API/://}\"
            next; echo \"got $id\" >&2; respond \"$body\"; next
        ) & done; wait";
    let ran = Invoke::runtime(script)
        .args(["--env", "AWS_LAMBDA_MAX_CONCURRENCY=4", "-d", "[7]"])
        .run();
    ran.responds("[7]");
    assert_eq!(ran.stderr.matches("got ").count(), 1, "{ran:?}");
    Invoke::body("return {os.getenv 'AWS_LAMBDA_MAX_CONCURRENCY', os.getenv 'AWS_LAMBDA_INITIALIZATION_TYPE'}")
        .args(["--env", "AWS_LAMBDA_MAX_CONCURRENCY=4"])
        .run()
        .responds(r#"["4","lambda-managed-instances"]"#);
}

#[test]
fn an_extension_that_does_not_ask_for_events_is_told() {
    let script = "post /2020-01-01/extension/register 'Lambda-Extension-Name: drain\\r\\n' '{}'
        next";
    let ran = Invoke::runtime(script).run();
    ran.fails("Sandbox.Timedout", "Task timed out after 3.00 seconds");
    ran.logs(&[
        "moonlayer: the runtime was ready, but drain did not ask for an event within 10 s",
        "INIT_REPORT",
    ]);
}
