//! Events of others, malformed ones, and mistakes in the call.

use serde_json::json;

use super::{Event, Function, done, failed, function, support::lua};

#[track_caller]
fn refused(event: serde_json::Value, message: &str) {
    let run = function("nil").invoke(Event::json(event.to_string())).run();
    let post = run.post();
    assert!(post.path.ends_with("/error"), "{}", post.text());
    assert_eq!(post.json()["errorMessage"], message);
    assert!(done(run.stdout()).is_empty(), "{}", run.stdout());
}

#[test]
fn an_event_of_another_source_is_named_and_so_are_those_that_are_taken() {
    for (event, seen) in [
        (
            json!({"Records": [{"EventSource": "aws:sns"}]}),
            "from aws:sns",
        ),
        (
            json!({"Records": [{"eventSource": "aws:s3"}]}),
            "from aws:s3",
        ),
        (
            json!({"eventSource": "aws:kafka", "records": {}}),
            "from aws:kafka",
        ),
        (
            json!({"source": "aws.events", "detail": {}}),
            "from aws.events",
        ),
        (json!({"requestContext": {}, "body": ""}), "an HTTP request"),
        (json!({"order": 7}), "an object without Records"),
        (
            json!({"Records": [{}]}),
            "one whose Records have no eventSource",
        ),
        (
            json!({"Records": [null]}),
            "one whose Records have no eventSource",
        ),
        (
            json!({"Records": [{"eventSource": 7}]}),
            "one whose Records have no eventSource",
        ),
        (
            json!({"Records": "x"}),
            "one whose Records have no eventSource",
        ),
        (json!("x"), "a string"),
        (json!([]), "an object without Records"),
    ] {
        let message = format!(
            "lambda.batch takes events of SQS (aws:sqs), Kinesis (aws:kinesis) and DynamoDB \
             streams (aws:dynamodb); this event is {seen}"
        );
        refused(event, &message);
    }
}

#[test]
fn a_record_that_could_not_be_reported_is_refused_before_any_is_handled() {
    let good = json!({"eventSource": "aws:sqs", "messageId": "m1", "body": "one"});
    let message = "record 2 of 2 is malformed: one of aws:sqs with a string messageId expected";
    for bad in [
        json!({"eventSource": "aws:sqs"}),
        json!({"eventSource": "aws:sqs", "messageId": null}),
        json!({"eventSource": "aws:sqs", "messageId": ""}),
        json!({"eventSource": "aws:sqs", "messageId": 7}),
        json!({"eventSource": "aws:kinesis", "messageId": "m2"}),
        json!({}),
        json!(null),
        json!("x"),
    ] {
        refused(json!({"Records": [good, bad]}), message);
    }
    refused(
        json!({"Records": [{"eventSource": "aws:kinesis", "kinesis": null}]}),
        "record 1 of 1 is malformed: one of aws:kinesis with a string kinesis.sequenceNumber \
         expected",
    );
    refused(
        json!({"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {"SequenceNumber": 1}}]}),
        "record 1 of 1 is malformed: one of aws:dynamodb with a string dynamodb.SequenceNumber \
         expected",
    );
}

#[test]
fn a_tumbling_window_is_refused_since_its_state_would_be_lost() {
    let record = json!({"eventSource": "aws:kinesis", "kinesis": {"sequenceNumber": "1"}});
    // The last call for a window may have no records.
    for (records, is_final) in [(json!([record]), false), (json!([]), true)] {
        refused(
            json!({
                "Records": records,
                "window": {"start": "2026-11-20T18:00:00Z", "end": "2026-11-20T18:02:00Z"},
                "state": {},
                "isFinalInvokeForWindow": is_final,
            }),
            "lambda.batch does not keep the state of tumbling windows: set \
             TumblingWindowInSeconds of the event source to 0, or write the handler without \
             lambda.batch",
        );
    }
}

#[test]
fn a_mistake_in_the_call_is_raised_where_it_is() {
    let takes = "it takes: groups, margin_ms, raise_on_entire_batch_failure";
    for (arguments, message) in [
        ("nil", "#1 to 'handler' (function expected, got nil)"),
        ("{}", "#1 to 'handler' (function expected, got table)"),
        (
            "work, true",
            "#2 to 'handler' (table of options expected, got boolean)",
        ),
        (
            "work, { groups = 1 }",
            "#2 to 'handler' (groups: boolean expected, got number)",
        ),
        (
            "work, { margin_ms = '1' }",
            "#2 to 'handler' (margin_ms: number expected, got string)",
        ),
        (
            "work, { margin_ms = 0 / 0 }",
            "#2 to 'handler' (margin_ms: 0 milliseconds or more expected)",
        ),
        (
            "work, { group = true }",
            &format!("#2 to 'handler' (unknown option 'group'; {takes})"),
        ),
    ] {
        let source = format!(
            "local batch, work = require('lambda.batch'), print\n\
             local handler = batch.handler({arguments})\n\
             return handler"
        );
        let run = Function::new("main.lua", source)
            .handler("main")
            .ends()
            .run();
        let error = run.post().json();
        assert_eq!(
            error["errorMessage"],
            format!("main.lua:2: bad argument {message}")
        );
        assert_eq!(run.exit_code(), 1);
    }
}

#[test]
fn a_test_may_call_the_handler_without_a_context() {
    let script = r#"
        local seen = {}
        local handler = require("lambda.batch").handler(function(record, context)
          assert(context == nil)
          seen[#seen + 1] = record.messageId
        end, { margin_ms = 1e13 })
        local function record(id)
          return { eventSource = "aws:sqs", messageId = id }
        end
        local answer = handler({ Records = { record("m1"), record("m2") } })
        io.write(require("lambda.json").encode(answer), table.concat(seen, " "))
    "#;
    let output = lua(["-e", script]);
    let wrote = String::from_utf8_lossy(&output.stdout);
    assert_eq!(wrote, format!("{}m1 m2", failed(&[])), "{output:?}");
}
