//! Which connection a request goes over, and what happens when an idle one has died.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde_json::json;

use super::support::{Event, Function, Then, Web, answer, lua, send};

fn handler(body: &str) -> Function {
    let source = format!(
        "local http = require('lambda.http')\nreturn {{ handler = function()\n{body}\nend }}"
    );
    Function::new("main.lua", source)
}

#[test]
fn two_invocations_share_one_connection() {
    let web = Web::fixed(answer("200 OK", &[], "x"));
    let run = handler(&format!("return http.get('{}').body", web.url("/")))
        .invoke(Event::json("{}"))
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(run.posts().len(), 2, "{}", run.transcript());
    assert!(run.posts().iter().all(|post| post.text() == "\"x\""));
    assert_eq!((web.asked().len(), web.connections()), (2, 1));
}

#[test]
fn a_connection_that_the_server_closed_is_not_used_again() {
    let web = Web::new(|_, out| {
        send(out, answer("200 OK", &[], "x"));
        Then::Close
    });
    let code = format!(
        "return {{http.get('{0}').status, http.post('{0}').status, http.get('{0}').status}}",
        web.url("/")
    );
    assert_eq!(lua(&code), json!([200, 200, 200]));
    assert_eq!(web.connections(), 3);
}

/// Reads the head of one request.
fn read_request(stream: &mut TcpStream) -> bool {
    let mut came = Vec::new();
    while !came.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap_or(0) == 0 {
            return false;
        }
        came.extend_from_slice(&byte);
    }
    true
}

/// A server whose first connection answers one request, and ends when it gets a second one; `last`
/// is what it sends before. The others answer for as long as they are asked.
fn dying(last: &'static [u8]) -> (Web, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = requests.clone();
    let web = Web::raw(move |mut stream, connection| {
        let mut answered = 0;
        while read_request(&mut stream) {
            counted.fetch_add(1, Ordering::SeqCst);
            if connection == 0 && answered == 1 {
                let _ = stream.write_all(last);
                return;
            }
            answered += 1;
            let _ = stream.write_all(&answer("200 OK", &[], connection.to_string()));
        }
    });
    (web, requests)
}

#[test]
fn a_request_that_an_idle_connection_lost_is_sent_once_more_on_a_fresh_one() {
    for method in ["get", "post", "put", "delete"] {
        let (web, requests) = dying(b"");
        let code = format!(
            "local first = http.{method}('{0}').body
             local second = assert(http.{method}('{0}')).body
             local third = assert(http.{method}('{0}')).body
             return {{first, second, third}}",
            web.url("/")
        );
        assert_eq!(lua(&code), json!(["0", "1", "1"]), "{method}");
        // Twice the second one.
        assert_eq!(requests.load(Ordering::SeqCst), 4, "{method}");
    }
}

#[test]
fn a_request_that_was_answered_in_part_is_not_sent_again() {
    let (web, requests) = dying(b"HTTP/1.1 200");
    let code = format!(
        "http.get('{0}')
         local _, err = http.get('{0}')
         return err.kind",
        web.url("/")
    );
    assert_eq!(lua(&code), "closed");
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[test]
fn a_fresh_connection_that_is_lost_is_an_error_at_once() {
    let web = Web::new(|_, _| Then::Close);
    let code = format!(
        "local _, err = http.get('{}') return err.kind",
        web.url("/")
    );
    assert_eq!(lua(&code), "closed");
    assert_eq!(web.connections(), 1);
}

#[test]
fn a_body_from_a_function_is_not_made_twice() {
    let web = Web::raw(|mut stream, connection| {
        let mut answered = 0;
        while read_request(&mut stream) {
            if connection == 0 && answered == 1 {
                // The head is here, so that the function was called: it ends now.
                let mut rest = [0; 64];
                let _ = stream.read(&mut rest);
                return;
            }
            answered += 1;
            let _ = stream.write_all(&answer("200 OK", &[], ""));
        }
    });
    let code = format!(
        "http.get('{0}')
         local made = 0
         local r, err = http.post('{0}', {{body = function()
           made = made + 1
           if made == 1 then return 'piece' end
         end}})
         return {{tostring(r), err.kind, made}}",
        web.url("/")
    );
    assert_eq!(lua(&code), json!(["nil", "closed", 2]));
}

#[test]
fn an_answer_before_the_end_of_the_request_is_given() {
    let web = Web::raw(|mut stream, _| {
        read_request(&mut stream);
        let answer = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much";
        stream.write_all(answer.as_bytes()).unwrap();
        // With a part of the request unread this is a reset.
    });
    let code = format!(
        "local got = {{}}
         local piece = ('x'):rep(1 << 20)
         for n, body in ipairs{{piece:rep(32), function() return table.remove(got.pieces) end}} do
           got.pieces = {{}}
           for n = 1, 32 do got.pieces[n] = piece end
           local answer, err = http.put('{}', {{body = body}})
           got[n] = answer and answer.status .. ' ' .. answer.body or err.message
         end
         return {{got[1], got[2]}}",
        web.url("/")
    );
    assert_eq!(lua(&code), json!(["413 too much", "413 too much"]));
    assert_eq!(web.connections(), 2);
}
