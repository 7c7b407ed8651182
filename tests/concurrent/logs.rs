//! Lines of several loops on one stdout.

use serde_json::json;

use crate::{invoked, meeting, meeting_function, records, support::Event};

#[test]
fn lines_longer_than_a_pipe_takes_at_once_stay_whole() {
    let body = r#"
    local me = tostring(event)
    for line = 1, 20 do
      print(me .. " " .. me:rep(100000))
      print('{"own":"' .. me:rep(20000) .. '"}')
      io.write(me:rep(30000) .. "\n")
      require("lambda.log").info("fields", { me = me, long = me:rep(9000) })
    end
    return event"#;
    let function = meeting_function(4, body).piped();
    let events = (0..8).map(|n| Event::json(format!("{n}")));
    let run = invoked(function, events).run();
    let (mut written, mut recorded) = (0, 0);
    for line in run.stdout().lines() {
        let digits: Vec<u8> = line.bytes().filter(u8::is_ascii_digit).collect();
        match line.len() {
            // What io.write was given.
            30_000 => {
                assert!(digits.iter().all(|digit| *digit == digits[0]) && digits.len() == 30_000);
                written += 1;
            }
            20_010 => {
                assert!(digits.iter().all(|digit| *digit == digits[0]) && digits.len() == 20_000);
                assert!(line.starts_with("{\"own\":\"") && line.ends_with("\"}"));
                written += 1;
            }
            _ => {
                let record: serde_json::Value = serde_json::from_str(line)
                    .unwrap_or_else(|error| panic!("{error}: {line:.300}"));
                let id = record["requestId"].as_str().expect("an id");
                let (me, long) = match record["message"].as_str() {
                    Some("fields") => (record["me"].as_str(), record["long"].as_str()),
                    message => message.and_then(|text| text.split_once(' ')).unzip(),
                };
                let (me, long) = (me.expect("a part"), long.expect("a part"));
                assert_eq!(
                    id,
                    format!("request-{}", me.parse::<usize>().expect("a number") + 1)
                );
                assert!(long.bytes().all(|byte| byte == me.as_bytes()[0]));
                assert!([100_000, 9_000].contains(&long.len()));
                recorded += 1;
            }
        }
    }
    assert_eq!((written, recorded), (8 * 20 * 2, 8 * 20 * 2));
}

#[test]
fn a_record_does_not_tear_a_line_that_another_loop_has_begun() {
    let body = r#"
    if event.role == 1 then io.write("begun, ") end
    meet(event)
    if event.role == 2 then print("whole") end
    meet(event)
    if event.role == 1 then io.write("ended\n") end
    -- A response lets out what is begun: both wait until it is whole.
    meet(event)
    return event.role"#;
    let run = invoked(meeting_function(2, body), meeting(2)).run();
    let lines: Vec<_> = run.stdout().lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines.contains(&"begun, ended"), "{lines:?}");
    assert!(
        lines
            .iter()
            .any(|line| line.contains(r#""message":"whole"}"#))
    );
}

#[test]
fn a_line_that_is_only_begun_is_out_before_the_response() {
    let body = r#"io.write("a\nbegun") return 1"#;
    let run = meeting_function(2, body).invoke(Event::json("{}")).run();
    assert_eq!(run.stdout_at(run.post()), "a\nbegun\n");
}

#[test]
fn errors_are_records_of_their_own_request() {
    let body = r#"meet(event) error({ type = "No", message = "role " .. event.role })"#;
    let run = invoked(meeting_function(3, body), meeting(3))
        .env("AWS_LAMBDA_LOG_FORMAT", "Text")
        .env("AWS_LAMBDA_LOG_LEVEL", "FATAL")
        .run();
    let records = records(&run);
    assert_eq!(records.len(), 3);
    for record in records {
        let id = record["requestId"].as_str().expect("an id");
        let role = id.strip_prefix("request-").expect("our own id");
        assert_eq!(record["errorMessage"], format!("role {role}"));
        assert_eq!(record["errorType"], "No");
        assert_eq!(
            record["stackTrace"],
            json!(["main.lua:34: in function 'handler'"])
        );
    }
}
