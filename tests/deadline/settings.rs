//! Which deadlines and margins hold, and what the message says of them.

use std::time::Duration;

use super::message;
use super::support::{Event, Function};

#[test]
fn the_message_gives_the_time_that_the_invocation_had() {
    let run = Function::new(
        "main.lua",
        "return { handler = function() while true do end end }",
    )
    .invoke(Event::json("{}").left(Duration::from_millis(1_000)))
    .run();
    let message = message(&run);
    // What the event took to come is missing from its time, however long that was.
    let time = message
        .strip_prefix("timed out after ")
        .and_then(|rest| rest.split_once(" s at "));
    let (time, place) = time.expect("its time");
    assert!(
        time.len() == 4 && time.starts_with("0.") || time == "1.00",
        "{message}"
    );
    assert_eq!(place, "main.lua:1");
}

#[test]
fn deadlines_that_are_past_far_away_or_absent_interrupt_nothing() {
    let source = "return { handler = function(event, context)\n\
        local sum = 0\nfor i = 1, 1000000 do sum = sum + i end\nreturn sum end }";
    let header = |value| Event::json("{}").header("Lambda-Runtime-Deadline-Ms", value);
    let run = Function::new("main.lua", source)
        .invoke(header("600000"))
        .invoke(header("9223372036854775807"))
        .invoke(header("-9223372036854775808"))
        .invoke(header("0"))
        .invoke(Event::json("{}").without_header("Lambda-Runtime-Deadline-Ms"))
        .run();
    let posts = run.posts();
    assert_eq!(posts.len(), 5);
    for post in posts {
        assert_eq!(post.json(), 500_000_500_000_i64);
    }
}

#[test]
fn the_margin_can_be_set_and_turned_off() {
    let busy = "return { handler = function()\n\
        local stop = os.time() + 2\nwhile os.time() < stop do end\nreturn 'done' end }";
    let with = |margin: &str, left_ms| {
        let run = Function::new("main.lua", busy)
            .env("MOONLAYER_TIMEOUT_MARGIN_MS", margin)
            .invoke(Event::json("{}").left(Duration::from_millis(left_ms)))
            .run();
        run.post().json()
    };
    // Its deadline passes, and nothing happens.
    assert_eq!(with("0", 100), "done");
    // All but a little of a minute is margin.
    assert_eq!(with("59900", 60_000)["errorType"], "Function.Timeout");
    // One that leaves nothing is none: the usual one of half a second holds.
    assert_eq!(with("60000", 60_000), "done");
    assert_eq!(
        with("99999999999999999999999", 300)["errorType"],
        "Function.Timeout"
    );
}

#[test]
fn a_margin_that_is_no_integer_is_an_init_error() {
    let run = Function::echo()
        .env("MOONLAYER_TIMEOUT_MARGIN_MS", "soon")
        .ends()
        .run();
    let body = run.post().json();
    assert_eq!(body["errorType"], "Runtime.InvalidConfiguration");
    assert_eq!(
        body["errorMessage"],
        "MOONLAYER_TIMEOUT_MARGIN_MS is \"soon\"; it takes: an integer of milliseconds from 0, \
         which turns the interruption off"
    );
}
