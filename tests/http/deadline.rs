//! Requests that have no answer when the invocation's time is over.

use std::sync::Mutex;
use std::time::Duration;

use super::support::{Event, Function, IS_LUAJIT, Then, Web, send};

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
        // A tail call leaves no frame in LuaJIT, of C functions neither.
        let place = match IS_LUAJIT && code.contains("return http") {
            true => " s",
            false => " s at main.lua:3",
        };
        assert!(message.ends_with(place), "{code}: {message}");
    }
}

#[test]
fn a_request_that_waits_until_the_deadline_is_the_handlers_time_out() {
    let web = Web::new(|_, _| Then::Hold);
    timed_out("return http.get(url)", &web);
    timed_out("local answer = http.get(url) return answer", &web);
    timed_out("local answer = assert(http.get(url)) return answer", &web);
    timed_out("return http.all{{url = url}, {url = url}}", &web);
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
        &format!("{body} return http.put(url, {{body = body}})"),
        &web,
    );
    timed_out(
        &format!("{body} return http.put(url, {{body = function() return body end}})"),
        &web,
    );
}
