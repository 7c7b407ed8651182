//! The soft deadline while a response is streamed.

mod support;

use std::time::Duration;

use support::{Answer, Event, Function, Run};

/// Runs a stream handler whose body is interrupted half a second after its event came, and that
/// answers a second event with `2`; `left_ms` is the time from the first event to its deadline.
fn interrupted(body: &str, left_ms: u64, answer: Answer) -> Run {
    let body = format!(
        "if event == 2 then print('serving the next') response:write('2') return end\n{body}"
    );
    Function::streaming(&body)
        .env("MOONLAYER_TIMEOUT_MARGIN_MS", &(left_ms - 500).to_string())
        .invoke(Event::json("1").left(Duration::from_millis(left_ms)))
        .invoke(Event::json("2"))
        .posted(answer)
        .run()
}

const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";

#[test]
fn a_handler_that_is_interrupted_between_writes_has_its_error_in_the_trailers() {
    let run = interrupted(
        "response:write('a')\nwhile true do end",
        30_000,
        Answer::accepted(),
    );
    let posts = run.posts();
    assert_eq!(posts.len(), 2, "{}", run.transcript());
    assert_eq!(posts[0].text(), "a");
    assert_eq!(posts[0].trailer(ERROR_TYPE), Some("Function.Timeout"));
    assert_eq!(posts[1].text(), "2");
}

#[test]
fn a_handler_that_is_interrupted_before_the_first_byte_is_an_ordinary_failed_invocation() {
    let body = "response:start({})\nwhile true do end";
    let run = interrupted(body, 30_000, Answer::accepted());
    assert!(run.posts()[0].path.ends_with("/error"));
    assert_eq!(run.posts()[0].header(ERROR_TYPE), Some("Function.Timeout"));
    assert_eq!(run.posts()[1].text(), "2");
}

#[test]
fn a_chunk_that_is_half_sent_at_the_deadline_is_completed_before_the_trailers() {
    // The client reads on when the interruption is on record.
    for body in [
        "response:write('a')\nresponse:write(('x'):rep(16 * 1024 * 1024), 'y')",
        "response:write('a')\nwhile true do\n\
         pcall(response.write, response, ('x'):rep(16 * 1024 * 1024), 'y')\nend",
    ] {
        let run = interrupted(
            body,
            60_000,
            Answer::accepted().stalled_until("Function.Timeout"),
        );
        let posts = run.posts();
        assert_eq!(posts.len(), 2);
        let chunks = posts[0].chunks.as_ref().expect("chunks");
        let sizes: Vec<_> = chunks.iter().map(Vec::len).collect();
        assert_eq!(sizes, [1, 16 * 1024 * 1024 + 1]);
        assert!(chunks[1].ends_with(b"xxy"));
        assert_eq!(posts[0].trailer(ERROR_TYPE), Some("Function.Timeout"));
        assert_eq!(posts[1].text(), "2");
        let errors = run
            .stdout()
            .lines()
            .filter(|line| line.contains("\tERROR\t"));
        assert_eq!(errors.count(), 1, "{}", run.stdout());
    }
}

#[test]
fn a_client_that_reads_nothing_until_the_deadline_costs_its_own_response_alone() {
    let body = "response:write('a')\nresponse:write(('x'):rep(16 * 1024 * 1024))";
    let answer = Answer::accepted()
        .stalled_until("serving the next")
        .unfinished();
    let run = interrupted(body, 800, answer);
    let next: Vec<_> = run
        .posts()
        .iter()
        .filter(|post| post.text() == "2")
        .map(|post| &post.path)
        .collect();
    assert_eq!(next.len(), 1, "{}", run.transcript());
    let errors: Vec<_> = run
        .stdout()
        .lines()
        .filter(|line| line.contains("\trequest-1\tERROR\t"))
        .collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("Function.Timeout"), "{errors:?}");
    assert!(
        errors[1].contains("did not reach Lambda before the deadline"),
        "{errors:?}"
    );
}
