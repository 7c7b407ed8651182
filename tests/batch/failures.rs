//! Which records are reported, source by source, and how the log tells of them.

use serde_json::{Value, json};

use super::{
    Event, Function, done, dynamodb, failed, fifo, function, kinesis, kinesis_number, queue,
};

#[test]
fn without_a_failure_the_list_is_empty_and_still_a_list() {
    let empty = || Event::json(r#"{"Records":[]}"#);
    let run = function("nil")
        .invoke(queue(&["one", "two"]))
        .invoke(fifo(&["three"]))
        .invoke(kinesis(&["four"]))
        .invoke(dynamodb(&["five"]))
        .invoke(empty())
        .run();
    for post in run.posts() {
        assert_eq!(post.text(), r#"{"batchItemFailures":[]}"#);
        assert!(post.path.ends_with("/response"));
    }
    assert_eq!(done(run.stdout()), ["one", "two", "three", "four", "five"]);
}

#[test]
fn of_a_queue_each_record_that_fails_is_reported_and_the_others_are_handled() {
    let run = function("nil")
        .invoke(queue(&["fail", "one", "return", "raise", "two"]))
        .run();
    assert_eq!(run.post().json(), failed(&["m1", "m3", "m4"]));
    assert_eq!(done(run.stdout()), ["one", "two"]);
}

#[test]
fn each_failure_is_logged_with_its_record_and_where_it_was_raised() {
    let run = function("nil")
        .invoke(queue(&["fail", "one", "return", "raise"]))
        .run();
    let lines: Vec<_> = run.stdout().lines().collect();
    let stack = "\r    main.lua:LINE: in function 'handler'";
    let record = |line: &str| {
        line.split_once('\t')
            .map_or("", |(_, rest)| rest)
            .to_owned()
    };
    assert_eq!(
        record(lines[0]),
        format!(
            "request-1\tERROR\tLuaError: main.lua:12: it failed messageId=m1{}",
            stack.replace("LINE", "12")
        )
    );
    assert_eq!(
        record(lines[2]),
        "request-1\tERROR\tLuaError: it returned messageId=m3"
    );
    assert_eq!(
        record(lines[3]),
        format!(
            "request-1\tERROR\tOrderNotFound: no 7 messageId=m4{}",
            stack.replace("LINE", "16")
        )
    );
    assert_eq!(lines.len(), 4);
}

#[test]
fn in_json_a_failure_has_the_members_of_every_error_whatever_the_level() {
    let run = function("nil")
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
        .env("AWS_LAMBDA_LOG_LEVEL", "FATAL")
        .invoke(dynamodb(&["one", "raise"]))
        .run();
    let mut record: Value = serde_json::from_str(run.stdout()).expect("one line");
    record["timestamp"].take();
    assert_eq!(
        record,
        json!({
            "timestamp": null,
            "level": "ERROR",
            "requestId": "request-1",
            "message": "no 7",
            "errorType": "OrderNotFound",
            "errorMessage": "no 7",
            "stackTrace": ["main.lua:16: in function 'handler'"],
            "sequenceNumber": "102",
        })
    );
}

#[test]
fn the_stack_reaches_into_coroutines_and_is_each_record_s_own() {
    let run = Function::new(
        "main.lua",
        "local function check() error('bad', 0) end
        local function first() coroutine.wrap(function() check() end)() end
        local function second() check() end
        return { handler = require('lambda.batch').handler(function(record)
          if record.body == 'first' then first() end
          if record.body == 'second' then second() end
        end) }",
    )
    .invoke(queue(&["first", "second", "first", "third"]))
    .run();
    assert_eq!(run.post().json(), failed(&["m1", "m2", "m3"]));
    let frames: Vec<Vec<_>> = run
        .stdout()
        .lines()
        .map(|line| {
            let frames = line.split("\r    ").skip(1);
            frames
                .map(|frame| frame.split(" in ").next().unwrap_or_default())
                .collect()
        })
        .collect();
    let first = ["main.lua:1:", "main.lua:2:", "main.lua:2:", "main.lua:5:"];
    let second = ["main.lua:1:", "main.lua:3:", "main.lua:6:"];
    assert_eq!(frames, [&first[..], &second[..], &first[..]]);
}

#[test]
fn where_all_of_a_queue_s_records_fail_the_invocation_does() {
    let run = function("nil")
        .invoke(queue(&["fail", "return"]))
        .invoke(queue(&["raise"]))
        .run();
    let posts = run.posts();
    assert!(posts[0].path.ends_with("/request-1/error"));
    assert_eq!(
        posts[0].header("Lambda-Runtime-Function-Error-Type"),
        Some("Function.BatchFailed")
    );
    assert_eq!(
        posts[0].json(),
        json!({
            "errorType": "BatchFailed",
            "errorMessage": "all 2 records failed; the first: record m1 failed: main.lua:12: \
                             it failed",
            "stackTrace": [],
        })
    );
    assert_eq!(posts[1].json()["errorMessage"], "record m1 failed: no 7");
}

#[test]
fn it_does_not_where_the_option_says_so() {
    let run = function("{ raise_on_entire_batch_failure = false }")
        .invoke(queue(&["fail", "return"]))
        .invoke(fifo(&["fail", "one"]))
        .invoke(dynamodb(&["fail", "two"]))
        .run();
    let answers: Vec<_> = run.posts().iter().map(|post| post.json()).collect();
    assert_eq!(
        answers,
        [
            failed(&["m1", "m2"]),
            failed(&["m1", "m2"]),
            failed(&["101"])
        ]
    );
    assert!(done(run.stdout()).is_empty());
}

#[test]
fn of_a_fifo_queue_nothing_is_handled_behind_a_failure_and_all_of_it_reported() {
    let run = function("nil")
        .invoke(fifo(&["one", "fail", "two", "b:three"]))
        .invoke(fifo(&["fail", "four"]))
        .run();
    let posts = run.posts();
    assert_eq!(posts[0].json(), failed(&["m2", "m3", "m4"]));
    // All are reported.
    assert_eq!(
        posts[1].json()["errorMessage"],
        "record m1 failed: main.lua:12: it failed; 1 of 2 records were not begun"
    );
    assert_eq!(done(run.stdout()), ["one"]);
}

#[test]
fn by_groups_only_the_rest_of_that_message_group_waits() {
    let run = function("{ groups = true }")
        .invoke(fifo(&[
            "a:one", "b:fail", "a:two", "b:three", "c:return", "a:four", "c:five",
        ]))
        // Of a queue without order, and of a stream, it says nothing.
        .invoke(queue(&["a:fail", "a:six"]))
        .invoke(kinesis(&["seven", "fail", "eight"]))
        .run();
    let posts = run.posts();
    assert_eq!(posts[0].json(), failed(&["m2", "m4", "m5", "m7"]));
    assert_eq!(posts[1].json(), failed(&["m1"]));
    assert_eq!(posts[2].json(), failed(&[&kinesis_number(2)]));
    assert_eq!(done(run.stdout()), ["one", "two", "four", "six", "seven"]);
}

#[test]
fn by_groups_a_record_without_a_group_holds_up_all_behind_it() {
    let record = |nth: usize, body: &str, attributes: &Value| {
        json!({
            "messageId": format!("m{nth}"), "body": body, "attributes": attributes,
            "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-west-1:1:q.fifo",
        })
    };
    let group = json!({"MessageGroupId": "a"});
    for none in [json!({}), json!({"MessageGroupId": null}), json!(null)] {
        let event = json!({"Records": [
            record(0, "one", &group), record(1, "fail", &none), record(2, "two", &group),
        ]});
        let run = function("{ groups = true }")
            .invoke(Event::json(event.to_string()))
            .run();
        assert_eq!(run.post().json(), failed(&["m1", "m2"]), "{none}");
    }
}

#[test]
fn of_a_stream_the_first_failure_alone_is_reported_since_all_behind_it_come_again() {
    let run = function("nil")
        .invoke(kinesis(&["one", "fail", "two", "fail"]))
        .invoke(dynamodb(&["three", "four", "return", "five"]))
        .invoke(kinesis(&["fail", "six"]))
        .invoke(kinesis(&["fail"]))
        .run();
    let posts = run.posts();
    assert_eq!(posts[0].json(), failed(&[&kinesis_number(2)]));
    assert_eq!(posts[1].json(), failed(&["103"]));
    assert_eq!(posts[2].json(), failed(&[&kinesis_number(1)]));
    assert_eq!(posts[3].json()["errorType"], "BatchFailed");
    assert_eq!(done(run.stdout()), ["one", "three", "four"]);
}

#[test]
fn ten_thousand_records_are_reported_by_their_own_ids() {
    let bodies: Vec<_> = (1..=10_000)
        .map(|nth| if nth % 2 == 0 { "return" } else { "one" })
        .collect();
    let run = function("nil").invoke(queue(&bodies)).run();
    let ids: Vec<_> = (1..=5_000).map(|nth| format!("m{}", 2 * nth)).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    assert!(run.post().json() == failed(&ids));
    assert_eq!(done(run.stdout()).len(), 5_000);
}

#[test]
fn messages_with_one_id_are_each_handled_and_reported_by_it() {
    let record = |body| json!({"messageId": "m1", "body": body, "eventSource": "aws:sqs"});
    let event = json!({"Records": [record("one"), record("fail"), record("two")]});
    let run = function("nil").invoke(Event::json(event.to_string())).run();
    assert_eq!(run.post().json(), failed(&["m1"]));
    assert_eq!(done(run.stdout()), ["one", "two"]);
}

#[test]
fn what_is_done_to_the_event_meanwhile_takes_no_record_from_it() {
    let run = Function::new(
        "main.lua",
        "local records
        local work = require('lambda.batch').handler(function(record)
          print('did ' .. record.body)
          table.remove(records, 1)
          if record.body == 'two' then error('it failed') end
        end)
        return { handler = function(event, context)
          records = event.Records
          return work(event, context)
        end }",
    )
    .invoke(queue(&["one", "two", "three"]))
    .run();
    assert_eq!(run.post().json(), failed(&["m2"]));
    assert_eq!(done(run.stdout()), ["one", "two", "three"]);
}

#[test]
fn a_record_that_takes_all_memory_is_a_failure_like_another() {
    let run = Function::new(
        "main.lua",
        "return { handler = require('lambda.batch').handler(function(record)
          if record.body == 'huge' then
            record.body = ('x'):rep(200 * 1024 * 1024)
          end
        end) }",
    )
    .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
    .invoke(queue(&["one", "huge", "two"]))
    .run();
    assert_eq!(run.post().json(), failed(&["m2"]));
    let logged = "\tERROR\tFunction.OutOfMemory: not enough memory messageId=m2";
    assert!(run.stdout().contains(logged), "{}", run.stdout());
}

#[test]
fn a_callable_table_gets_the_record_as_it_came_and_the_context() {
    let run = Function::new(
        "main.lua",
        "local json = require('lambda.json')
        local work = setmetatable({}, { __call = function(_, record, context, more)
          print(json.encode(record), context.aws_request_id, more)
        end })
        return { handler = require('lambda.batch').handler(work) }",
    )
    .env("MOONLAYER_JSON_NULL", "nil")
    .invoke(Event::json(
        r#"{"Records":[{"messageId":"m","eventSource":"aws:sqs","list":[],"none":null,"n":1.5}]}"#,
    ))
    .run();
    assert_eq!(run.post().json(), failed(&[]));
    let (record, rest) = run
        .stdout()
        .split_once("INFO\t")
        .expect("a line")
        .1
        .split_once('\t')
        .expect("values");
    let record: Value = serde_json::from_str(record).expect("JSON");
    let expected = json!({"messageId": "m", "eventSource": "aws:sqs", "list": [], "n": 1.5});
    assert_eq!(record, expected);
    assert_eq!(rest, "request-1\tnil\n");
}
