//! What each loop has for itself, and what the process has once.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    answers, invoked, meeting, meeting_function, records,
    support::{Event, Function},
};

#[test]
fn as_many_events_as_asked_for_are_in_handlers_at_once_each_in_a_state_of_its_own() {
    let body =
        "meet(event) return { count = count, role = event.role, id = context.aws_request_id }";
    let run = invoked(meeting_function(3, body), meeting(3).chain(meeting(3))).run();
    let answers = answers(&run);
    for meet in 0..2 {
        for role in 1..=3 {
            let id = format!("request-{}", 3 * meet + role);
            // Every state has one event of each meeting, so its count is the meeting's number.
            let expected = json!({ "count": meet + 1, "role": role, "id": id });
            assert_eq!(answers[&id], expected);
        }
    }
    let connections: BTreeSet<_> = run.posts().iter().map(|post| post.connection).collect();
    assert_eq!(connections.len(), 3);
    assert_eq!(run.connections(), 3);
}

#[test]
fn the_first_event_of_the_process_alone_is_a_cold_start() {
    let body = "meet(event) return context.cold_start";
    let run = invoked(meeting_function(3, body), meeting(3).chain(meeting(3))).run();
    let cold = answers(&run).values().filter(|cold| **cold == true).count();
    assert_eq!(cold, 1);
}

#[test]
fn states_draw_different_random_numbers() {
    let run = invoked(
        meeting_function(4, "meet(event) return tostring(random)"),
        meeting(4),
    )
    .run();
    let numbers: BTreeSet<_> = answers(&run).values().map(Value::to_string).collect();
    assert_eq!(numbers.len(), 4, "{numbers:?}");
}

#[test]
fn the_trace_is_in_the_context_and_never_in_the_environment() {
    let body = r#"
    meet(event)
    local child = io.popen("printenv _X_AMZN_TRACE_ID")
    return { context.trace_id, tostring(os.getenv("_X_AMZN_TRACE_ID")), child:read("a") }"#;
    let events =
        meeting(2).map(|event| event.header("Lambda-Runtime-Trace-Id", "Root=1-5;Sampled=1"));
    let run = invoked(meeting_function(2, body), events)
        .env("_X_AMZN_TRACE_ID", "stale")
        .run();
    for answer in answers(&run).values() {
        assert_eq!(*answer, json!(["Root=1-5;Sampled=1", "nil", ""]));
    }
}

#[test]
fn an_empty_header_is_none() {
    let body = "return { context.trace_id == nil, context.client_context == nil, context.identity == nil }";
    let event = Event::json("{}")
        .header("Lambda-Runtime-Trace-Id", "")
        .header("Lambda-Runtime-Client-Context", "")
        .header("Lambda-Runtime-Cognito-Identity", "");
    let run = meeting_function(2, body).invoke(event).run();
    assert_eq!(run.post().json(), json!([true, true, true]));
}

#[test]
fn anything_but_a_number_above_one_is_one_event_at_a_time() {
    for concurrency in ["", "1", "0", "-2", "two", "1.5"] {
        let run = Function::new(
            "main.lua",
            "print('loading') return { handler = function() return os.getenv('_X_AMZN_TRACE_ID') end }",
        )
        .env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency)
        .invoke(Event::json("1").header("Lambda-Runtime-Trace-Id", "Root=1-5"))
        .run();
        assert_eq!(run.post().json(), "Root=1-5", "{concurrency:?}");
        assert_eq!(run.connections(), 1);
        assert!(
            run.stdout().ends_with("\t-\tINFO\tloading\n"),
            "{}",
            run.stdout()
        );
        assert_eq!(run.stdout().lines().count(), 1);
    }
}

#[test]
fn more_events_than_one_process_serves_are_said_once_and_the_most_are_served() {
    let source = "print('loading') return { handler = function(event) return event end }";
    let run = Function::new("main.lua", source)
        .concurrency(1025)
        .invoke(Event::json("7"))
        .run();
    assert_eq!(run.post().text(), "7");
    let records = records(&run);
    let (loading, other): (Vec<_>, Vec<_>) = records
        .iter()
        .filter(|record| record["level"] != "WARN") // The mock may be late to take connections.
        .partition(|record| record["message"] == "loading");
    assert_eq!(loading.len(), 1024);
    let [said] = other[..] else {
        panic!("one record about the number: {other:?}");
    };
    assert_eq!(said["level"], "ERROR");
    let message = said["message"].as_str().expect("a text");
    assert!(
        message.contains("AWS_LAMBDA_MAX_CONCURRENCY is 1025: 1024 events"),
        "{message}"
    );
}
