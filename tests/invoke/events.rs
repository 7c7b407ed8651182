//! Where the event comes from.

use crate::support::Invoke;

#[test]
fn the_event_is_an_empty_object_unless_given() {
    Invoke::echo().run().responds("{}");
}

#[test]
fn an_event_comes_from_the_command_line_a_file_or_stdin() {
    let event = r#"{"name":"Ada"}"#;
    Invoke::echo().args(["-d", event]).run().responds(event);
    Invoke::echo().args(["--data", event]).run().responds(event);
    Invoke::echo()
        .file("event.json", event)
        .args(["-f", "event.json"])
        .run()
        .responds(event);
    Invoke::echo()
        .args(["-f", "-"])
        .stdin(event)
        .run()
        .responds(event);
}

#[test]
fn an_event_may_be_any_json_value() {
    for event in ["null", "-1", "1.5", "\"x\"", "[]", "[1,[2]]", "true"] {
        Invoke::echo().args(["-d", event]).run().responds(event);
    }
}

#[test]
fn a_sample_is_an_event() {
    Invoke::echo()
        .args(["--sample", "hello"])
        .run()
        .responds(r#"{"name":"Ada"}"#);
    Invoke::body("return event.Records[2].messageId")
        .args(["--sample", "sqs"])
        .run()
        .responds(r#""2e1424d4-f796-459a-8184-9c92662be6da""#);
}

#[test]
fn every_sample_that_the_help_lists_reaches_the_handler() {
    let help = Invoke::echo().args(["--help"]).run().stdout;
    let names: Vec<&str> = help
        .lines()
        .skip_while(|line| !line.contains("--sample <NAME>"))
        .filter_map(|line| line.trim().strip_prefix("- ")?.split_once(':'))
        .map(|(name, _)| name)
        .collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        Invoke::body("return type(event)")
            .args(["--sample", name])
            .run()
            .responds("\"table\"");
    }
}

#[test]
fn an_event_of_6_291_556_bytes_is_taken_and_one_more_is_not() {
    let event = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    Invoke::body("return #event")
        .file("event.json", event(6_291_556))
        .args(["-f", "event.json"])
        .run()
        .responds("6291554");
    Invoke::echo()
        .file("event.json", event(6_291_557))
        .args(["-f", "event.json"])
        .run()
        .refuses(1, &["-f event.json", "over 6291556 bytes", "send less"]);
}

#[test]
fn an_endless_file_is_not_read_to_its_end() {
    Invoke::echo()
        .args(["-f", "/dev/zero"])
        .run()
        .refuses(1, &["over 6291556 bytes"]);
}
