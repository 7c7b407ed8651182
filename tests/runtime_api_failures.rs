//! What becomes of the process when the Runtime API refuses, breaks off or is not there.

mod support;

use std::time::{Duration, Instant};

use support::{Answer, Event, Function};

#[test]
fn a_next_that_is_refused_ends_the_process_with_the_services_words() {
    for status in [400, 403, 410, 413, 500, 503, 302] {
        let start = Instant::now();
        let run = Function::echo().then(Answer::status(status)).ends().run();
        assert_ne!(run.exit_code(), 0, "{status}");
        assert!(start.elapsed() < Duration::from_secs(10));
        let line = run.stdout().lines().last().unwrap_or_default();
        assert!(line.contains("\t-\tERROR\t"), "{line}");
        assert!(
            line.contains(&format!("answered /invocation/next with {status}: ")),
            "{line}"
        );
        assert_eq!(run.requests().len(), 1);
    }
}

#[test]
fn a_response_that_is_refused_is_logged_and_the_next_event_served() {
    for status in [400, 403, 404, 410, 429] {
        let run = Function::echo()
            .invoke(Event::json("1"))
            .invoke(Event::json("2"))
            .posted(Answer::status(status))
            .run();
        assert_eq!(run.posts().len(), 2);
        let line = run.stdout().lines().next().unwrap_or_default();
        assert!(line.contains("\trequest-1\tERROR\t"), "{line}");
        assert!(line.contains(&format!("({status})")), "{line}");
        assert_eq!(run.stdout().lines().count(), 1);
    }
}

#[test]
fn a_response_of_a_refused_mode_ends_the_process() {
    let refusal = r#"{"errorType":"InvalidFunctionResponseMode","errorMessage":"bad mode"}"#;
    let run = Function::echo()
        .invoke(Event::json("1"))
        .posted(Answer::json(400, refusal))
        .ends()
        .run();
    assert_ne!(run.exit_code(), 0);
}

#[test]
fn a_response_that_is_too_large_is_one_error_record_with_size_and_limit() {
    let run = Function::new(
        "main.lua",
        "return { handler = function(n) return string.rep('x', n) end }",
    )
    .invoke(Event::json("6291555"))
    .invoke(Event::json("1"))
    .posted(Answer::status(413).before_body())
    .run();
    let bodies: Vec<&str> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(bodies.last(), Some(&"\"x\""));
    let records: Vec<&str> = run.stdout().lines().collect();
    assert_eq!(records.len(), 1, "{records:?}");
    assert!(records[0].contains("\trequest-1\tERROR\t"), "{records:?}");
    assert!(records[0].contains("6291557 bytes"), "{records:?}");
    assert!(records[0].contains("6291556"), "{records:?}");
}

#[test]
fn an_error_that_is_refused_is_logged_and_the_next_event_served() {
    for status in [400, 403, 410] {
        let run = Function::failing()
            .invoke(Event::json("1"))
            .invoke(Event::json("2"))
            .posted(Answer::status(status))
            .run();
        assert_eq!(run.posts().len(), 2, "{status}");
        assert!(run.stdout().contains(&format!("({status})")));
    }
}

#[test]
fn an_error_that_is_too_large_is_posted_once_more_and_small() {
    let source = "return { handler = function() error(string.rep('x', 100000), 0) end }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("{}").header("Lambda-Runtime-Invocation-Id", "abc"))
        .posted(Answer::status(413).closing())
        .run();
    let posts = run.posts();
    assert_eq!(posts.len(), 2);
    assert!(posts[0].body.len() < 64 * 1024);
    assert!(posts[1].body.len() < 2048);
    for post in posts {
        assert_eq!(post.path, "/2018-06-01/runtime/invocation/request-1/error");
        assert_eq!(post.header("Lambda-Runtime-Invocation-Id"), Some("abc"));
        assert_eq!(post.json()["errorType"], "LuaError");
    }
    assert!(
        run.stdout().contains(&"x".repeat(100_000)),
        "the log has the whole message"
    );
}

#[test]
fn a_post_that_the_service_cannot_take_ends_the_process() {
    for function in [Function::echo(), Function::failing()] {
        let run = function
            .invoke(Event::json("1"))
            .posted(Answer::status(500))
            .ends()
            .run();
        assert_ne!(run.exit_code(), 0);
        assert!(run.stdout().contains("with 500: "), "{}", run.stdout());
        assert_eq!(run.posts().len(), 1);
    }
}

#[test]
fn a_post_that_got_no_byte_of_an_answer_is_sent_once_more() {
    let run = Function::echo()
        .invoke(Event::json("1"))
        .posted(Answer::close())
        .run();
    assert_eq!(run.posts().len(), 2);
    assert_eq!(run.connections(), 2);
}

#[test]
fn a_post_that_got_half_an_answer_is_not_sent_again() {
    let run = Function::echo()
        .invoke(Event::json("1"))
        .posted(Answer::accepted().cut_after(20))
        .ends()
        .run();
    assert_eq!(run.posts().len(), 1);
    assert_ne!(run.exit_code(), 0);
    assert!(
        run.stdout().contains("in the middle of an answer"),
        "{}",
        run.stdout()
    );
}

#[test]
fn a_runtime_api_that_breaks_off_ends_the_process_with_a_clear_line() {
    for answer in [
        Answer::close(),
        Answer::accepted().cut_after(20),
        Answer::bytes("SSH-2.0\r\n\r\n"),
    ] {
        let run = Function::echo().then(answer).ends().run();
        assert_ne!(run.exit_code(), 0);
        let line = run.stdout().lines().last().unwrap_or_default();
        assert!(
            line.contains("no answer from the Runtime API at "),
            "{line}"
        );
        assert!(!run.stderr().contains("panicked"));
    }
}

#[test]
fn an_event_that_is_cut_off_ends_the_process() {
    for event in [
        Event::json("[1,2,3]").without_last(2),
        Event::json("[1,2,3]").chunked(3).without_last(4),
    ] {
        let run = Function::echo().invoke(event).ends().run();
        assert_ne!(run.exit_code(), 0);
        assert!(
            run.stdout().contains("in the middle of an answer"),
            "{}",
            run.stdout()
        );
        assert!(run.posts().is_empty());
    }
}

#[test]
fn an_event_without_a_request_id_ends_the_process() {
    for event in [Event::json("1").id(""), Event::json("1").id("a b/../c")] {
        let run = Function::echo().invoke(event).ends().run();
        assert_ne!(run.exit_code(), 0);
        assert!(
            run.stdout().contains("without a usable request id"),
            "{}",
            run.stdout()
        );
    }
}

#[test]
fn a_runtime_api_that_is_absent_is_named() {
    let run = Function::echo()
        .env("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
        .ends()
        .run();
    assert_ne!(run.exit_code(), 0);
    let line = run.stdout().lines().last().unwrap_or_default();
    assert!(
        line.contains("no answer from the Runtime API at 127.0.0.1:1 (AWS_LAMBDA_RUNTIME_API)"),
        "{line}"
    );
}

#[test]
fn no_address_of_a_runtime_api_says_what_to_do() {
    let run = Function::echo()
        .without_env("AWS_LAMBDA_RUNTIME_API")
        .ends()
        .run();
    assert_ne!(run.exit_code(), 0);
    assert!(
        run.stdout().contains("AWS_LAMBDA_RUNTIME_API is not set"),
        "{}",
        run.stdout()
    );
    assert!(
        run.stdout().contains("moonlayer invoke"),
        "{}",
        run.stdout()
    );
}

#[test]
fn an_address_of_another_scheme_is_refused() {
    let run = Function::echo()
        .env("AWS_LAMBDA_RUNTIME_API", "https://127.0.0.1:1")
        .ends()
        .run();
    assert_ne!(run.exit_code(), 0);
    assert!(
        run.stdout().contains("it takes host:port"),
        "{}",
        run.stdout()
    );
}
