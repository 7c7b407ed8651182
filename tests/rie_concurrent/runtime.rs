//! The runtime, as the emulator finds it when one process serves several events.

use std::{
    collections::BTreeSet,
    fs::File,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    pipe,
    support::{Emulator, Folder, Reply, bootstrap},
};

/// Starts the bootstrap behind the emulator, three events at once. The handler has this body, a
/// count of its calls, and `meet(event)`, in which the events with the roles 1, 2 and 3 wait until
/// all are in it.
#[track_caller]
fn serve(body: &str, variables: &[(&str, &str)]) -> (Emulator, Folder) {
    let source = format!(
        r#"
local count = 0
local function meet(event)
  if event.role == 1 then
    local pipes = {{ assert(io.open("meet-2", "w")), assert(io.open("meet-3", "w")) }}
    pipes[1]:close()
    pipes[2]:close()
  else
    local pipe = assert(io.open("meet-" .. event.role, "r"))
    pipe:read("a")
    pipe:close()
  end
end
return {{
  handler = function(event, context)
    count = count + 1
    {body}
  end,
}}
"#
    );
    let folder = task(source);
    let variables = [&[("_HANDLER", "main.handler")], variables].concat();
    let emulator = Emulator::start_concurrent(folder.path(), 3, &variables);
    (emulator, folder)
}

/// A task root with `main.lua`, the bootstrap, and the pipes of a meeting.
fn task(source: impl AsRef<[u8]>) -> Folder {
    let folder = Folder::new();
    folder.file("main.lua", source);
    folder.program("bootstrap", &bootstrap());
    pipe(&folder, "meet-2");
    pipe(&folder, "meet-3");
    folder
}

/// Calls three times at once, with the roles 1, 2 and 3.
#[track_caller]
fn meet(emulator: &Emulator) -> [Reply; 3] {
    let call = |role| Emulator::invocation(json!({ "role": role }).to_string());
    [1, 2, 3]
        .map(|role| emulator.invoke_when_idle(call(role)))
        .map(|caller| caller.join().expect("the caller gets a reply"))
}

#[track_caller]
fn invoke(emulator: &Emulator, event: &str) -> Reply {
    let caller = emulator.invoke_when_idle(Emulator::invocation(event));
    caller.join().expect("the caller gets a reply")
}

/// The runtime's records among the emulator's own lines.
#[track_caller]
fn records(stdout: &str) -> Vec<Value> {
    let lines = stdout.lines().filter(|line| line.starts_with('{'));
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

#[test]
fn three_callers_are_in_three_states_at_once() {
    let body = r#"
    meet(event)
    print("role " .. event.role)
    return { count = count, role = event.role, id = context.aws_request_id }"#;
    let (emulator, _folder) = serve(body, &[]);
    let replies = meet(&emulator).map(|reply| reply.json());
    for (role, reply) in (1..).zip(&replies) {
        assert_eq!(reply["role"], role);
        // The first call of each state.
        assert_eq!(reply["count"], 1);
    }
    let ids: BTreeSet<_> = replies
        .iter()
        .map(|reply| reply["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 3);
    let (stdout, _) = emulator.stop();
    let records = records(&stdout);
    assert_eq!(records.len(), 3, "{stdout}");
    for reply in replies {
        let own = records
            .iter()
            .find(|record| record["requestId"] == reply["id"]);
        let message = format!("role {}", reply["role"]);
        assert_eq!(own.expect("a record of each")["message"], message);
    }
}

#[test]
fn a_handler_that_fails_or_exits_does_not_disturb_the_others() {
    let body = r#"
    if event.role then meet(event) end
    if event.role == 1 then error({ type = "Broken", message = "boom" }) end
    if event.role == 2 then os.exit(3) end
    return { event.role or "alone", count }"#;
    let (emulator, _folder) = serve(body, &[]);
    let [failed, exited, well] = meet(&emulator);
    assert_eq!(failed.json()["errorMessage"], "boom");
    assert_eq!(failed.header("Error-Type"), Some("Function.Broken"));
    assert_eq!(exited.json()["errorMessage"], "handler called os.exit(3)");
    assert_eq!(exited.header("Error-Type"), Some("Runtime.ExitError"));
    assert_eq!(well.json(), json!([3, 1]));
    // All three loops are still there: each serves one of the next three.
    for _ in 0..3 {
        assert_eq!(invoke(&emulator, "{}").json()[0], "alone");
    }
}

#[test]
fn an_answer_after_the_timeout_is_logged_and_the_same_process_serves_on() {
    // In a call that nothing interrupts, until the test lets it go.
    let body = r#"
    if event.wait then
      waited = true
      local pipe = assert(io.open("meet-2", "r"))
      pipe:read("a")
      pipe:close()
    end
    return waited"#;
    let (emulator, folder) = serve(body, &[("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")]);
    let timed_out = invoke(&emulator, r#"{"wait":true}"#);
    assert_eq!(timed_out.json()["errorType"], "Sandbox.Timedout");
    drop(
        std::fs::File::options()
            .write(true)
            .open(folder.path().join("meet-2")),
    );
    // The loops take turns, so that the state that was late comes again once it is done.
    let deadline = Instant::now() + Duration::from_secs(30);
    while invoke(&emulator, "{}").text() != "true" {
        assert!(Instant::now() < deadline, "the late loop never came back");
    }
    let (stdout, _) = emulator.stop();
    let records = records(&stdout);
    let [late] = &records[..] else {
        panic!("one record: {records:?}");
    };
    assert_eq!(late["level"], "ERROR");
    assert_ne!(late["requestId"], "-");
    let message = late["message"].as_str().expect("a text");
    assert!(
        message.contains("(410)") && message.contains("InvokeTimeout"),
        "{message}"
    );
}

#[test]
fn a_large_error_is_taken_at_the_first_post() {
    // Not larger: the emulator stops reading a process's output at a line of over 64 KiB, and the
    // record has the message twice.
    let body = r#"error({ type = "Big", message = ("x"):rep(30000) })"#;
    let (emulator, _folder) = serve(body, &[]);
    for _ in 0..2 {
        let reply = invoke(&emulator, "{}");
        assert_eq!(reply.header("Error-Type"), Some("Function.Big"));
        let message = reply.json()["errorMessage"].to_string();
        // A second post would be smaller, and say so.
        assert_eq!(message.trim_matches('"').len(), 30_000);
    }
}

#[test]
fn an_error_within_a_streamed_response_reaches_the_caller_however_long_it_is() {
    let stream = "require('lambda.stream').handler(function(event, response)
      response:write('begun')
      error({ type = 'Broken', message = ('long '):rep(event.times) })
    end)(event, context)";
    let (emulator, _folder) = serve(stream, &[]);
    for (times, ends) in [(1, "long "), (9999, "the log has them)")] {
        let reply = invoke(&emulator, &json!({ "times": times }).to_string());
        assert_eq!(reply.header("Error-Type"), Some("Function.Broken"));
        let message = reply.json()["errorMessage"].clone();
        assert!(
            message.as_str().is_some_and(|text| text.ends_with(ends)),
            "{message}"
        );
    }
}

#[test]
fn the_largest_response_arrives_and_a_larger_one_spares_the_process() {
    let body = "if event.bytes then return ('x'):rep(event.bytes - 2) end return count";
    let (emulator, _folder) = serve(body, &[]);
    let largest = invoke(&emulator, r#"{"bytes":6291556}"#);
    assert_eq!(largest.body.len(), 6_291_556);
    let larger = invoke(&emulator, r#"{"bytes":6291557}"#);
    assert_eq!(
        larger.header("Error-Type"),
        Some("Function.ResponseSizeTooLarge")
    );
    for _ in 0..3 {
        assert_eq!(invoke(&emulator, "{}").code, 200);
    }
}

#[test]
fn a_trace_is_in_the_context_and_a_missing_one_is_none() {
    let body = "return { trace = context.trace_id, env = os.getenv('_X_AMZN_TRACE_ID') }";
    let (emulator, _folder) = serve(body, &[]);
    let call = Emulator::invocation("{}").header("X-Amzn-Trace-Id", "Root=1-5;Sampled=1");
    let traced = emulator.invoke_when_idle(call).join().expect("a reply");
    let trace = traced.json()["trace"].as_str().expect("a trace").to_owned();
    assert!(trace.contains("Root=1-5"), "{trace}");
    assert_eq!(traced.json()["env"], Value::Null);
    assert_eq!(invoke(&emulator, "{}").text(), "{}");
}

#[test]
fn a_handler_that_does_not_load_ends_the_process_and_the_emulator() {
    // It waits until the test has seen the emulator listen.
    let folder = task("io.open('meet-2', 'r'):close()\nerror('no', 0)");
    let variables = [("_HANDLER", "main.handler")];
    let emulator = Emulator::start_concurrent(folder.path(), 3, &variables);
    drop(
        File::options()
            .write(true)
            .open(folder.path().join("meet-2")),
    );
    let (status, stdout) = emulator.wait();
    assert_ne!(status, Some(0));
    // It shows what /init/error was given.
    let shown = "errType=Runtime.ImportModuleError";
    assert_eq!(stdout.matches(shown).count(), 1, "{stdout}");
    let records = records(&stdout);
    assert_eq!(records.len(), 1, "{stdout}");
    assert_eq!(records[0]["errorType"], "Runtime.ImportModuleError");
    assert_eq!(records[0]["message"], "no");
}
