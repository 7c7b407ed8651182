//! The runtime, as the emulator finds it.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    CLIENT_CONTEXT, MAX_RESPONSE_BYTES,
    support::{Emulator, Folder, IS_LUAJIT, Sample, bootstrap, in_form_of},
    text,
};

/// Starts the bootstrap behind the emulator, in its task root.
#[track_caller]
pub fn serve(root: &Path, handler: &str, variables: &[(&str, &str)]) -> Emulator {
    let program = bootstrap();
    Emulator::start(&[text(&program), handler], |command| {
        command.current_dir(root).env("LAMBDA_TASK_ROOT", root);
        command.envs(variables.iter().copied());
    })
}

/// A task root with a `main.lua` whose handler has this body, and a count of its calls.
fn main_lua(body: &str) -> Folder {
    let folder = Folder::new();
    let source = format!(
        "local M, count = {{}}, 0\nfunction M.handler(event, context)\ncount = count + 1\n{body}\nend\nreturn M\n"
    );
    folder.file("main.lua", source);
    folder
}

#[test]
fn every_sample_gives_its_expected_answers() {
    for sample in Sample::all() {
        let env: Vec<_> = sample
            .env
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        let emulator = serve(&sample.root(), &sample.handler, &env);
        for case in &sample.cases {
            let reply = emulator.invoke(&case.event);
            assert_eq!(
                reply.code,
                200,
                "{} {}: {}",
                sample.name,
                case.name,
                reply.text()
            );
            let answer = in_form_of(&case.expected, reply.json());
            assert_eq!(answer, case.expected, "{} {}", sample.name, case.name);
        }
    }
}

/// An integer with as many digits as a number keeps.
const WIDE: &str = if IS_LUAJIT {
    "9007199254740991"
} else {
    "9007199254740993"
};

#[test]
fn one_process_serves_event_after_event_and_keeps_its_state() {
    let root = main_lua("return { count = count, cold = context.cold_start, event = event }");
    let emulator = serve(root.path(), "main.handler", &[]);
    for (count, event) in ["{}", "[]", "null", r#""a""#, WIDE].iter().enumerate() {
        let count = count + 1;
        let text = format!(
            r#"{{"cold":{},"count":{count},"event":{event}}}"#,
            count == 1
        );
        let expected: Value = serde_json::from_str(&text).expect("JSON of our own");
        assert_eq!(emulator.invoke(event).json(), expected);
    }
}

#[test]
fn the_largest_response_arrives_and_a_larger_one_spares_the_process() {
    // The body is a JSON string, so its quotes count.
    let root = main_lua("if event.bytes then return ('x'):rep(event.bytes - 2) end return count");
    let emulator = serve(root.path(), "main.handler", &[]);
    let largest = emulator.invoke(format!(r#"{{"bytes":{MAX_RESPONSE_BYTES}}}"#));
    assert_eq!(largest.body.len(), MAX_RESPONSE_BYTES);
    assert!(
        largest.body[1..MAX_RESPONSE_BYTES - 1]
            .iter()
            .all(|byte| *byte == b'x')
    );
    let larger = emulator.invoke(format!(r#"{{"bytes":{}}}"#, MAX_RESPONSE_BYTES + 1));
    assert_eq!(larger.json()["errorType"], "Function.ResponseSizeTooLarge");
    assert_eq!(emulator.invoke("{}").text(), "3");
    let (stdout, _) = emulator.stop();
    let records: Vec<_> = stdout
        .lines()
        .filter(|line| line.contains("\tERROR\t"))
        .collect();
    let [record] = records[..] else {
        panic!("one record about the size: {stdout}")
    };
    assert!(
        record.contains("6291557") && record.contains("6291556"),
        "{record}"
    );
}

#[test]
fn an_event_of_six_megabytes_is_echoed() {
    let root = main_lua("return event");
    let emulator = serve(root.path(), "main.handler", &[]);
    let event = format!(r#"["{}"]"#, "é".repeat(3_000_000));
    assert_eq!(emulator.invoke(&event).text(), event);
}

#[test]
fn a_handler_that_cannot_load_is_an_init_error_until_it_can() {
    let root = Folder::new();
    let emulator = serve(root.path(), "main.handler", &[]);
    let failed = emulator.invoke("{}");
    assert_eq!(failed.code, 502, "{}", failed.text());
    assert_eq!(failed.json()["errorType"], "Runtime.ImportModuleError");

    root.file(
        "main.lua",
        "return { handler = function() return 'here' end }",
    );
    assert_eq!(emulator.invoke("{}").text(), r#""here""#);
}

#[test]
fn a_failed_invocation_leaves_the_process_alive() {
    let root =
        main_lua("if event.fail then error({ type = 'No', message = 'no' }) end return count");
    let emulator = serve(root.path(), "main.handler", &[]);
    let failed = emulator.invoke(r#"{"fail":true}"#);
    assert_eq!(failed.code, 200, "{}", failed.text());
    let stack = json!(["main.lua:4: in function 'handler'"]);
    let expected = json!({"errorType": "No", "errorMessage": "no", "stackTrace": stack});
    assert_eq!(failed.json(), expected);
    assert_eq!(emulator.invoke("{}").text(), "2");
}

#[test]
fn an_exit_in_the_handler_is_reported_and_the_next_call_starts_a_process() {
    let root = main_lua("if event.status then os.exit(event.status) end return count");
    let emulator = serve(root.path(), "main.handler", &[]);
    assert_eq!(emulator.invoke("{}").text(), "1");
    let failed = emulator.invoke(r#"{"status":7}"#).json();
    assert_eq!(failed["errorType"], "Runtime.ExitError");
    assert_eq!(failed["errorMessage"], "handler called os.exit(7)");
    assert_eq!(emulator.invoke("{}").text(), "1");
}

#[test]
fn a_process_that_is_killed_is_replaced() {
    let root = main_lua("if event.die then os.execute('kill -9 $PPID') end return count");
    let emulator = serve(root.path(), "main.handler", &[]);
    assert_eq!(emulator.invoke("{}").text(), "1");
    let failed = emulator.invoke(r#"{"die":true}"#).json();
    assert_eq!(failed["errorType"], "Runtime.ExitError");
    let message = failed["errorMessage"].as_str().expect("a message");
    assert!(
        message.ends_with("Runtime exited with error: signal: killed"),
        "{message}"
    );
    assert_eq!(emulator.invoke("{}").text(), "1");
}

#[test]
fn a_handler_is_stopped_before_its_timeout_and_the_same_process_serves_on() {
    let root = main_lua("while count == 1 do pcall(error) end\nreturn count");
    let emulator = serve(
        root.path(),
        "main.handler",
        &[("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")],
    );
    let stopped = emulator.invoke("{}").json();
    assert_eq!(stopped["errorType"], "Function.Timeout");
    let message = stopped["errorMessage"].as_str().expect("a text");
    assert!(message.ends_with(" s at main.lua:4"), "{message}");
    assert_eq!(
        stopped["stackTrace"],
        json!(["main.lua:4: in function 'handler'"])
    );
    assert_eq!(emulator.invoke("{}").text(), "2");
}

#[test]
fn memory_that_runs_out_is_an_error_and_the_same_process_serves_on() {
    let root = main_lua("if count == 1 then return ('x'):rep(2^30) end\nreturn count");
    let size = [("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")];
    let emulator = serve(root.path(), "main.handler", &size);
    let failed = emulator.invoke("{}").json();
    assert_eq!(failed["errorType"], "Function.OutOfMemory");
    assert_eq!(emulator.invoke("{}").text(), "2");
}

#[test]
fn a_handler_that_takes_too_long_times_out_and_the_next_call_starts_a_process() {
    // In a call that no hook of Lua can interrupt.
    let root = main_lua("if event.slow then os.execute('exec sleep 20') end return count");
    let emulator = serve(
        root.path(),
        "main.handler",
        &[("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")],
    );
    assert_eq!(emulator.invoke("{}").text(), "1");
    let began = Instant::now();
    let failed = emulator.invoke(r#"{"slow":true}"#);
    assert_eq!(failed.text(), "Task timed out after 2.00 seconds");
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "took {:?}",
        began.elapsed()
    );
    assert_eq!(emulator.invoke("{}").text(), "1");
}

#[test]
fn tenant_and_client_context_reach_the_handler() {
    let body =
        "return { context.tenant_id, context.client_context.custom.a, context.function_name }";
    let root = main_lua(body);
    let emulator = serve(root.path(), "main.handler", &[]);
    let call = Emulator::invocation("{}")
        .header("X-Amz-Tenant-Id", "t1")
        .header("X-Amz-Client-Context", CLIENT_CONTEXT);
    assert_eq!(
        emulator.call(&call).json(),
        json!(["t1", "b", "test_function"])
    );
}
