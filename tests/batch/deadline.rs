//! Records that the invocation's time does not suffice for.

use std::time::Duration;

use super::{Event, Function, done, dynamodb, failed, fifo, function, queue};

/// More than any event here has: from the second record on, it is too late.
const LATE: &str = "{ margin_ms = 1e13 }";

#[test]
fn what_is_not_begun_in_time_is_left_for_the_next_try() {
    let run = function(LATE)
        .invoke(queue(&["one", "two", "fail"]))
        .invoke(fifo(&["three", "four"]))
        .invoke(dynamodb(&["five", "six", "seven"]))
        .run();
    let answers: Vec<_> = run.posts().iter().map(|post| post.json()).collect();
    // A stream gives what follows the first of them by itself.
    let expected = [failed(&["m2", "m3"]), failed(&["m2"]), failed(&["102"])];
    assert_eq!(answers, expected);
    assert_eq!(done(run.stdout()), ["one", "three", "five"]);
    let warnings: Vec<_> = run
        .stdout()
        .lines()
        .filter_map(|line| line.split_once("\tWARN\t"))
        .map(|(_, message)| message.split(':').next().unwrap_or_default())
        .collect();
    assert_eq!(
        warnings,
        [
            "2 of 3 records are left for the next try",
            "1 of 2 records are left for the next try",
            "2 of 3 records are left for the next try",
        ]
    );
}

#[test]
fn where_the_only_ones_that_were_begun_failed_so_does_the_invocation() {
    let run = function(LATE).invoke(queue(&["fail", "one", "two"])).run();
    assert_eq!(
        run.post().json()["errorMessage"],
        "record m1 failed: main.lua:12: it failed; 2 of 3 records were not begun"
    );
}

#[test]
fn a_margin_of_zero_begins_records_as_long_as_there_is_time() {
    let run = function("{ margin_ms = 0 }")
        .invoke(queue(&["one", "two"]))
        .run();
    assert_eq!(run.post().json(), failed(&[]));
}

#[test]
fn a_deadline_that_is_past_is_none() {
    // Emulators send 1970.
    let event = queue(&["one", "two"]).header("Lambda-Runtime-Deadline-Ms", "600000");
    let run = function(LATE).invoke(event).run();
    assert_eq!(run.post().json(), failed(&[]));
}

/// A function whose records take the time until so many milliseconds are left.
fn busy_until(left_ms: u32) -> Function {
    Function::new(
        "main.lua",
        format!(
            "return {{ handler = require('lambda.batch').handler(function(record, context)
              while context.get_remaining_time_in_millis() >= {left_ms} do end
              print('did ' .. record.body)
            end) }}"
        ),
    )
}

#[test]
fn unless_given_the_margin_is_a_tenth_more_than_what_the_runtime_keeps() {
    // It interrupts 1 ms before the end, so that the record is sure to come to its own: the margin
    // is 1 ms and a tenth of the time, 151 ms.
    let run = busy_until(150)
        .env("MOONLAYER_TIMEOUT_MARGIN_MS", "1")
        .invoke(queue(&["one", "two"]).left(Duration::from_millis(1500)))
        .run();
    assert_eq!(run.post().json(), failed(&["m2"]));
    assert_eq!(done(run.stdout()), ["one"]);
}

#[test]
fn a_record_that_is_interrupted_times_the_invocation_out_and_is_not_logged_as_a_failure() {
    let event = || queue(&["one", "two"]).left(Duration::from_millis(300));
    let swallowing = "return { handler = require('lambda.batch').handler(function()
      pcall(function() while true do end end)
    end) }";
    for function in [busy_until(0), Function::new("main.lua", swallowing)] {
        let run = function
            .invoke(event())
            .invoke(Event::json(r#"{"Records":[]}"#))
            .run();
        let posts = run.posts();
        assert_eq!(posts[0].json()["errorType"], "Function.Timeout");
        assert_eq!(posts[1].json(), failed(&[]));
        assert!(!run.stdout().contains("messageId"), "{}", run.stdout());
        assert!(done(run.stdout()).is_empty());
    }
}
