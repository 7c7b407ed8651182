//! The protocol, as the emulator has it when one process serves several events.

use std::{
    fs::File,
    io::{Read, Write},
    net::SocketAddr,
    thread::{self, JoinHandle},
};

use serde_json::json;

use crate::{
    pipe,
    support::{Call, Emulator, Folder, Reply, connect, send},
};

/// A runtime that is played by the test: the process that the emulator starts only waits.
struct Played {
    emulator: Emulator,
    api: SocketAddr,
    orders: File,
    _folder: Folder,
}

/// An event that one of the played loops has.
struct Open {
    caller: JoinHandle<Reply>,
    api: SocketAddr,
    id: String,
}

impl Played {
    fn start(variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        folder.executable(
            "bootstrap",
            "#!/bin/sh\nread -r status <orders\nexit $status\n",
        );
        pipe(&folder, "orders");
        let orders = File::options()
            .read(true)
            .write(true)
            .open(folder.path().join("orders"))
            .expect("a pipe of our own");
        let emulator = Emulator::start_concurrent(folder.path(), 3, variables);
        Self {
            api: emulator.runtime_api(),
            emulator,
            orders,
            _folder: folder,
        }
    }

    /// One loop asks for an event, and gets this one.
    #[track_caller]
    fn open(&self, call: Call) -> (Open, Reply) {
        let api = self.api;
        let asking = thread::spawn(move || next(api));
        let caller = self.emulator.invoke_when_idle(call);
        let event = asking.join().expect("an event");
        assert_eq!(event.code, 200, "{}", event.text());
        let id = event.header("Lambda-Runtime-Aws-Request-Id");
        let id = id.expect("every event has an id").to_owned();
        (Open { caller, api, id }, event)
    }

    /// The same with an event of a number.
    #[track_caller]
    fn open_number(&self, number: usize) -> Open {
        let (open, event) = self.open(Emulator::invocation(number.to_string()));
        assert_eq!(event.text(), number.to_string());
        open
    }
}

impl Open {
    fn post(&self, kind: &str, body: impl AsRef<[u8]>) -> Reply {
        send(self.api, &Call::post(self.path(kind), body))
    }

    fn path(&self, kind: &str) -> String {
        format!("/2018-06-01/runtime/invocation/{}/{kind}", self.id)
    }

    /// What the caller gets.
    #[track_caller]
    fn reply(self) -> Reply {
        self.caller.join().expect("the caller gets a reply")
    }
}

fn next(api: SocketAddr) -> Reply {
    send(api, &Call::get("/2018-06-01/runtime/invocation/next"))
}

#[track_caller]
fn assert_refused(reply: &Reply, code: u16, kind: &str) {
    assert_eq!(reply.code, code, "{}", reply.text());
    assert_eq!(reply.json()["errorType"], kind);
}

#[test]
fn three_events_are_open_at_once_and_a_fourth_is_turned_away() {
    let played = Played::start(&[]);
    let open: Vec<_> = (1..=3).map(|number| played.open_number(number)).collect();
    let fourth = played.emulator.invoke("4");
    assert_eq!(fourth.code, 400, "{}", fourth.text());
    assert_eq!(fourth.header("Error-Type"), Some("Runtime.Unavailable"));
    // In any order, each to its own caller.
    for (at, open) in open.into_iter().enumerate().rev() {
        assert_eq!(open.post("response", format!("{}", 10 * at)).code, 202);
        assert_eq!(open.reply().text(), format!("{}", 10 * at));
    }
}

#[test]
fn an_event_has_the_trace_of_its_caller_and_an_id_for_the_attempt() {
    let played = Played::start(&[]);
    let call = Emulator::invocation("{}").header("X-Amzn-Trace-Id", "Root=1-5;Sampled=1");
    let (open, event) = played.open(call);
    let trace = event.header("Lambda-Runtime-Trace-Id");
    assert_eq!(trace, Some("Root=1-5;Sampled=1"));
    assert!(event.header("Lambda-Runtime-Invocation-Id").is_some());
    assert_eq!(open.post("response", "1").code, 202);
    assert_eq!(open.reply().text(), "1");
}

#[test]
fn an_answer_after_the_timeout_is_gone_and_the_next_event_comes() {
    let played = Played::start(&[("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")]);
    for kind in ["response", "error"] {
        let late = played.open_number(1);
        let (id, api) = (late.id.clone(), late.api);
        let reply = late.reply();
        assert_eq!(
            reply.json()["errorType"],
            "Sandbox.Timedout",
            "{}",
            reply.text()
        );
        let path = format!("/2018-06-01/runtime/invocation/{id}/{kind}");
        assert_refused(&send(api, &Call::post(path, "1")), 410, "InvokeTimeout");
        let open = played.open_number(2);
        assert_eq!(open.post("response", "3").code, 202);
        assert_eq!(open.reply().text(), "3");
    }
}

#[test]
fn an_error_of_over_a_mebibyte_is_refused_and_a_small_one_after_it_taken() {
    let played = Played::start(&[]);
    let open = played.open_number(1);
    let huge = json!({ "errorMessage": "x".repeat(1 << 20), "errorType": "Big" }).to_string();
    let refused = open.post("error", huge);
    assert_refused(&refused, 413, "RequestEntityTooLarge");
    assert_eq!(refused.header("Connection"), Some("close"));
    let small = r#"{"errorMessage":"small","errorType":"Big"}"#;
    assert_eq!(open.post("error", small).code, 202);
    assert_eq!(open.reply().text(), small);
}

#[test]
fn trailers_tell_an_error_only_when_they_are_declared() {
    let played = Played::start(&[]);
    for declared in [true, false] {
        let open = played.open_number(1);
        let mut head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: text/plain\r\n\
             Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n\
             Connection: close\r\n",
            open.path("response"),
            open.api
        );
        if declared {
            head += "Trailer: Lambda-Runtime-Function-Error-Type, \
                     Lambda-Runtime-Function-Error-Body\r\n";
        }
        // The base64 of {"errorMessage":"no"}.
        let body = "4\r\nhalf\r\n0\r\nLambda-Runtime-Function-Error-Type: Function.Torn\r\n\
                    Lambda-Runtime-Function-Error-Body: eyJlcnJvck1lc3NhZ2UiOiJubyJ9\r\n\r\n";
        let mut stream = connect(open.api);
        stream
            .write_all(format!("{head}\r\n{body}").as_bytes())
            .expect("a connection");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
        let reply = open.reply();
        if declared {
            assert_eq!(reply.header("Error-Type"), Some("Function.Torn"));
            assert_eq!(reply.json(), json!({ "errorMessage": "no" }));
        } else {
            assert_eq!(reply.header("Error-Type"), None);
            assert_eq!((reply.code, reply.text()), (200, "half"));
        }
    }
}

#[test]
fn an_error_type_outside_the_pattern_is_unknown() {
    let played = Played::start(&[]);
    for (sent, shown) in [
        ("MyErr", "Runtime.Unknown"),
        ("Function.MyErr", "Function.MyErr"),
    ] {
        let open = played.open_number(1);
        let post =
            Call::post(open.path("error"), "{}").header("Lambda-Runtime-Function-Error-Type", sent);
        assert_eq!(send(open.api, &post).code, 202);
        assert_eq!(open.reply().header("Error-Type"), Some(shown));
    }
}

#[test]
fn a_loop_that_errs_leaves_the_others_alone_and_the_end_of_the_process_is_the_end_of_all() {
    let mut played = Played::start(&[]);
    let (first, second) = (played.open_number(1), played.open_number(2));
    let unknown = "/2018-06-01/runtime/invocation/5d8f8b0a-0000-4000-8000-000000000000/response";
    for _ in 0..3 {
        let refused = send(played.api, &Call::post(unknown, "0"));
        assert_refused(&refused, 400, "InvalidRequestID");
    }
    assert_eq!(first.post("error", r#"{"errorType":"No"}"#).code, 202);
    assert_refused(&first.post("response", "1"), 400, "InvalidRequestID");
    assert_eq!(first.reply().json()["errorType"], "No");
    assert_eq!(second.post("response", "2").code, 202);
    assert_eq!(second.reply().text(), "2");

    writeln!(played.orders, "7").expect("the pipe takes a line");
    assert_ne!(played.emulator.wait().0, Some(0));
}
