//! What one loop meets, and that the others do not.

use serde_json::json;

use crate::{
    answers, invoked, meeting, meeting_function, records,
    support::{Answer, Event, Function, ON_COLLECT, Run},
};

/// The messages of all records at a level.
fn messages(run: &Run, level: &str) -> Vec<String> {
    let records = records(run);
    let at_level = records.iter().filter(|record| record["level"] == level);
    at_level
        .map(|record| record["message"].as_str().expect("a text").to_owned())
        .collect()
}

#[test]
fn a_handler_that_fails_does_not_disturb_the_others() {
    let body = r#"
    meet(event)
    if event.role == 2 then error("boom", 0) end
    return { event.role, count }"#;
    let run = invoked(meeting_function(3, body), meeting(3).chain(meeting(3))).run();
    let answers = answers(&run);
    for (id, answer) in &answers {
        let number: usize = id["request-".len()..].parse().expect("our own id");
        let (meet, role) = ((number - 1) / 3 + 1, (number - 1) % 3 + 1);
        if role == 2 {
            assert_eq!(answer["errorMessage"], "boom");
        } else {
            assert_eq!(*answer, json!([role, meet]));
        }
    }
}

#[test]
fn os_exit_in_a_handler_fails_its_event_and_the_process_goes_on() {
    for call in [
        "os.exit(3)",
        "pcall(os.exit, 3)",
        "while true do pcall(os.exit, 3) end",
        "coroutine.wrap(function() os.exit(3) end)()",
        "on_collect(function() os.exit(3) end) collectgarbage()",
    ] {
        let body = format!(
            "{ON_COLLECT} meet(event) if event.role == 1 then {call} end return {{ event.role, count }}"
        );
        let run = invoked(meeting_function(2, &body), meeting(2).chain(meeting(2))).run();
        let answers = answers(&run);
        for id in ["request-1", "request-3"] {
            assert_eq!(answers[id]["errorType"], "Runtime.ExitError", "{call}");
            assert_eq!(answers[id]["errorMessage"], "handler called os.exit(3)");
        }
        assert_eq!(answers["request-2"], json!([2, 1]));
        assert_eq!(answers["request-4"], json!([2, 2]));
        let failed = run
            .posts()
            .into_iter()
            .filter(|post| post.path.ends_with("/error"));
        for post in failed {
            let kind = post.header("Lambda-Runtime-Function-Error-Type");
            assert_eq!(kind, Some("Runtime.ExitError"));
        }
        assert_eq!(messages(&run, "ERROR").len(), 2, "{call}");
    }
}

#[test]
fn os_exit_in_a_finalizer_between_events_ends_nothing() {
    // The heap doubles, so that the time after the response collects it.
    let body = &(ON_COLLECT.to_owned()
        + r#"
    local garbage = {}
    for i = 1, 50000 do garbage[i] = { i } end
    on_collect(function() print("collected") os.exit(4) end)
    return count"#);
    let function = meeting_function(2, body);
    let run = invoked(function, (0..4).map(|_| Event::json("{}"))).run();
    assert_eq!(answers(&run).len(), 4);
    let collected = records(&run);
    assert!(!collected.is_empty());
    for record in collected {
        assert_eq!(
            (&record["message"], &record["requestId"]),
            (&json!("collected"), &json!("-"))
        );
    }
    assert!(
        run.posts()
            .iter()
            .all(|post| post.path.ends_with("/response"))
    );
}

#[test]
fn a_next_that_gets_no_answer_is_asked_again() {
    // Both loops are needed for the meeting, so the one that was cut off must have come back.
    for answer in [
        Answer::close(),
        Answer::status(403).cut_after(20),
        Answer::bytes("SSH-2.0\r\n\r\n").closing(),
    ] {
        let function = meeting_function(2, "meet(event) return event.role").then(answer);
        let run = invoked(function, meeting(2)).run();
        assert_eq!(answers(&run).len(), 2);
        let warnings = messages(&run, "WARN");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(
            warnings[0].contains("no answer from the Runtime API at "),
            "{warnings:?}"
        );
        assert!(
            warnings[0].ends_with("; trying again in 0.1 s"),
            "{warnings:?}"
        );
    }
}

#[test]
fn tries_at_next_are_counted_anew_after_a_success() {
    let mut function = Function::echo().concurrency(2);
    for _ in 0..3 {
        // Each step goes to whichever loop asks; two in a row is the most that one can get.
        function = function.then(Answer::close()).invoke(Event::json("1"));
    }
    let run = function.run();
    assert_eq!(answers(&run).len(), 3);
    for warning in messages(&run, "WARN") {
        assert!(!warning.ends_with("in 0.8 s"), "{warning}");
    }
}

#[test]
fn a_next_that_is_refused_ends_that_loop_alone_and_the_process_with_the_last() {
    for status in [400, 403, 404, 410, 413, 500, 503] {
        let run = Function::echo()
            .concurrency(2)
            .then(Answer::status(status))
            .invoke(Event::json("1"))
            .invoke(Event::json("2"))
            .then(Answer::status(status))
            .ends()
            .run();
        assert_eq!(run.exit_code(), 1, "{status}");
        assert_eq!(answers(&run)["request-2"], 2);
        let errors = messages(&run, "ERROR");
        let [first, last] = &errors[..] else {
            panic!("a record for each loop: {errors:?}");
        };
        let refused = format!("answered /invocation/next with {status}: ");
        assert!(
            first.contains(&refused) && last.contains(&refused),
            "{errors:?}"
        );
        assert!(first.ends_with("(this loop ends, 1 of 2 go on)"), "{first}");
        assert!(last.ends_with("(this loop ends, 0 of 2 go on)"), "{last}");
    }
}

#[test]
fn an_answer_that_is_refused_is_logged_with_its_request_and_the_loop_goes_on() {
    let bad_mode = r#"{"errorType":"InvalidFunctionResponseMode","errorMessage":"bad mode"}"#;
    for function in [Function::echo(), Function::failing()] {
        let function = function
            .concurrency(2)
            .posted(Answer::status(400))
            .posted(Answer::status(403))
            .posted(Answer::status(410))
            .posted(Answer::json(400, bad_mode))
            .posted(Answer::accepted().cut_after(20));
        // Both loops end by themselves, so that no record is cut off by the end of the test.
        let run = invoked(function, (1..=6).map(|n| Event::json(n.to_string())))
            .then(Answer::status(403))
            .then(Answer::status(403))
            .ends()
            .run();
        assert_eq!(run.posts().len(), 6);
        let records = records(&run);
        let is_end = |record: &serde_json::Value| {
            let message = record["message"].as_str();
            message.is_some_and(|message| message.contains("(this loop ends, "))
        };
        let faults: Vec<_> = records
            .iter()
            .filter(|record| record.get("errorType").is_none() && !is_end(record))
            .collect();
        assert_eq!(faults.len(), 5, "{faults:?}");
        for (word, fault) in [
            "InvalidRequestID",
            "InvalidStateTransition",
            "InvokeTimeout",
            "bad mode",
            "in the middle of an answer",
        ]
        .iter()
        .map(|word| {
            let says = |fault: &&&serde_json::Value| fault["message"].to_string().contains(word);
            (word, faults.iter().find(says))
        }) {
            let fault = fault.unwrap_or_else(|| panic!("{word} is not in {faults:?}"));
            assert_ne!(fault["requestId"], "-");
            assert_eq!(fault["level"], "ERROR");
        }
    }
}

#[test]
fn a_response_that_is_too_large_spares_the_loop() {
    let source = "return { handler = function(n) return string.rep('x', n) end }";
    let run = Function::new("main.lua", source)
        .concurrency(2)
        .invoke(Event::json("6291555"))
        .invoke(Event::json("1"))
        .invoke(Event::json("1"))
        .posted(Answer::accepted())
        .run();
    assert_eq!(run.posts().len(), 3);
}

#[test]
fn an_error_that_is_too_large_is_posted_once_more_and_small_over_a_new_connection() {
    let run = Function::failing()
        .concurrency(2)
        .invoke(Event::json("{}"))
        .posted(Answer::status(413).closing())
        .run();
    let posts = run.posts();
    assert_eq!(posts.len(), 2);
    assert_ne!(posts[0].connection, posts[1].connection);
    assert_eq!(posts[1].json()["errorMessage"], "boom");
}

#[test]
fn a_service_that_cannot_take_an_answer_ends_that_loop_alone() {
    let run = Function::echo()
        .concurrency(2)
        .invoke(Event::json("1"))
        .invoke(Event::json("2"))
        .invoke(Event::json("3"))
        .posted(Answer::status(500))
        .then(Answer::status(403))
        .ends()
        .run();
    assert_eq!(answers(&run).len(), 3);
    let errors = messages(&run, "ERROR");
    assert_eq!(errors.len(), 2, "{errors:?}");
    let posting = errors
        .iter()
        .find(|error| error.contains("/response with 500: "));
    let posting = posting.expect("a record of the loop that could not post");
    assert!(posting.contains("of 2 go on)"), "{posting}");
}
