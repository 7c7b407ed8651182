//! What cannot be used: an error that says what to do, and nothing started.

use crate::support::Invoke;

#[test]
fn an_event_that_is_not_json_is_told_with_its_place() {
    Invoke::echo()
        .args(["-d", "{\"name\":\"Ada\""])
        .run()
        .refuses(
            1,
            &[
                "-d is not JSON",
                "EOF while parsing an object at line 1, column 13 (byte 13)",
            ],
        );
    Invoke::echo()
        .file("event.json", "{\n  \"name\": Ada\n}")
        .args(["-f", "event.json"])
        .run()
        .refuses(
            1,
            &[
                "-f event.json is not JSON",
                "expected value at line 2, column 11 (byte 13)",
            ],
        );
    Invoke::echo()
        .args(["-f", "-"])
        .stdin("")
        .run()
        .refuses(1, &["it is empty", "{}"]);
}

#[test]
fn an_event_that_cannot_be_read_is_told() {
    Invoke::echo()
        .args(["-f", "gone.json"])
        .run()
        .refuses(1, &["-f gone.json", "No such file"]);
    Invoke::echo()
        .args(["-f", "."])
        .run()
        .refuses(1, &["-f .", "a folder"]);
}

#[test]
fn there_is_one_event() {
    Invoke::echo()
        .args(["-d", "{}", "--sample", "hello"])
        .run()
        .refuses(2, &["cannot be used with"]);
}

#[test]
fn an_unknown_sample_is_told_with_those_there_are() {
    Invoke::echo()
        .args(["--sample", "sqz"])
        .run()
        .refuses(2, &["sqz", "sqs-fifo", "similar"]);
}

#[test]
fn a_root_that_is_no_folder_is_told() {
    Invoke::echo()
        .args(["--root", "gone"])
        .run()
        .refuses(1, &["--root gone", "name the folder"]);
    Invoke::echo()
        .args(["--root", "app.lua"])
        .run()
        .refuses(1, &["app.lua is not a folder"]);
}

#[test]
fn an_env_file_that_cannot_be_used_is_told() {
    let env = |name| Invoke::echo().args(["--env-file", name]);
    env("gone.env")
        .run()
        .refuses(1, &["--env-file gone.env", "No such file"]);
    env(".").run().refuses(1, &["--env-file .", "a folder"]);
    env("x")
        .file("x", "A=1\nB C\n")
        .run()
        .refuses(1, &["--env-file x", "`B C`", "NAME=VALUE"]);
    env("x")
        .file("x", "A=\"1\n")
        .run()
        .refuses(1, &["--env-file x", "NAME=VALUE"]);
    env("x")
        .file("x", "_HANDLER=a.b\n")
        .run()
        .refuses(1, &["_HANDLER is set by Lambda itself"]);
}

#[test]
fn a_variable_that_is_no_assignment_is_told() {
    let env = |text| Invoke::echo().args(["--env", text]).run();
    env("A").refuses(2, &["no `=`", "NAME=VALUE"]);
    env("=a").refuses(2, &["no variable's name"]);
    env("AWS_LAMBDA_RUNTIME_API=x").refuses(2, &["set by Lambda itself"]);
    env("AWS_LAMBDA_INITIALIZATION_TYPE=snapstart").refuses(
        2,
        &[
            "`snapstart`",
            "on-demand",
            "snap-start",
            "lambda-managed-instances",
        ],
    );
}

#[test]
fn a_timeout_is_over_0_and_up_to_900_seconds() {
    for text in ["0", "-1", "900.1", "1e300", "NaN", "inf", "3s", ""] {
        let ran = Invoke::echo().args(["--timeout", text]).run();
        ran.refuses(2, &["--timeout", "up to 900 seconds"]);
    }
}

#[test]
fn a_memory_size_is_128_to_10240_mb() {
    for text in [
        "0",
        "127",
        "10241",
        "-1",
        "1.5",
        "99999999999999999999",
        "128MB",
    ] {
        let ran = Invoke::echo().args(["--memory", text]).run();
        ran.refuses(2, &["--memory", "128 to 10240"]);
    }
}

#[test]
fn a_handler_is_needed() {
    Invoke::handler("", "")
        .run()
        .refuses(2, &["HANDLER", "it is empty"]);
}
