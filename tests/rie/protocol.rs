//! The protocol, as the emulator has it.

use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr},
    process::Command,
    sync::mpsc::{Receiver, channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use serde_json::json;

use crate::{
    CLIENT_CONTEXT, MAX_RESPONSE_BYTES,
    support::{Call, Emulator, Folder, Reply, connect, send},
    text,
};

/// A runtime that is played by the test: the process that the emulator starts only waits.
struct Played {
    emulator: Emulator,
    orders: File,
    notes: Receiver<String>,
    starting: bool,
    polling: Option<JoinHandle<Reply>>,
    _folder: Folder,
}

impl Played {
    fn start() -> Self {
        Self::with(&[])
    }

    /// Starts the emulator with further variables.
    fn with(variables: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let script = r#"trap 'echo terminated >"$NOTES"' TERM
echo started >"$NOTES"
read -r status <"$ORDERS"
exit "${status:-99}"
"#;
        let script = folder.file("waiting", script);
        let (orders, notes) = (pipe(&folder, "orders"), pipe(&folder, "notes"));
        let emulator = Emulator::start(&["/bin/bash", text(&script), "main.handler"], |command| {
            command.env("ORDERS", folder.path().join("orders"));
            command.env("NOTES", folder.path().join("notes"));
            command.envs(variables.iter().copied());
        });
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(notes).lines();
            lines
                .map_while(Result::ok)
                .try_for_each(|line| sender.send(line))
        });
        Self {
            emulator,
            orders,
            notes: receiver,
            starting: true,
            polling: None,
            _folder: folder,
        }
    }

    /// Begins an invocation; gives its caller and the Runtime API, whose process is waiting.
    #[track_caller]
    fn call(&mut self, call: Call) -> (JoinHandle<Reply>, SocketAddr) {
        let caller = self.emulator.invoke_aside(call);
        if std::mem::take(&mut self.starting) {
            // The emulator takes no call of a runtime that it has not started.
            assert_eq!(self.note(), "started");
        }
        (caller, self.emulator.runtime_api())
    }

    /// Invokes with the event `{"n":1}`; gives the answer to `/next` as well.
    #[track_caller]
    fn invoked(&mut self) -> (JoinHandle<Reply>, SocketAddr, Reply) {
        let (caller, api) = self.call(Emulator::invocation(r#"{"n":1}"#));
        let event = match self.polling.take() {
            Some(polling) => reply(polling),
            None => next(api),
        };
        assert_eq!((event.code, event.text()), (200, r#"{"n":1}"#));
        (caller, api, event)
    }

    /// Asks for the next event, as a runtime does that is done with one, and gives what the caller
    /// of the last got: the emulator holds it back until then.
    #[track_caller]
    fn done(&mut self, caller: JoinHandle<Reply>) -> Reply {
        let api = self.emulator.runtime_api();
        self.polling = Some(thread::spawn(move || next(api)));
        reply(caller)
    }

    /// Makes the waiting process end.
    fn exit(&mut self, status: u8) {
        writeln!(self.orders, "{status}").expect("the pipe takes a line");
        self.starting = true;
    }

    /// Waits for what a waiting process notes next.
    #[track_caller]
    fn note(&self) -> String {
        self.notes
            .recv_timeout(Duration::from_secs(30))
            .expect("a note within 30 s")
    }
}

/// Makes a named pipe, and opens it for both so that no opening of it blocks.
fn pipe(folder: &Folder, name: &str) -> File {
    let path = folder.path().join(name);
    let made = Command::new("mkfifo")
        .arg(&path)
        .status()
        .expect("mkfifo is everywhere");
    assert!(made.success());
    File::options()
        .read(true)
        .write(true)
        .open(path)
        .expect("a pipe of our own")
}

fn next(api: SocketAddr) -> Reply {
    send(api, &Call::get("/2018-06-01/runtime/invocation/next"))
}

fn post(api: SocketAddr, id: &str, kind: &str, body: impl AsRef<[u8]>) -> Reply {
    send(
        api,
        &Call::post(format!("/2018-06-01/runtime/invocation/{id}/{kind}"), body),
    )
}

#[track_caller]
fn id(event: &Reply) -> &str {
    event
        .header("Lambda-Runtime-Aws-Request-Id")
        .expect("every event has an id")
}

#[track_caller]
fn assert_refused(reply: &Reply, code: u16, kind: &str) {
    assert_eq!(reply.code, code, "{}", reply.text());
    assert_eq!(reply.json()["errorType"], kind);
}

#[track_caller]
fn reply(caller: JoinHandle<Reply>) -> Reply {
    caller.join().expect("the caller gets a reply")
}

#[test]
fn a_second_next_gives_the_same_event_again() {
    let mut played = Played::start();
    let (caller, api, event) = played.invoked();
    let again = next(api);
    assert_eq!(
        (again.code, id(&again), again.text()),
        (200, id(&event), r#"{"n":1}"#)
    );
    assert_eq!(post(api, id(&event), "response", "1").code, 202);
    assert_eq!(played.done(caller).text(), "1");
}

#[test]
fn a_response_to_a_made_up_id_is_refused_and_the_real_one_accepted() {
    let mut played = Played::start();
    let (caller, api, event) = played.invoked();
    let made_up = post(api, "5d8f8b0a-0000-4000-8000-000000000000", "response", "0");
    assert_refused(&made_up, 400, "InvalidRequestID");
    let real = post(api, id(&event), "response", "1");
    assert_eq!((real.code, real.json()), (202, json!({"status": "OK"})));
    assert_eq!(played.done(caller).text(), "1");
}

#[test]
fn an_invocation_is_answered_once() {
    for (first, second) in [
        ("response", "response"),
        ("response", "error"),
        ("error", "response"),
    ] {
        let mut played = Played::start();
        let (caller, api, event) = played.invoked();
        assert_eq!(post(api, id(&event), first, r#"{"a":1}"#).code, 202);
        let twice = post(api, id(&event), second, r#"{"b":2}"#);
        assert_refused(&twice, 403, "InvalidStateTransition");
        assert_eq!(
            played.done(caller).json(),
            json!({"a": 1}),
            "{first}, then {second}"
        );
    }
}

#[test]
fn a_response_of_the_largest_size_passes_and_one_byte_more_does_not() {
    let mut played = Played::start();
    let (caller, api, event) = played.invoked();
    let largest = vec![b'7'; MAX_RESPONSE_BYTES];
    assert_eq!(post(api, id(&event), "response", &largest).code, 202);
    assert_eq!(played.done(caller).body, largest);

    let (caller, api, event) = played.invoked();
    let refused = post(
        api,
        id(&event),
        "response",
        vec![b'7'; MAX_RESPONSE_BYTES + 1],
    );
    assert_refused(&refused, 413, "RequestEntityTooLarge");
    assert_eq!(
        played.done(caller).json()["errorType"],
        "Function.ResponseSizeTooLarge"
    );

    let (caller, api, event) = played.invoked();
    assert_eq!(post(api, id(&event), "response", "3").code, 202);
    assert_eq!(played.done(caller).text(), "3");
}

#[test]
fn a_response_mode_other_than_streaming_costs_the_process() {
    let mut played = Played::start();
    let (caller, api, event) = played.invoked();
    let path = format!("/2018-06-01/runtime/invocation/{}/response", id(&event));
    let buffered =
        Call::post(path, "1").header("Lambda-Runtime-Function-Response-Mode", "buffered");
    assert_refused(&send(api, &buffered), 400, "InvalidFunctionResponseMode");
    assert_refused(&next(api), 403, "InvalidStateTransition");
    played.exit(1);
    assert_eq!(reply(caller).code, 502);
}

#[test]
fn a_response_that_is_cut_short_costs_the_process() {
    let mut played = Played::start();
    let (caller, api, event) = played.invoked();
    let path = format!("/2018-06-01/runtime/invocation/{}/response", id(&event));
    let mut stream = connect(api);
    stream
        .write_all(Call::post(path, "").head(api, 100).as_bytes())
        .expect("a connection");
    stream.write_all(b"0123456789").expect("a connection");
    stream.shutdown(Shutdown::Write).expect("a connection");
    // The emulator has seen the end when it closes its side; what it says before is not fixed.
    let _ = stream.read_to_end(&mut Vec::new());
    assert_refused(&next(api), 403, "InvalidStateTransition");
    played.exit(1);
    assert_eq!(reply(caller).json()["errorType"], "Runtime.ExitError");
}

#[test]
fn an_init_error_goes_to_the_caller_and_the_next_call_starts_a_process() {
    let mut played = Played::start();
    let error = r#"{"errorMessage":"no module","errorType":"Runtime.ImportModuleError"}"#;
    let (caller, api) = played.call(Emulator::invocation("{}"));
    let posted = send(api, &Call::post("/2018-06-01/runtime/init/error", error));
    assert_eq!((posted.code, posted.json()), (202, json!({"status": "OK"})));
    played.exit(1);
    let failed = reply(caller);
    assert_eq!((failed.code, failed.text()), (502, error));

    let (caller, api, event) = played.invoked();
    let late = send(api, &Call::post("/2018-06-01/runtime/init/error", error));
    assert_refused(&late, 403, "InvalidStateTransition");
    assert_eq!(post(api, id(&event), "response", "2").code, 202);
    assert_eq!(played.done(caller).text(), "2");
}

#[test]
fn a_process_that_ends_in_an_invocation_is_an_exit_error_with_its_status() {
    let mut played = Played::start();
    let (caller, _, event) = played.invoked();
    played.exit(7);
    let message = format!(
        "RequestId: {} Error: Runtime exited with error: exit status 7",
        id(&event)
    );
    let expected = json!({"errorType": "Runtime.ExitError", "errorMessage": message});
    assert_eq!(reply(caller).json(), expected);

    let (caller, api, event) = played.invoked();
    assert_eq!(post(api, id(&event), "response", "2").code, 202);
    assert_eq!(played.done(caller).text(), "2");
}

#[test]
fn a_timeout_kills_without_a_signal_unless_an_extension_is_registered() {
    let mut played = Played::with(&[("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")]);
    let (caller, _, _) = played.invoked();
    assert_eq!(reply(caller).text(), "Task timed out after 2.00 seconds");
    // The next thing to be noted is another start, not a signal.
    played.starting = true;
    let (caller, api, event) = played.invoked();
    assert_eq!(post(api, id(&event), "response", "2").code, 202);
    assert_eq!(played.done(caller).text(), "2");

    let mut played = Played::with(&[("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")]);
    let (caller, api) = played.call(Emulator::invocation(r#"{"n":1}"#));
    let register = Call::post("/2020-01-01/extension/register", r#"{"events":[]}"#)
        .header("Lambda-Extension-Name", "moonlayer");
    let registered = send(api, &register);
    assert_eq!(registered.code, 200, "{}", registered.text());
    let extension = registered
        .header("Lambda-Extension-Identifier")
        .expect("an identifier");
    let parked = Call::get("/2020-01-01/extension/event/next")
        .header("Lambda-Extension-Identifier", extension);
    let mut parking = connect(api);
    parking
        .write_all(parked.head(api, 0).as_bytes())
        .expect("a connection");
    assert_eq!(next(api).code, 200);
    assert_eq!(reply(caller).text(), "Task timed out after 2.00 seconds");
    assert_eq!(played.note(), "terminated");
}

#[test]
fn tenant_and_client_context_reach_the_runtime() {
    let mut played = Played::start();
    let call = Emulator::invocation("{}")
        .header("X-Amz-Tenant-Id", "t1")
        .header("X-Amz-Client-Context", CLIENT_CONTEXT);
    let (caller, api) = played.call(call);
    let event = next(api);
    assert_eq!(event.header("Lambda-Runtime-Aws-Tenant-Id"), Some("t1"));
    let context = event.header("Lambda-Runtime-Client-Context");
    assert_eq!(context, Some(r#"{"custom":{"a":"b"}}"#));
    assert_eq!(post(api, id(&event), "response", "null").code, 202);
    assert_eq!(played.done(caller).text(), "null");
}
