//! What becomes of a streamed response that the Runtime API does not take to its end.

mod support;

use support::{Answer, Event, Function};

/// Writes until the write that meets the service's answer, and prints what that and the next say.
const WRITES_ON: &str = "if event == 2 then response:write('2') return end\n\
    local block, ok, err = ('x'):rep(65536)\n\
    repeat ok, err = pcall(response.write, response, block) until not ok\n\
    print(err)\n\
    print(select(2, pcall(response.write, response, 'more')))";

#[test]
fn the_write_that_meets_a_refusal_says_it_and_the_loop_goes_on() {
    for status in [400, 403, 410, 413] {
        let words = match status {
            400 => "InvalidRequestID",
            403 => "InvalidStateTransition",
            410 => "InvokeTimeout",
            _ => "RequestEntityTooLarge",
        };
        let run = Function::streaming(WRITES_ON)
            .invoke(Event::json("1"))
            .invoke(Event::json("2"))
            .posted(Answer::status(status).after_chunks(2))
            .run();
        let posts = run.posts();
        assert_eq!(posts.len(), 2, "nothing more is posted for the first");
        assert!(posts[0].path.ends_with("/request-1/response"));
        assert_eq!(posts[1].text(), "2");
        let records: Vec<_> = run.stdout().lines().collect();
        assert_eq!(records.len(), 3, "{records:?}");
        let refusal = format!("Lambda does not take the response any more ({status}): ");
        for record in &records[..2] {
            assert!(
                record.contains(&format!("\tINFO\twrite: {refusal}")),
                "{record}"
            );
            assert!(record.contains(words), "{record}");
        }
        assert!(
            records[2].contains("\trequest-1\tERROR\t"),
            "{}",
            records[2]
        );
        assert!(
            records[2].contains(&format!("({status})")),
            "{}",
            records[2]
        );
        assert!(records[2].contains(words), "{}", records[2]);
    }
}

#[test]
fn a_handler_that_fails_of_a_refusal_is_logged_and_posts_no_error() {
    let body = "if event == 2 then response:write('2') return end\n\
        while true do response:write(('x'):rep(65536)) end";
    let run = Function::streaming(body)
        .invoke(Event::json("1"))
        .invoke(Event::json("2"))
        .posted(Answer::status(413).before_body())
        .run();
    let paths: Vec<_> = run.posts().iter().map(|post| post.path.as_str()).collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert!(
        paths.iter().all(|path| path.ends_with("/response")),
        "{paths:?}"
    );
    let errors = run
        .stdout()
        .lines()
        .filter(|line| line.contains("\trequest-1\tERROR\t"));
    let errors: Vec<_> = errors.collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(
        errors[0].contains("LuaError: main.lua:4: write: Lambda does not take"),
        "{errors:?}"
    );
    assert!(errors[1].contains("Lambda did not take the answer to this invocation (413)"));
}

#[test]
fn a_refusal_of_the_whole_response_is_logged_and_the_loop_goes_on() {
    for body in ["response:write('x')", "response:write('x')\nerror('no')"] {
        let run = Function::streaming(body)
            .invoke(Event::json("1"))
            .invoke(Event::json("2"))
            .posted(Answer::status(410))
            .run();
        assert_eq!(run.posts().len(), 2);
        let first = run
            .stdout()
            .lines()
            .filter(|line| line.contains("\trequest-1\t"));
        let refusals = first.filter(|line| line.contains("(410)")).count();
        assert_eq!(refusals, 1, "{}", run.stdout());
    }
}

#[test]
fn a_response_that_is_accepted_before_its_end_is_answered() {
    let run = Function::streaming(WRITES_ON)
        .invoke(Event::json("1"))
        .invoke(Event::json("2"))
        .posted(Answer::accepted().after_chunks(1))
        .run();
    assert_eq!(run.posts().len(), 2);
    assert_eq!(run.posts()[1].text(), "2");
    let records: Vec<_> = run.stdout().lines().collect();
    let [one, two] = records[..] else {
        panic!("two records: {records:?}")
    };
    for record in [one, two] {
        let end = "\tINFO\twrite: Lambda ended the response before its end";
        assert!(record.ends_with(end), "{record}");
    }
}

#[test]
fn a_service_that_fails_or_goes_away_ends_the_process() {
    let mode = r#"{"errorType":"InvalidFunctionResponseMode","errorMessage":"bad mode"}"#;
    for (answer, words) in [
        (Answer::status(500).after_chunks(1), "with 500: "),
        (Answer::json(400, mode).after_chunks(1), "with 400: "),
        (Answer::status(500), "with 500: "),
        (Answer::close(), "no answer from the Runtime API at "),
    ] {
        let body = "for i = 1, 1000 do\n\
            if not pcall(response.write, response, ('x'):rep(65536)) then return end\nend";
        let run = Function::streaming(body)
            .invoke(Event::json("1"))
            .posted(answer.draining())
            .ends()
            .run();
        assert_ne!(run.exit_code(), 0);
        assert_eq!(run.posts().len(), 1);
        let records: Vec<_> = run.stdout().lines().collect();
        let [record] = records[..] else {
            panic!("one record: {records:?}")
        };
        assert!(
            record.contains("\tERROR\t") && record.contains(words),
            "{record}"
        );
    }
}

#[test]
fn a_connection_that_breaks_off_within_the_body_ends_the_process() {
    let body = "response:write('x')\nwhile true do response:write(('x'):rep(65536)) end";
    let run = Function::streaming(body)
        .invoke(Event::json("1"))
        .posted(Answer::close().after_chunks(2))
        .ends()
        .run();
    assert_ne!(run.exit_code(), 0);
    assert_eq!(run.posts().len(), 1);
    let records: Vec<_> = run.stdout().lines().collect();
    assert_eq!(records.len(), 2, "{records:?}");
    for record in records {
        assert!(
            record.contains("no answer from the Runtime API at "),
            "{record}"
        );
    }
}

#[test]
fn an_answer_that_breaks_off_ends_the_process() {
    let body = "response:write('x')";
    let run = Function::streaming(body)
        .invoke(Event::json("1"))
        .posted(Answer::bytes("HTTP/1.1 202 Accepted\r\nContent-").closing())
        .ends()
        .run();
    assert_ne!(run.exit_code(), 0);
    assert!(
        run.stdout().contains("in the middle of an answer"),
        "{}",
        run.stdout()
    );
}
