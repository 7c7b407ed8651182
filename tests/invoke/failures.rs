//! An invocation that fails: its error as JSON on stdout, status 1.

use crate::support::Invoke;

#[test]
fn a_handler_s_error_is_the_result_and_is_logged_with_its_lines() {
    let ran = Invoke::body("error 'boom'").run();
    ran.fails("LuaError", "app.lua:2: boom");
    ran.logs(&[
        "START",
        "\tERROR\t",
        "app.lua:2: boom",
        "\n",
        "END",
        "REPORT",
    ]);
    assert!(!ran.stderr.contains('\r'), "{ran:?}");
    assert!(!ran.stderr.contains("Status:"), "{ran:?}");
}

#[test]
fn an_error_keeps_its_type() {
    Invoke::body("error {type = 'OrderNotFound', message = 'no 7'}")
        .run()
        .fails("OrderNotFound", "no 7");
}

#[test]
fn a_function_that_cannot_be_loaded_fails_with_the_reason() {
    let ran = Invoke::handler("gone.handler", "").run();
    ran.fails("Runtime.ImportModuleError", "gone");
    ran.logs(&[
        "gone",
        "INIT_REPORT Init Duration: ",
        "Status: error\tError Type: Runtime.ImportModuleError",
        "START",
        "END",
        "REPORT",
    ]);
    Invoke::new("return {")
        .run()
        .fails("Runtime.UserCodeSyntaxError", "app.lua:1:");
    Invoke::new("return {other = print}")
        .run()
        .fails("Runtime.HandlerNotFound", "other");
    Invoke::handler("../app.handler", "")
        .run()
        .fails("Runtime.MalformedHandlerName", "..");
}

#[test]
fn os_exit_is_a_failure() {
    Invoke::body("os.exit(3)")
        .run()
        .fails("Runtime.ExitError", "handler called os.exit(3)");
}

#[test]
fn a_process_that_dies_is_told_as_the_service_tells_it() {
    // The shell's parent is the runtime.
    let ran = Invoke::body("os.execute 'kill -s KILL $PPID'").run();
    ran.fails(
        "Runtime.ExitError",
        "Error: Runtime exited with error: signal: killed",
    );
    ran.logs(&[
        "START",
        "END",
        "REPORT",
        "\tStatus: error\tError Type: Runtime.ExitError",
    ]);
    assert!(
        ran.stdout.contains("\"errorMessage\":\"RequestId: "),
        "{ran:?}"
    );

    let ran = Invoke::new("os.execute 'kill -s TERM $PPID'").run();
    ran.fails(
        "Runtime.ExitError",
        "Error: Runtime exited with error: signal: terminated",
    );
}

#[test]
fn a_response_over_the_limit_fails() {
    let ran = Invoke::body("return ('x'):rep(6291555)").run();
    ran.fails("Function.ResponseSizeTooLarge", "(6291557 bytes) exceeded");
    ran.logs(&["START", "\tERROR\t", "6291557", "END"]);
    Invoke::body("return ('x'):rep(6291554)")
        .run()
        .responds(&format!("\"{}\"", "x".repeat(6_291_554)));
}
