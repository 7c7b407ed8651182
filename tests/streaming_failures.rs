//! Streamed responses that go wrong: errors before and after the first byte, refusals, misuse.

mod support;

use support::{Event, Function, Request};

/// A function that is given two events: `body` is about the first, the second is answered with 2.
fn streaming_once(body: &str) -> Function {
    Function::streaming(&format!(
        "if event == 2 then response:write('2') return end\n{body}"
    ))
    .invoke(Event::json("1"))
    .invoke(Event::json("2"))
}

const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY: &str = "Lambda-Runtime-Function-Error-Body";

/// The error in the trailers, decoded by a program that is not ours.
#[track_caller]
fn told(post: &Request) -> serde_json::Value {
    let body = post.trailer(ERROR_BODY).expect("a trailer with the error");
    let script = "printf %s \"$1\" | base64 -d";
    let output = std::process::Command::new("sh")
        .args(["-c", script, "sh", body])
        .output()
        .expect("coreutils are everywhere");
    assert!(output.status.success(), "{body} is not base64");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn an_error_before_the_first_byte_is_an_ordinary_failed_invocation() {
    for before in [
        "",
        "response:start({})",
        "response:content_type('a/b')",
        "response:write('')",
    ] {
        let run = streaming_once(&format!(
            "{before}\nerror({{ type = 'No', message = 'no' }})"
        ))
        .run();
        let posts = run.posts();
        assert_eq!(posts.len(), 2);
        assert!(
            posts[0].path.ends_with("/request-1/error"),
            "{}",
            posts[0].path
        );
        assert_eq!(posts[0].json()["errorType"], "No");
        assert_eq!(posts[0].header(ERROR_TYPE), Some("Function.No"));
        assert_eq!(posts[1].text(), "2");
        assert_eq!(run.stdout().lines().count(), 1, "{}", run.stdout());
    }
}

#[test]
fn an_error_after_the_first_byte_is_in_the_trailers_and_in_the_log() {
    let run = streaming_once(
        "response:write('a')\nresponse:write('b')\n\
        error({ type = 'OrderNotFound', message = 'no 7' })",
    )
    .run();
    let posts = run.posts();
    assert_eq!(posts.len(), 2);
    let first = posts[0];
    assert!(
        first.path.ends_with("/request-1/response"),
        "{}",
        first.path
    );
    let end = "1\r\na\r\n1\r\nb\r\n0\r\n\
        Lambda-Runtime-Function-Error-Type: Function.OrderNotFound\r\n\
        Lambda-Runtime-Function-Error-Body: eyJlcnJvck1lc3NhZ2UiOiJubyA3IiwiZXJyb3JUeXBlIjoiT3JkZXJOb3RGb3VuZCIsInN0YWNrVHJhY2UiOlsibWFpbi5sdWE6NjogaW4gZnVuY3Rpb24gJ2hhbmRsZXInIl19\r\n\r\n";
    let raw = String::from_utf8_lossy(&first.raw);
    assert!(raw.ends_with(end), "{raw}");
    let told = told(first);
    assert_eq!(told["errorMessage"], "no 7");
    assert_eq!(told["stackTrace"][0], "main.lua:6: in function 'handler'");
    assert_eq!(posts[1].text(), "2");
    let [record] = run.stdout().lines().collect::<Vec<_>>()[..] else {
        panic!("one record: {}", run.stdout())
    };
    assert!(
        record.contains("\trequest-1\tERROR\tOrderNotFound: no 7"),
        "{record}"
    );
    assert_eq!(run.stdout_at(first), run.stdout());
}

#[test]
fn an_error_after_the_prelude_is_in_the_trailers() {
    let run = streaming_once(
        "response:start({ statusCode = 404 })\nresponse:write('a')\n\
        error('late')",
    )
    .run();
    let first = run.posts()[0];
    assert_eq!(first.chunks.as_ref().map(Vec::len), Some(3));
    assert_eq!(first.trailer(ERROR_TYPE), Some("Function.LuaError"));
    assert_eq!(told(first)["errorMessage"], "main.lua:6: late");
}

#[test]
fn nil_and_an_error_fail_the_invocation_before_and_after_the_first_byte() {
    let run = streaming_once("return nil, 'no'").run();
    assert!(run.posts()[0].path.ends_with("/error"));
    assert_eq!(run.posts()[0].json()["errorMessage"], "no");

    let run =
        streaming_once("response:write('a')\nreturn nil, { type = 'No', message = 'no' }").run();
    assert_eq!(run.posts()[0].trailer(ERROR_TYPE), Some("Function.No"));
    assert_eq!(told(run.posts()[0])["errorMessage"], "no");
}

#[test]
fn a_huge_error_fits_the_trailer() {
    let run = streaming_once("response:write('a')\nerror(('\\1'):rep(2^20), 0)").run();
    let first = run.posts()[0];
    // The service reads 4 KiB of trailers, names and all.
    let body_bytes = first.trailer(ERROR_BODY).map_or(0, str::len);
    assert!((2000..4000).contains(&body_bytes), "{body_bytes}");
    let told = told(first);
    let message = told["errorMessage"].as_str().expect("a message");
    assert!(message.contains("1048576 bytes in all"));
}

#[test]
fn os_exit_after_the_first_byte_is_in_the_trailers() {
    let run = Function::streaming("response:write('a')\nos.exit(3)")
        .invoke(Event::json("{}"))
        .ends()
        .run();
    assert_eq!(run.exit_code(), 3);
    assert_eq!(run.post().text(), "a");
    assert_eq!(run.post().trailer(ERROR_TYPE), Some("Runtime.ExitError"));
    assert_eq!(
        told(run.post())["errorMessage"],
        "handler called os.exit(3)"
    );
}

#[test]
fn os_exit_before_the_first_byte_is_an_ordinary_failed_invocation() {
    let run = Function::streaming("response:start({})\nos.exit(3)")
        .invoke(Event::json("{}"))
        .ends()
        .run();
    assert_eq!(run.exit_code(), 3);
    assert!(run.post().path.ends_with("/error"));
    assert_eq!(run.post().json()["errorType"], "Runtime.ExitError");
}
