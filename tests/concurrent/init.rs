//! Loading: all states before the first event, or none.

use crate::{
    records,
    support::{Event, Function},
};

/// A module that runs `later` in every state but the one that loads first.
fn differing_later(later: &str) -> String {
    format!(
        r#"
local before = io.open("loaded")
if before then
  {later}
end
assert(io.open("loaded", "w")):close()
return {{ handler = function() end }}
"#
    )
}

#[test]
fn every_state_is_loaded_before_the_first_event_is_asked_for() {
    let source = "print('loading') return { handler = function() return 1 end }";
    let run = Function::new("main.lua", source)
        .concurrency(16)
        .env("AWS_LAMBDA_LOG_FORMAT", "Text")
        .invoke(Event::json("1"))
        .run();
    let first = &run.requests()[0];
    assert_eq!(first.method, "GET");
    assert_eq!(run.stdout_at(first).matches("\"loading\"").count(), 16);
    for record in records(&run) {
        assert_eq!(record["requestId"], "-");
    }
}

#[test]
fn a_handler_that_does_not_load_is_told_once_and_nothing_else_is_started() {
    for (source, kind) in [
        (
            "print('loading') error('no', 0)",
            "Runtime.ImportModuleError",
        ),
        ("print('loading') os.exit(3)", "Runtime.ImportModuleError"),
        ("print('loading') return {}", "Runtime.HandlerNotFound"),
    ] {
        let run = Function::new("main.lua", source)
            .concurrency(8)
            .ends()
            .run();
        assert_eq!(run.exit_code(), 1, "{source}");
        let post = run.post();
        assert_eq!(post.path, "/2018-06-01/runtime/init/error");
        assert_eq!(post.json()["errorType"], kind);
        let records = records(&run);
        assert_eq!(records.len(), 2, "{records:?}");
        assert_eq!(records[0]["message"], "loading");
        assert_eq!(records[1]["errorType"], kind);
    }
}

#[test]
fn a_later_state_that_does_not_load_is_told_once_and_no_event_asked_for() {
    for (later, message) in [
        ("error('only one of us', 0)", "only one of us"),
        (
            "os.exit(0)",
            "the handler's file called os.exit(0) while loading",
        ),
    ] {
        let run = Function::new("main.lua", differing_later(later))
            .concurrency(8)
            .ends()
            .run();
        assert_eq!(run.exit_code(), 1, "{later}");
        // The only call: no /next came before or after it.
        let [post] = run.requests() else {
            panic!("one call: {}", run.transcript());
        };
        assert_eq!(post.path, "/2018-06-01/runtime/init/error");
        assert_eq!(post.json()["errorType"], "Runtime.ImportModuleError");
        assert_eq!(post.json()["errorMessage"], message);
        let records = records(&run);
        assert_eq!(records.len(), 1, "{records:?}");
    }
}

#[test]
fn bad_settings_and_a_missing_task_root_are_told_once_before_any_state() {
    for (name, value, kind, word) in [
        (
            "MOONLAYER_JSON_NULL",
            "none",
            "Runtime.InvalidConfiguration",
            "MOONLAYER_JSON_NULL",
        ),
        (
            "LAMBDA_TASK_ROOT",
            "/nowhere",
            "Runtime.ImportModuleError",
            "cannot enter the task root /nowhere",
        ),
    ] {
        let run = Function::new("main.lua", "print('loading')")
            .concurrency(4)
            .env(name, value)
            .ends()
            .run();
        assert_eq!(run.exit_code(), 1);
        let body = run.post().json();
        assert_eq!(body["errorType"], kind);
        let message = body["errorMessage"].as_str().expect("a message");
        assert!(message.contains(word), "{message}");
        assert_eq!(records(&run).len(), 1);
    }
}
