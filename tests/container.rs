//! Container functions: the entry script as it stands in the image, with the real runtime and AWS's
//! real emulator.

#[path = "container/image.rs"]
mod image;
mod support;

use image::{Image, SHELLS};
use serde_json::json;
use support::Emulator;

const HELLO: &str = r#"
return {
  handler = function(event)
    return { message = "Hello " .. event.name }
  end,
}
"#;

/// Answers with the words of the command line.
const COMMAND_LINE: &str = r#"
return {
  handler = function()
    local words = {}
    for word in io.open("/proc/self/cmdline"):read("a"):gmatch("([^%z]*)%z") do
      words[#words + 1] = word
    end
    return words
  end,
}
"#;

#[test]
fn elsewhere_the_emulator_serves_the_handler_that_cmd_names() {
    for shell in SHELLS {
        let image = Image::new(shell).with_emulator();
        image.task("hello.lua", HELLO);
        let container = image.run(&["hello.handler"], &[]);
        let reply = container.invoke(r#"{"name":"Ada"}"#);
        assert_eq!(reply.json(), json!({"message": "Hello Ada"}), "{shell}");
    }
}

#[test]
fn lambda_handler_names_the_handler_where_cmd_does_not() {
    for shell in SHELLS {
        let image = Image::new(shell).with_emulator();
        image.task("hello.lua", HELLO);
        for arguments in [&[][..], &[""]] {
            let variables = [("LAMBDA_HANDLER", "hello.handler")];
            let container = image.run(arguments, &variables);
            let reply = container.invoke(r#"{"name":"Ada"}"#);
            assert_eq!(reply.json(), json!({"message": "Hello Ada"}), "{shell}");
        }
    }
}

#[test]
fn cmd_goes_before_lambda_handler() {
    let image = Image::new("dash").with_emulator();
    image.task("hello.lua", HELLO);
    let variables = [("LAMBDA_HANDLER", "another.handler")];
    let container = image.run(&["hello.handler"], &variables);
    let reply = container.invoke(r#"{"name":"Ada"}"#);
    assert_eq!(reply.json(), json!({"message": "Hello Ada"}));
}

#[test]
fn every_argument_reaches_the_runtime_as_it_was_and_the_first_is_the_handler() {
    for shell in SHELLS {
        let image = Image::new(shell).with_emulator();
        image.task("my functions/words.lua", COMMAND_LINE);
        let words = ["my functions/words.handler", "two words", "", "*", "$HOME"];
        let container = image.run(&words, &[]);
        let mut expected = vec!["/var/runtime/bootstrap"];
        expected.extend(words);
        assert_eq!(container.invoke("{}").json(), json!(expected), "{shell}");
    }
}

#[test]
fn many_events_at_once_find_the_handler_of_cmd_too() {
    let image = Image::new("dash").with_emulator();
    image.task("hello.lua", HELLO);
    let variables = [("AWS_LAMBDA_MAX_CONCURRENCY", "2")];
    let container = image.run(&["hello.handler", "more"], &variables);
    let caller = container.invoke_when_idle(Emulator::invocation(r#"{"name":"Ada"}"#));
    let reply = caller.join().expect("the caller gets a reply");
    assert_eq!(reply.json(), json!({"message": "Hello Ada"}));
}

#[test]
fn in_lambda_the_runtime_is_started_with_every_argument() {
    for shell in SHELLS {
        // The emulator is outside, in Lambda's place; there is none in the image.
        let image = Image::new(shell);
        image.task("my functions/words.lua", COMMAND_LINE);
        let words = ["my functions/words.handler", "two words"];
        let lambda = Emulator::start(&[&image.start(&words)], |_| {});
        let expected = ["/var/runtime/bootstrap", words[0], words[1]];
        assert_eq!(lambda.invoke("{}").json(), json!(expected), "{shell}");
    }
}

#[test]
fn in_lambda_its_own_name_of_the_handler_goes_first() {
    let image = Image::new("dash");
    image.task("hello.lua", HELLO);
    let start = image.start(&["another.handler"]);
    let lambda = Emulator::start(&[&start], |command| {
        command.env("_HANDLER", "hello.handler");
    });
    let reply = lambda.invoke(r#"{"name":"Ada"}"#);
    assert_eq!(reply.json(), json!({"message": "Hello Ada"}));
}

#[test]
fn in_lambda_a_missing_handler_is_reported_by_the_runtime() {
    let image = Image::new("dash");
    let lambda = Emulator::start(&[&image.start(&[])], |_| {});
    let reply = lambda.invoke("{}").json();
    assert_eq!(reply["errorType"], "Runtime.MalformedHandlerName");
    let (stdout, stderr) = lambda.stop();
    assert!(
        format!("{stdout}{stderr}").contains("LAMBDA_HANDLER"),
        "{stdout}\n{stderr}"
    );
}

#[test]
fn without_a_handler_the_error_says_the_two_ways_to_name_one() {
    for shell in SHELLS {
        let image = Image::new(shell).with_emulator();
        for variables in [&[][..], &[("LAMBDA_HANDLER", "")]] {
            let error = image.fails(&[], variables);
            assert!(error.starts_with("lambda-entry: no handler: "), "{error}");
            for way in [r#"CMD ["hello.handler"]"#, "LAMBDA_HANDLER"] {
                assert!(error.contains(way), "{error}");
            }
        }
    }
}

#[test]
fn without_an_emulator_the_error_says_where_to_put_one() {
    for shell in SHELLS {
        let error = Image::new(shell).fails(&["hello.handler"], &[]);
        for remedy in [
            "AWS_LAMBDA_RUNTIME_API is not set",
            "/usr/local/bin/aws-lambda-rie",
            "--volume ~/.aws-lambda-rie:/aws-lambda",
        ] {
            assert!(error.contains(remedy), "{error}");
        }
    }
}

#[test]
fn an_emulator_that_is_mounted_is_taken() {
    let image = Image::new("dash").with_emulator_in("aws-lambda");
    image.task("hello.lua", HELLO);
    let container = image.run(&["hello.handler"], &[]);
    let reply = container.invoke(r#"{"name":"Ada"}"#);
    assert_eq!(reply.json(), json!({"message": "Hello Ada"}));
}

#[test]
fn without_the_runtime_the_error_says_where_it_comes_from() {
    let image = Image::new("dash").with_emulator();
    image.without_runtime();
    let error = image.fails(&["hello.handler"], &[]);
    assert!(error.contains("COPY /var/runtime/bootstrap"), "{error}");
}

#[test]
fn sigterm_ends_the_container() {
    // `docker stop` sends it to the entry, in whose place the emulator is by then.
    let image = Image::new("dash").with_emulator();
    image.task("hello.lua", HELLO);
    let container = image.run(&["hello.handler"], &[]);
    container.invoke(r#"{"name":"Ada"}"#);
    assert!(image.listens());
    container.stop();
    assert!(!image.listens());
}
