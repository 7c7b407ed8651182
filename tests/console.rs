//! `MOONLAYER_MODE=console`: a script that is run anew for each event.

mod support;

#[path = "console/arguments.rs"]
mod arguments;
#[path = "console/deadline.rs"]
mod deadline;
#[path = "console/documentation.rs"]
mod documentation;
#[path = "console/log.rs"]
mod log;
#[path = "console/output.rs"]
mod output;
#[path = "console/processes.rs"]
mod processes;
#[path = "console/setting.rs"]
mod setting;
#[path = "console/status.rs"]
mod status;

use serde_json::Value;
use support::{Event, Function, Request, Run};

/// A console function whose script is `bin/run.lua`.
fn script(source: &str) -> Function {
    Function::new("main.lua", "")
        .file("bin/run.lua", source)
        .handler("bin/run.lua")
        .env("MOONLAYER_MODE", "console")
}

/// Runs `source` once, without arguments.
fn run(source: &str) -> Run {
    script(source).invoke(Event::json("{}")).run()
}

/// The output of a run that ended well.
#[track_caller]
fn output(run: &Run) -> String {
    let post = run.post();
    assert!(post.path.ends_with("/response"), "{}", run.transcript());
    output_of(post)
}

#[track_caller]
fn output_of(post: &Request) -> String {
    let answer = post.json();
    let members = answer.as_object().expect("an object");
    assert_eq!(members["exitCode"], 0);
    assert_eq!(members.len(), 2);
    members["output"].as_str().expect("a string").to_owned()
}

/// The message of a command that failed.
#[track_caller]
fn failure(run: &Run) -> String {
    failure_of(run.post())
}

#[track_caller]
fn failure_of(post: &Request) -> String {
    assert!(post.path.ends_with("/error"), "{}", post.text());
    let header = post.header("Lambda-Runtime-Function-Error-Type");
    assert_eq!(header, Some("Function.CommandFailed"), "{}", post.text());
    let body = post.json();
    assert_eq!(body["errorType"], "CommandFailed");
    assert_eq!(body["stackTrace"], Value::Array(Vec::new()));
    body["errorMessage"].as_str().expect("a string").to_owned()
}
