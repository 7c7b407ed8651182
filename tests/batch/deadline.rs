//! Records that the invocation's time does not suffice for.

use std::time::Duration;

use super::support::lua;
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
fn a_record_that_ends_the_process_is_no_record_that_failed() {
    let run = Function::new(
        "main.lua",
        "return { handler = require('lambda.batch').handler(function() os.exit(3) end) }",
    )
    .invoke(queue(&["one", "two"]))
    .ends()
    .run();
    assert_eq!(run.post().json()["errorType"], "Runtime.ExitError");
    assert!(!run.stdout().contains("messageId"), "{}", run.stdout());
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

#[test]
fn unless_given_the_margin_is_twice_the_usual_one_or_what_is_set_and_the_usual_one() {
    // What the variable says, the time that the event had, and the least that lets a record begin.
    let script = r#"
        local batch = require("lambda.batch")
        local record = { eventSource = "aws:sqs", messageId = "m" }
        local function failures(set, had_ms, left_ms)
          os.getenv = function(name)
            return name == "MOONLAYER_TIMEOUT_MARGIN_MS" and set or nil
          end
          local context = {
            times = { had_ms, left_ms },
          }
          -- As tests may write it; the runtime's own looks at no argument.
          function context:get_remaining_time_in_millis()
            return table.remove(self.times, 1)
          end
          local handler = batch.handler(function() end)
          return #handler({ Records = { record, record } }, context).batchItemFailures
        end
        for _, case in ipairs({
          { nil, 60000, 1000 },
          { nil, 3000, 600 },
          { "0", 60000, 1000 },
          { "5000", 60000, 5500 },
          { "1", 1500, 151 },
          { "5000", 4000, 800 },
        }) do
          local set, had_ms, least_ms = case[1], case[2], case[3]
          assert(failures(set, had_ms, least_ms) == 0, least_ms)
          assert(failures(set, had_ms, least_ms - 1) == 1, least_ms)
        end
    "#;
    let output = lua(["-e", script]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn a_record_that_is_interrupted_times_the_invocation_out_and_is_not_logged_as_a_failure() {
    let event = || queue(&["one", "two"]).left(Duration::from_millis(300));
    let endless = "return { handler = require('lambda.batch').handler(function()
      while true do end
    end) }";
    let swallowing = "return { handler = require('lambda.batch').handler(function()
      pcall(function() while true do end end)
    end) }";
    for source in [endless, swallowing] {
        let run = Function::new("main.lua", source)
            .invoke(event())
            .invoke(Event::json(r#"{"Records":[]}"#))
            .run();
        let posts = run.posts();
        assert_eq!(posts[0].json()["errorType"], "Function.Timeout");
        assert_eq!(posts[1].json(), failed(&[]));
        assert!(!run.stdout().contains("messageId"), "{}", run.stdout());
    }
}
