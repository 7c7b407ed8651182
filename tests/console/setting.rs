//! The handler setting, and what is wrong before the first event.

use std::collections::BTreeSet;

use crate::support::{Answer, Event, Function, Run};
use crate::{output, output_of, script};

#[track_caller]
fn init_failure(function: Function) -> (String, String) {
    let run: Run = function.ends().run();
    assert_eq!(run.exit_code(), 1);
    let post = run.post();
    assert_eq!(post.path, "/2018-06-01/runtime/init/error");
    let body = post.json();
    let kind = post.header("Lambda-Runtime-Function-Error-Type");
    assert_eq!(kind, body["errorType"].as_str());
    let root = run.root().path().display().to_string();
    let message = body["errorMessage"]
        .as_str()
        .unwrap()
        .replace(&root, "ROOT");
    (kind.unwrap().to_owned(), message)
}

#[test]
fn a_setting_that_is_no_path_in_the_task_root_is_malformed() {
    for setting in [
        "/bin/run.lua",
        "../bin/run.lua",
        "bin/../bin/run.lua",
        "bin//run.lua",
        "./bin/run.lua",
        "bin/run",
        "app.handler",
        ".lua",
    ] {
        let (kind, message) = init_failure(script("").handler(setting));
        assert_eq!(kind, "Runtime.MalformedHandlerName", "{setting}");
        let start = format!("the handler \"{setting}\" is malformed: ");
        assert!(message.starts_with(&start), "{message}");
        assert!(message.ends_with("such as bin/migrate.lua"), "{message}");
    }
    let (kind, message) = init_failure(script("").without_env("_HANDLER"));
    assert_eq!(kind, "Runtime.MalformedHandlerName");
    assert!(message.starts_with("the function has no handler setting; "));
}

#[test]
fn a_missing_script_is_told_with_the_path_that_was_tried() {
    let (kind, message) = init_failure(script("").handler("bin/walk.lua"));
    assert_eq!(kind, "Runtime.ImportModuleError");
    assert_eq!(
        message,
        "cannot load the script bin/walk.lua from the task root: no file 'ROOT/bin/walk.lua'"
    );
}

#[test]
fn a_script_that_does_not_parse_is_told_before_the_first_event() {
    let (kind, message) = init_failure(script("\nlocal = 1"));
    assert_eq!(kind, "Runtime.UserCodeSyntaxError");
    assert!(message.starts_with("bin/run.lua:2: "), "{message}");
}

#[test]
fn nothing_of_the_script_runs_before_the_first_event() {
    let run = script("print('ran')").run();
    assert_eq!(run.stdout(), "");
}

#[test]
fn many_events_at_once_are_no_setting_for_scripts() {
    let (kind, message) = init_failure(script("").concurrency(2));
    assert_eq!(kind, "Runtime.InvalidConfiguration");
    assert_eq!(
        message,
        "MOONLAYER_MODE is console and AWS_LAMBDA_MAX_CONCURRENCY is 2: a console function runs \
         one script at a time; set the function's concurrency per execution environment to 1"
    );
}

#[test]
fn a_script_has_a_first_line_for_the_shell_and_any_name() {
    let source = "#!/usr/bin/env lua\nprint(arg[0], debug.getinfo(1, 'l').currentline)";
    let run = script("")
        .file("bin/v1.2/run me.lua", source)
        .handler("bin/v1.2/run me.lua")
        .invoke(Event::json("null"))
        .run();
    assert_eq!(output(&run), "bin/v1.2/run me.lua\t2\n");
}

#[test]
fn scripts_run_after_a_restore_and_each_draws_its_own_random_numbers() {
    let mut function = script("print(math.random(1, 2^31 - 1))")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
        .expects(
            "GET",
            "/2018-06-01/runtime/restore/next",
            Answer::status(200),
        );
    for _ in 0..20 {
        function = function.invoke(Event::json("null"));
    }
    let run = function.run();
    let drawn: BTreeSet<_> = run.posts().into_iter().map(output_of).collect();
    assert_eq!(drawn.len(), 20);
}
