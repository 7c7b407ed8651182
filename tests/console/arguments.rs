//! The event as the script's arguments.

use serde_json::json;

use crate::support::{Event, Function, IS_LUAJIT};
use crate::{output, output_of, script};

/// Prints its arguments, each in brackets.
const SHOWS: &str = "local args = { ... }
    assert(#args == #arg and select('#', ...) == #arg)
    for i, word in ipairs(arg) do
      assert(word == args[i])
      io.write('[', word, ']')
    end
    io.write(arg[0])";

#[track_caller]
fn shown(line: &str) -> String {
    let event = json!(line).to_string();
    output(&script(SHOWS).invoke(Event::json(event)).run())
}

#[test]
fn a_string_is_split_as_a_shell_splits_it() {
    assert_eq!(shown("up --dry-run"), "[up][--dry-run]bin/run.lua");
    assert_eq!(
        shown("--name='Ada L' \"a\\\"b\" c\\ d '' # no more"),
        "[--name=Ada L][a\"b][c d][]bin/run.lua"
    );
    assert_eq!(shown("$HOME *.lua"), "[$HOME][*.lua]bin/run.lua");
    assert_eq!(
        shown("größe\n'a\nb' \u{1f319}"),
        "[größe][a\nb][\u{1f319}]bin/run.lua"
    );
    assert_eq!(shown("-e --"), "[-e][--]bin/run.lua");
}

#[test]
fn null_and_nothing_are_no_arguments() {
    for event in ["null", r#""""#, r#"" \n""#, "\"# all\"", "{}", "", " { } "] {
        for nulls in ["null", "nil"] {
            let run = script(SHOWS)
                .env("MOONLAYER_JSON_NULL", nulls)
                .invoke(Event::json(event))
                .run();
            assert_eq!(output(&run), "bin/run.lua", "{event}");
        }
    }
}

fn refusal(function: Function, event: &str) -> String {
    let run = function.invoke(Event::json(event)).run();
    let post = run.post();
    let kind = post.header("Lambda-Runtime-Function-Error-Type");
    assert_eq!(kind, Some("Runtime.UnmarshalError"), "{event}");
    assert!(!run.stdout().contains("ran"), "{event}");
    post.json()["errorMessage"].as_str().unwrap().to_owned()
}

#[test]
fn any_other_event_is_told_by_its_type() {
    for (event, came) in [
        (r#"{"a":1}"#, "an object"),
        (r#"["up"]"#, "an array"),
        ("[]", "an array"),
        ("1", "a number"),
        ("1.5", "a number"),
        ("true", "a boolean"),
    ] {
        assert_eq!(
            refusal(script("print('ran')"), event),
            format!(
                "this event is {came}; a console function takes a JSON string of arguments, such \
                 as \"up --dry-run\", or null for none"
            )
        );
    }
    let message = refusal(script("print('ran')"), "up");
    assert!(
        message.starts_with("cannot decode the event: "),
        "{message}"
    );
}

#[test]
fn a_quote_that_nothing_closes_is_told_with_its_place() {
    assert_eq!(
        refusal(script("print('ran')"), r#""up 'a b""#),
        "the arguments have a quote ' at byte 4 that nothing closes; close it, or write \\' where \
         the quote itself is meant"
    );
}

#[test]
fn arguments_may_be_long_and_many() {
    let long = format!("'{}' {}", "a b ".repeat(25_000), "x ".repeat(5000));
    let shown = shown(&long);
    assert_eq!(shown.len(), 100_002 + 5000 * 3 + "bin/run.lua".len());
}

#[test]
fn more_arguments_than_lua_has_room_for_are_told_as_lua_tells_it() {
    let function = || script("print(select('#', ...))");
    let many = |count| Event::json(json!("x ".repeat(count)).to_string());
    let run = function()
        .invoke(many(1_500_000))
        .invoke(many(if IS_LUAJIT { 5000 } else { 50_000 }))
        .run();
    let posts = run.posts();
    let message = posts[0].json()["errorMessage"].to_string();
    let kind = posts[0].json()["errorType"].to_string();
    assert!(
        message.contains("too many arguments to script") || kind.contains("OutOfMemory"),
        "{message}"
    );
    assert_ne!(output_of(posts[1]), "");
}

#[test]
fn an_event_of_another_type_is_a_line_as_it_is() {
    let event = Event::json("up 'a b'").header("Content-Type", "text/plain");
    let run = script(SHOWS).invoke(event).run();
    assert_eq!(output(&run), "[up][a b]bin/run.lua");
}
