//! The runtime behind cargo-lambda's emulator, which has its own reading of the protocol: a base
//! path and a scheme in the address, 204 where there is no event, 200 where the service says 202.

mod support;

use std::{net::SocketAddr, path::Path, process::Command};

use serde_json::{Value, json};
use support::{
    Call, Event, Folder, Function, Process, Sample, bootstrap, free_address, send, tool,
};

/// The emulator, and the runtime that polls it.
struct Watch {
    runtime: Process,
    _emulator: Process,
    _home: Folder,
    invoke: SocketAddr,
}

impl Watch {
    #[track_caller]
    fn start(root: &Path, handler: &str) -> Self {
        Self::start_with(root, handler, &[])
    }

    #[track_caller]
    fn of(sample: &Sample) -> Self {
        Self::start_with(&sample.root(), &sample.handler, &sample.env)
    }

    #[track_caller]
    fn start_with(root: &Path, handler: &str, variables: &[(String, String)]) -> Self {
        let home = Folder::new();
        let invoke = free_address();
        let mut command = Command::new(tool("venv/bin/cargo-lambda"));
        // It asks cargo about the package of its folder, which stands alone and is not built.
        home.file("Cargo.toml", "[package]\nname = \"f\"\n[workspace]\n");
        home.file("src/main.rs", "");
        let cargo = Path::new(env!("CARGO")).parent().expect("a whole path");
        command
            .args(["lambda", "watch", "--only-lambda-apis"])
            .args(["--invoke-address", "127.0.0.1"])
            .args(["--invoke-port", &invoke.port().to_string()])
            .current_dir(home.path())
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", cargo);
        let mut emulator = Process::spawn(&mut command, || {});
        emulator.listens(invoke);
        let mut command = Command::new(bootstrap());
        command
            .current_dir(root)
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", format!("http://{invoke}/.rt"))
            .env("LAMBDA_TASK_ROOT", root)
            .env("PATH", "/usr/bin:/bin")
            .env("_HANDLER", handler)
            .envs(variables.iter().cloned());
        let runtime = Process::spawn(&mut command, || {});
        Self {
            runtime,
            _emulator: emulator,
            _home: home,
            invoke,
        }
    }

    #[track_caller]
    fn invoke(&self, event: impl AsRef<[u8]>) -> Value {
        let call = Call::post("/2015-03-31/functions/_/invocations", event);
        let reply = send(self.invoke, &call);
        assert_eq!(
            reply.code,
            200,
            "{}: {}",
            reply.text(),
            self.runtime.stdout()
        );
        reply.json()
    }
}

#[test]
fn hello_echo_and_a_script_answer_event_after_event() {
    for name in ["hello", "echo", "console"] {
        let sample = Sample::read(name);
        let watch = Watch::of(&sample);
        // It answers a failure with another status.
        let answers = |case: &&support::Case| case.expected.get("errorType").is_none();
        for _ in 0..3 {
            for case in sample.cases.iter().filter(answers) {
                assert_eq!(watch.invoke(&case.event), case.expected, "{name}");
            }
        }
    }
}

#[test]
fn an_event_of_a_megabyte_is_echoed() {
    let sample = Sample::read("echo");
    let watch = Watch::of(&sample);
    let event = json!(["x".repeat(1_000_000)]);
    assert_eq!(watch.invoke(event.to_string()), event);
}

#[test]
fn a_failed_invocation_leaves_the_process_alive() {
    let sample = Sample::read("hello");
    let watch = Watch::of(&sample);
    // No object, so it has no name.
    let call = Call::post("/2015-03-31/functions/_/invocations", "7");
    let failed = send(watch.invoke, &call);
    assert_eq!(failed.json()["errorType"], "LuaError", "{}", failed.text());
    let answer = json!({"message": "Hello Ada"});
    assert_eq!(watch.invoke(r#"{"name":"Ada"}"#), answer);
}

#[test]
fn a_streamed_response_has_its_status_headers_and_cookies_behind_a_function_url() {
    let root = Folder::new();
    root.file(
        "main.lua",
        "local stream = require('lambda.stream')\n\
         return { handler = stream.handler(function(event, response)\n\
         response:start({ statusCode = 418, headers = { ['x-path'] = event.rawPath },\n\
         cookies = { 'a=b' } })\n\
         response:write('short ')\nresponse:write('and stout')\nend) }",
    );
    let watch = Watch::start(root.path(), "main.handler");
    for _ in 0..2 {
        let reply = send(watch.invoke, &Call::get("/lambda-url/_/tea"));
        assert_eq!(reply.code, 418, "{}", reply.text());
        assert_eq!(reply.header("x-path"), Some("/tea"));
        assert_eq!(reply.header("set-cookie"), Some("a=b"));
        assert_eq!(reply.text(), "short and stout");
    }
}

/// The parts of this emulator that the others do not have, in an order that it leaves to chance.
#[test]
fn a_base_path_a_204_and_a_200_for_a_post_are_all_understood() {
    let run = Function::new("main.lua", "return { handler = function(e) return e end }")
        .runtime_api("http://{}/.rt")
        .then(support::Answer::status(204))
        .invoke(Event::json("1"))
        .posted(support::Answer::status(200))
        .then(support::Answer::status(204))
        .then(support::Answer::status(204))
        .invoke(Event::json("2"))
        .run();
    let sent: Vec<_> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(sent, ["1", "2"]);
    let path = "/.rt/2018-06-01/runtime/invocation/request-1/response";
    assert_eq!(run.posts()[0].path, path);
}
