//! `AWS_LAMBDA_EXEC_WRAPPER`.

mod support;

use std::os::unix::fs::symlink;

use support::{Event, Folder, Function, Run, bootstrap};

/// A function that answers with variables and arguments as it finds them.
const SHOW: &str = "local M = {}
function M.handler()
  local json = require('lambda.json')
  local found = json.object({})
  for _, name in ipairs({ 'AWS_LAMBDA_EXEC_WRAPPER', 'MOONLAYER_EXEC_WRAPPED', 'ADDED' }) do
    found[name] = os.getenv(name)
  end
  return found
end
return M
";

fn wrapped(folder: &Folder, script: &str) -> Function {
    let wrapper = folder.executable("wrapper", script);
    Function::new("main.lua", SHOW).env(
        "AWS_LAMBDA_EXEC_WRAPPER",
        wrapper.to_str().expect("a path of UTF-8"),
    )
}

#[track_caller]
fn answer(run: &Run) -> &str {
    run.post().text()
}

#[test]
fn a_wrapper_starts_the_runtime_with_what_it_adds_to_the_environment() {
    let folder = Folder::new();
    let script = "#!/bin/sh\necho \"wrapping $# $*\" >&2\nexport ADDED=yes\nexec \"$@\"\n";
    let run = wrapped(&folder, script)
        .without_env("_HANDLER")
        .argument("main.handler")
        .argument("a b")
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(answer(&run), r#"{"ADDED":"yes"}"#);
    // The runtime's real path and its arguments, once.
    let program = bootstrap().canonicalize().expect("the built binary");
    let expected = format!("wrapping 3 {} main.handler a b\n", program.display());
    assert_eq!(run.stderr(), expected);
    assert_eq!(run.stdout(), "");
}

#[test]
fn a_wrapper_may_put_itself_before_the_runtime_api() {
    let folder = Folder::new();
    let script =
        "#!/bin/sh\nAWS_LAMBDA_RUNTIME_API=\"http://$AWS_LAMBDA_RUNTIME_API/proxy\" exec \"$@\"\n";
    let run = wrapped(&folder, script)
        .runtime_api("{}/proxy")
        .env("AWS_LAMBDA_RUNTIME_API", "{}")
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(
        run.post().path,
        "/proxy/2018-06-01/runtime/invocation/request-1/response"
    );
}

#[test]
fn a_wrapper_that_puts_its_own_variable_back_runs_once() {
    let folder = Folder::new();
    let script =
        "#!/bin/sh\necho wrapping >&2\nexport AWS_LAMBDA_EXEC_WRAPPER=\"$0\"\nexec \"$@\"\n";
    let run = wrapped(&folder, script).invoke(Event::json("{}")).run();
    assert_eq!(run.stderr(), "wrapping\n");
    assert_eq!(answer(&run), "{}");
}

#[test]
fn a_wrapper_may_run_the_runtime_as_a_child() {
    let folder = Folder::new();
    let script = "#!/bin/sh\nADDED=child \"$@\"\n";
    let run = wrapped(&folder, script)
        .file("main.lua", "error('no')")
        .ends()
        .run();
    assert_eq!(run.post().path, "/2018-06-01/runtime/init/error");
    // The status passes through the shell.
    assert_eq!(run.exit_code(), 1);
}

#[test]
fn an_empty_variable_is_no_wrapper() {
    let run = Function::new("main.lua", SHOW)
        .env("AWS_LAMBDA_EXEC_WRAPPER", "")
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(answer(&run), r#"{"AWS_LAMBDA_EXEC_WRAPPER":""}"#);
}

#[test]
fn a_wrapper_that_is_the_runtime_itself_is_left_out_with_a_warning() {
    let folder = Folder::new();
    let link = folder.path().join("bootstrap");
    symlink(bootstrap(), &link).expect("a new link");
    for wrapper in [bootstrap(), link] {
        let wrapper = wrapper.to_str().expect("a path of UTF-8");
        let run = Function::echo()
            .env("AWS_LAMBDA_EXEC_WRAPPER", wrapper)
            .invoke(Event::json("1"))
            .run();
        assert_eq!(answer(&run), "1");
        let records: Vec<_> = run.stdout().lines().collect();
        let [record] = records[..] else {
            panic!("{records:?}")
        };
        let expected = format!(
            "\t-\tWARN\tAWS_LAMBDA_EXEC_WRAPPER is {wrapper}, which is this runtime itself"
        );
        assert!(record.contains(&expected), "{record}");
    }
}

#[test]
fn a_wrapper_that_cannot_run_is_an_init_error_that_says_why() {
    let folder = Folder::new();
    let closed = folder.file("closed", "#!/bin/sh\n");
    let stray = folder.executable("stray", "#!/no/such/interpreter\n");
    for (wrapper, why) in [
        (
            folder.path().join("missing"),
            "No such file or directory (os error 2)",
        ),
        (closed, "Permission denied (os error 13)"),
        (stray, "No such file or directory (os error 2)"),
        (folder.path().to_owned(), "Permission denied (os error 13)"),
    ] {
        let shown = wrapper.to_str().expect("a path of UTF-8");
        let run = Function::echo()
            .env("AWS_LAMBDA_EXEC_WRAPPER", shown)
            .ends()
            .run();
        assert_eq!(run.exit_code(), 1);
        let post = run.post();
        assert_eq!(post.path, "/2018-06-01/runtime/init/error");
        let header = post.header("Lambda-Runtime-Function-Error-Type");
        assert_eq!(header, Some("Runtime.InvalidConfiguration"));
        let message = format!("cannot run the wrapper {shown} (AWS_LAMBDA_EXEC_WRAPPER): {why}; ");
        let body = post.json();
        let said = body["errorMessage"].as_str().expect("a message");
        assert!(said.starts_with(&message), "{said}");
        assert!(run.stdout().contains(&message), "{}", run.stdout());
    }
}
