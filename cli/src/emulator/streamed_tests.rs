//! A streamed response, sent by hand.

use std::sync::mpsc;

use super::super::runtime_api::RuntimeApi;
use super::super::runtime_by_hand::{Runtime, bind, failed, invocation, succeeded, until};
use super::super::state::State;
use super::super::stream::{Piece, stream};
use super::super::{Event, Pieces};
use super::STREAM_LIMIT_BYTES;

/// A sandbox whose runtime has the event 7a, and what takes its streamed response.
struct Turn {
    api: RuntimeApi,
    runtime: Runtime,
    pieces: Pieces,
}

impl Turn {
    async fn begin() -> Self {
        let api = bind(&[]).await;
        let mut runtime = Runtime::connect(api.address()).await;
        let (stream, pieces) = stream();
        let (reply, ()) = tokio::join!(runtime.next(), async {
            until(&api, State::is_ready).await;
            api.offer(invocation("7a", Event::default(), stream));
        });
        assert_eq!(reply.status, 200);
        Self {
            api,
            runtime,
            pieces,
        }
    }

    /// Takes every piece in a thread of its own; they come through the channel.
    fn take(&mut self) -> mpsc::Receiver<String> {
        let (sender, receiver) = mpsc::channel();
        let mut pieces = std::mem::replace(&mut self.pieces, stream().1);
        std::thread::spawn(move || {
            while let Some(piece) = pieces.blocking_next() {
                let shown = match piece {
                    Piece::Prelude(prelude) => format!("[{prelude}]"),
                    Piece::Body(bytes) => String::from_utf8(bytes.into()).expect("text"),
                };
                let _ = sender.send(shown);
            }
        });
        receiver
    }

    /// Sends a response whole; gives the reply's status, and what the caller got.
    async fn send(&mut self, response: impl AsRef<[u8]>) -> (u16, String) {
        let taken = self.take();
        let reply = self.runtime.call(response).await;
        // The reply comes when the caller is done with the last piece.
        (reply.status, taken.try_iter().collect())
    }
}

const STREAM: &str = "POST /2018-06-01/runtime/invocation/7a/response HTTP/1.1\r\nHost: x\r\nLambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n";
const HTTP: &str = "Content-Type: application/vnd.awslambda.http-integration-response\r\n";
const TRAILER: &str =
    "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n";
const CHUNKS: &str = "\r\n5\r\nfirst\r\n6\r\nsecond\r\n0\r\n";
// {"errorType":"Broken"}
const ENDING: &str = "Lambda-Runtime-Function-Error-Type: Function.Broken\r\nLambda-Runtime-Function-Error-Body: eyJlcnJvclR5cGUiOiJCcm9rZW4ifQ==\r\n\r\n";

#[tokio::test]
async fn the_bytes_are_the_caller_s_as_they_come() {
    let mut turn = Turn::begin().await;
    let taken = turn.take();
    turn.runtime
        .send(format!("{STREAM}\r\n5\r\nfirst\r\n"))
        .await;
    // The server runs on this thread too.
    let (first, taken) = tokio::task::spawn_blocking(|| (taken.recv(), taken))
        .await
        .expect("a thread");
    assert_eq!(first.expect("a piece"), "first");
    assert!(turn.api.is(State::is_streamed) && !turn.api.is(State::has_outcome));
    let reply = turn.runtime.call("6\r\nsecond\r\n0\r\n\r\n").await;
    reply.is(202, "{\"status\":\"OK\"}");
    assert_eq!(taken.recv().expect("a piece"), "second");
    assert_eq!(succeeded(&turn.api), "");
}

#[tokio::test]
async fn a_caller_that_has_gone_does_not_stop_the_function() {
    let mut turn = Turn::begin().await;
    turn.pieces = stream().1;
    let reply = turn.runtime.call(format!("{STREAM}{CHUNKS}\r\n")).await;
    reply.is(202, "{\"status\":\"OK\"}");
    assert_eq!(succeeded(&turn.api), "");
}

#[tokio::test]
async fn a_buffered_response_is_not_streamed() {
    let mut turn = Turn::begin().await;
    let taken = turn.take();
    turn.runtime.respond("7a", "{}").await;
    assert_eq!(succeeded(&turn.api), "{}");
    assert!(!turn.api.is(State::is_streamed));
    assert_eq!(taken.try_iter().count(), 0);
}

#[tokio::test]
async fn a_prelude_is_told_apart_from_the_body() {
    let prelude = r#"{"statusCode":201,"headers":{"a":"b"},"cookies":["c=d"]}"#;
    let mut turn = Turn::begin().await;
    let got = turn
        .send(format!(
            "{STREAM}{HTTP}\r\n{:x}\r\n{prelude}\r\n8\r\n\0\0\0\0\0\0\0\0\r\n4\r\nbody\r\n0\r\n\r\n",
            prelude.len()
        ))
        .await;
    assert_eq!(got, (202, "[HTTP 201\ta: b\tset-cookie: c=d]body".into()));
    assert_eq!(succeeded(&turn.api), "");
}

#[tokio::test]
async fn a_prelude_that_cannot_be_used_is_a_failure_that_says_why() {
    for (body, part) in [
        ("\r\n0\r\n", "there is none: the response is empty"),
        (CHUNKS, "the response of 11 bytes ends before it"),
        (
            "\r\nc\r\n[]\0\0\0\0\0\0\0\0ab\r\n0\r\n",
            "it is a list, not an object",
        ),
    ] {
        let mut turn = Turn::begin().await;
        let got = turn.send(format!("{STREAM}{HTTP}{body}\r\n")).await;
        assert_eq!(got, (202, String::new()), "{part}");
        let error = failed(&turn.api);
        assert!(error.contains(part), "{error}");
        assert!(error.contains("\"Function.InvalidResponsePrelude\""));
        assert!(error.contains("answers 502"), "{error}");
    }
}

#[tokio::test]
async fn a_failure_before_the_prelude_is_the_function_s_own() {
    let mut turn = Turn::begin().await;
    let got = turn
        .send(format!("{STREAM}{HTTP}{TRAILER}\r\n0\r\n{ENDING}"))
        .await;
    assert_eq!(got, (202, String::new()));
    assert_eq!(failed(&turn.api), r#"{"errorType":"Broken"}"#);
}

#[tokio::test]
async fn declared_trailers_make_a_streamed_response_a_failure() {
    let mut turn = Turn::begin().await;
    let got = turn
        .send(format!("{STREAM}{TRAILER}{CHUNKS}{ENDING}"))
        .await;
    assert_eq!(got, (202, "firstsecond".into()));
    assert_eq!(failed(&turn.api), r#"{"errorType":"Broken"}"#);
    assert_eq!(turn.api.take_notes().len(), 0);
}

#[tokio::test]
async fn undeclared_trailers_are_dropped_and_told() {
    let mut turn = Turn::begin().await;
    let got = turn.send(format!("{STREAM}{CHUNKS}{ENDING}")).await;
    assert_eq!(got, (202, "firstsecond".into()));
    assert_eq!(succeeded(&turn.api), "");
    let notes = turn.api.take_notes().concat();
    assert!(
        notes.contains("error-type and lambda-runtime-function-error-body, which its Trailer"),
        "{notes}"
    );
}

#[tokio::test]
async fn trailers_have_4096_bytes_at_most() {
    let fixed = "Lambda-Runtime-Function-Error-Body: \r\n\r\n".len();
    for (size, status) in [(4096, 202), (4097, 400), (40_000, 400)] {
        let mut turn = Turn::begin().await;
        let body = "A".repeat(size - fixed);
        let got = turn
            .send(format!(
                "{STREAM}{TRAILER}{CHUNKS}Lambda-Runtime-Function-Error-Body: {body}\r\n\r\n"
            ))
            .await;
        assert_eq!(got, (status, "firstsecond".into()), "{size}");
        let cut = failed(&turn.api).contains("over 4096 bytes");
        assert_eq!(cut, status == 400, "{size}");
        let next = Runtime::connect(turn.api.address()).await;
        if status == 400 {
            let mut next = next;
            next.next().await.is_refused(403, "InvalidStateTransition");
        }
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_loses_the_runtime_and_not_what_came() {
    let mut turn = Turn::begin().await;
    let taken = turn.take();
    turn.runtime
        .send(format!("{STREAM}\r\n5\r\nfirst\r\n"))
        .await;
    turn.runtime = Runtime::connect(turn.api.address()).await;
    until(&turn.api, State::has_outcome).await;
    assert!(failed(&turn.api).contains("\"Runtime.TruncatedResponse\""));
    assert!(turn.api.is(State::is_streamed));
    assert_eq!(taken.try_iter().collect::<String>(), "first");
    let refused = turn.runtime.next().await;
    refused.is_refused(403, "InvalidStateTransition");
    assert!(turn.api.is(State::was_refused));
}

#[tokio::test]
async fn an_error_is_refused_once_a_response_streams() {
    let mut turn = Turn::begin().await;
    let _taken = turn.take();
    turn.runtime
        .send(format!("{STREAM}\r\n5\r\nfirst\r\n"))
        .await;
    until(&turn.api, State::is_streamed).await;
    let mut other = Runtime::connect(turn.api.address()).await;
    let reply = other.fail("7a", "{}").await;
    reply.is_refused(403, "InvalidStateTransition");
    turn.runtime
        .call("0\r\n\r\n")
        .await
        .is(202, "{\"status\":\"OK\"}");
    assert_eq!(succeeded(&turn.api), "");
}

#[tokio::test]
async fn a_stream_ends_at_200_mib() {
    const CHUNK: usize = 1 << 20;
    for over in [0, 1] {
        let mut turn = Turn::begin().await;
        let mut pieces = std::mem::replace(&mut turn.pieces, stream().1);
        let count = std::thread::spawn(move || {
            let mut count = 0;
            while let Some(Piece::Body(bytes)) = pieces.blocking_next() {
                count += bytes.len();
            }
            count
        });
        turn.runtime.send(format!("{STREAM}\r\n")).await;
        let chunk = [b"100000\r\n", &[b'x'; CHUNK][..], b"\r\n"].concat();
        for _ in 0..STREAM_LIMIT_BYTES / CHUNK {
            turn.runtime.send(&chunk).await;
        }
        if over == 1 {
            turn.runtime.send("1\r\nx\r\n").await;
        }
        let reply = turn.runtime.call("0\r\n\r\n").await;
        if over == 1 {
            reply.is_refused(413, "RequestEntityTooLarge");
            let error = failed(&turn.api);
            assert!(
                error.contains("Function.ResponseSizeTooLarge") && error.contains("209715200"),
                "{error}"
            );
        } else {
            reply.is(202, "{\"status\":\"OK\"}");
            assert_eq!(succeeded(&turn.api), "");
        }
        drop(turn);
        let count = tokio::task::spawn_blocking(|| count.join()).await;
        let count = count.expect("a thread").expect("a count");
        assert_eq!(count, STREAM_LIMIT_BYTES, "{over}");
    }
}
