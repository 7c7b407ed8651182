//! Requests that have no answer when the invocation's time is over.

use std::sync::Mutex;
use std::time::Duration;

use super::support::{Event, Function, Then, Web, send};

/// A handler whose own body is `code`, with `url` and `http`; asked several times, since what it
/// tells is a matter of which of two moments comes first.
fn timed_out(code: &str, web: &Web) {
    let source = format!(
        "local http = require('lambda.http')
         local url = '{}'
         return {{ handler = function() {code} end }}",
        web.url("/")
    );
    let mut function = Function::new("main.lua", &source).handler("main.handler");
    for _ in 0..5 {
        function = function.invoke(Event::json("{}").left(Duration::from_millis(300)));
    }
    let run = function.run();
    for post in run.posts() {
        assert!(post.path.ends_with("/error"), "{code}: {}", post.text());
        let report: serde_json::Value = serde_json::from_str(post.text()).unwrap();
        assert_eq!(report["errorType"], "Function.Timeout", "{code}: {report}");
        let message = report["errorMessage"].as_str().unwrap();
        assert!(message.ends_with(" s at main.lua:3"), "{code}: {message}");
    }
}

#[test]
fn a_request_that_waits_until_the_deadline_is_the_handlers_time_out() {
    let web = Web::new(|_, _| Then::Hold);
    // As a tail call it would leave no frame in LuaJIT.
    timed_out("local answer = http.get(url) return answer", &web);
    timed_out("local answer = assert(http.get(url)) return answer", &web);
    timed_out(
        "local all = http.all{{url = url}, {url = url}} return all",
        &web,
    );
    timed_out("local _, err = http.get(url); error(err)", &web);
}

#[test]
fn a_stream_that_stalls_until_the_deadline_is_the_handlers_time_out() {
    let web = Web::new(|_, out| {
        send(out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx");
        Then::Hold
    });
    timed_out("for _ in http.get(url, {stream = true}).body do end", &web);
}

#[test]
fn an_upload_that_nobody_reads_ends_at_the_deadline() {
    // It keeps the connections, and reads nothing of what is more than the system takes for it.
    let kept = Mutex::new(Vec::new());
    let web = Web::raw(move |stream, _| kept.lock().unwrap().push(stream));
    let body = "local body = ('x'):rep(10 * 1024 * 1024)";
    timed_out(
        &format!("{body} local answer = http.put(url, {{body = body}}) return answer"),
        &web,
    );
    timed_out(
        &format!(
            "{body} local answer = http.put(url, {{body = function() return body end}}) return answer"
        ),
        &web,
    );
}
