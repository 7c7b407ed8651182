//! A runtime, played by hand: literal bytes over a socket.

use super::super::runtime_by_hand::{Runtime, bind, failed, offer, running, succeeded, until};
use super::super::state::State;
use super::super::{Event, PAYLOAD_LIMIT_BYTES};

#[tokio::test]
async fn unknown_paths_are_404_and_wrong_methods_405() {
    let api = bind(&[]).await;
    let mut runtime = Runtime::connect(api.address()).await;
    runtime
        .call("GET /2018-06-01/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .is(200, "pong");
    for path in [
        "/",
        "/2018-06-01/runtime/nothing",
        "/2018-06-01/runtime/restore/next",
    ] {
        let reply = runtime
            .call(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
            .await;
        assert_eq!(reply.status, 404, "{path}");
    }
    let reply = runtime.post("invocation/next", "", "").await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("GET")));
    let path = "/2018-06-01/runtime/invocation/7a/response";
    let reply = runtime
        .call(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"))
        .await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn an_event_arrives_with_all_its_headers() {
    let api = bind(&[]).await;
    let mut runtime = Runtime::connect(api.address()).await;
    let reply = offer(
        &api,
        &mut runtime,
        "7a",
        Event {
            body: " {\"n\": 1}\n".into(),
            content_type: None,
            client_context: Some("{\"custom\":{\"a\":\"b\"}}".into()),
            identity: Some("{\"cognitoIdentityId\":\"i\"}".into()),
            tenant_id: Some("t1".into()),
        },
    )
    .await;
    reply.is(200, " {\"n\": 1}\n");
    for (name, value) in [
        ("Content-Type", "application/json"),
        ("Lambda-Runtime-Aws-Request-Id", "7a"),
        ("Lambda-Runtime-Aws-Tenant-Id", "t1"),
        (
            "Lambda-Runtime-Client-Context",
            "{\"custom\":{\"a\":\"b\"}}",
        ),
        (
            "Lambda-Runtime-Cognito-Identity",
            "{\"cognitoIdentityId\":\"i\"}",
        ),
        (
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:us-east-1:123456789012:function:orders",
        ),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    let now = std::time::SystemTime::UNIX_EPOCH
        .elapsed()
        .expect("a clock")
        .as_millis();
    let deadline = reply
        .header("Lambda-Runtime-Deadline-Ms")
        .expect("a deadline");
    let left = deadline
        .parse::<u128>()
        .expect("a number")
        .saturating_sub(now);
    assert!((1..=3000).contains(&left), "{left}");
    assert!(
        reply
            .header("Lambda-Runtime-Trace-Id")
            .expect("a trace")
            .starts_with("Root=1-")
    );
    assert_eq!(
        reply
            .header("Lambda-Runtime-Invocation-Id")
            .expect("an attempt")
            .len(),
        36
    );
}

#[tokio::test]
async fn what_the_caller_did_not_send_has_no_header() {
    let (_api, _runtime, reply) = running("7a").await;
    for name in ["Aws-Tenant-Id", "Client-Context", "Cognito-Identity"] {
        assert_eq!(
            reply.header(&format!("Lambda-Runtime-{name}")),
            None,
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_open_event_is_given_again_at_once() {
    let (_api, mut runtime, first) = running("7a").await;
    let second = runtime.next().await;
    assert_eq!(first.body, second.body);
    let id = "lambda-runtime-aws-request-id";
    assert_eq!((second.status, second.header(id)), (200, first.header(id)));
}

#[tokio::test]
async fn an_unknown_id_is_refused_and_the_open_one_taken() {
    let (api, mut runtime, _) = running("7a").await;
    runtime
        .respond("nobody", "1")
        .await
        .is_refused(400, "InvalidRequestID");
    assert!(!api.is(State::has_outcome));
    runtime
        .respond("7a", "{\"ok\":true}")
        .await
        .is(202, "{\"status\":\"OK\"}");
    assert_eq!(succeeded(&api), "{\"ok\":true}");
}

#[tokio::test]
async fn an_invocation_is_answered_once() {
    for first in ["response", "error"] {
        let (api, mut runtime, _) = running("7a").await;
        runtime
            .post(&format!("invocation/7a/{first}"), "", "1")
            .await
            .is(202, "{\"status\":\"OK\"}");
        runtime
            .respond("7a", "2")
            .await
            .is_refused(403, "InvalidStateTransition");
        runtime
            .fail("7a", "3")
            .await
            .is_refused(403, "InvalidStateTransition");
        let outcome = api.take_outcome().expect("an outcome");
        assert_eq!(outcome.unwrap_or_else(|failure| failure.body), "1");
        offer(&api, &mut runtime, "8b", Event::default())
            .await
            .is(200, "");
        runtime
            .respond("7a", "4")
            .await
            .is_refused(400, "InvalidRequestID");
    }
}

#[tokio::test]
async fn a_response_may_have_6_291_556_bytes_and_not_one_more() {
    let (api, mut runtime, _) = running("7a").await;
    let most = "x".repeat(PAYLOAD_LIMIT_BYTES);
    runtime
        .respond("7a", &most)
        .await
        .is(202, "{\"status\":\"OK\"}");
    assert_eq!(succeeded(&api).len(), 6_291_556);

    offer(&api, &mut runtime, "8b", Event::default())
        .await
        .is(200, "");
    let reply = runtime.respond("8b", &(most + "x")).await;
    reply.is_refused(413, "RequestEntityTooLarge");
    assert_eq!(reply.header("connection"), Some("close"));
    assert_eq!(
        failed(&api),
        r#"{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size (6291557 bytes) exceeded maximum allowed payload size (6291556 bytes)."}"#
    );
    let mut runtime = Runtime::connect(api.address()).await;
    offer(&api, &mut runtime, "9c", Event::default())
        .await
        .is(200, "");
}

#[tokio::test]
async fn any_response_mode_but_streaming_loses_the_runtime() {
    let (api, mut runtime, _) = running("7a").await;
    let mode = "Lambda-Runtime-Function-Response-Mode: buffered\r\n";
    let reply = runtime.post("invocation/7a/response", mode, "{}").await;
    reply.is_refused(400, "InvalidFunctionResponseMode");
    assert!(failed(&api).contains("\"Runtime.InvalidResponseModeHeader\""));
    runtime
        .next()
        .await
        .is_refused(403, "InvalidStateTransition");
}

#[tokio::test]
async fn a_response_that_breaks_off_loses_the_runtime() {
    let (api, mut runtime, _) = running("7a").await;
    runtime
        .send("POST /2018-06-01/runtime/invocation/7a/response HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n0123456789")
        .await;
    drop(runtime);
    until(&api, State::has_outcome).await;
    assert!(failed(&api).contains("\"Runtime.TruncatedResponse\""));
    Runtime::connect(api.address())
        .await
        .next()
        .await
        .is_refused(403, "InvalidStateTransition");
}

#[tokio::test]
async fn an_init_error_is_taken_before_the_first_event_only() {
    let api = bind(&[]).await;
    let mut runtime = Runtime::connect(api.address()).await;
    let error = r#"{"errorType":"Runtime.ImportModuleError"}"#;
    let header = "Lambda-Runtime-Function-Error-Type: Runtime.ImportModuleError\r\n";
    runtime
        .post("init/error", header, error)
        .await
        .is(202, "{\"status\":\"OK\"}");
    assert_eq!(failed(&api), error);
    runtime
        .next()
        .await
        .is_refused(403, "InvalidStateTransition");

    let (_api, mut runtime, _) = running("7a").await;
    runtime
        .post("init/error", "", error)
        .await
        .is_refused(403, "InvalidStateTransition");
}

#[tokio::test]
async fn the_attempt_s_id_is_checked_where_it_is_echoed() {
    let (api, mut runtime, reply) = running("7a").await;
    let attempt = reply
        .header("lambda-runtime-invocation-id")
        .expect("an id")
        .to_owned();
    let path = "invocation/7a/response";
    let other = runtime
        .post(path, "Lambda-Runtime-Invocation-Id: other\r\n", "1")
        .await;
    other.is_refused(410, "InvokeTimeout");
    assert!(!api.is(State::has_outcome));
    let echo = format!("Lambda-Runtime-Invocation-Id: {attempt}\r\n");
    runtime
        .post(path, &echo, "1")
        .await
        .is(202, "{\"status\":\"OK\"}");

    offer(&api, &mut runtime, "8b", Event::default())
        .await
        .is(200, "");
    let empty = runtime
        .post(
            "invocation/8b/response",
            "Lambda-Runtime-Invocation-Id: \r\n",
            "1",
        )
        .await;
    empty.is(202, "{\"status\":\"OK\"}");
}

#[tokio::test]
async fn a_runtime_waits_in_next_until_there_is_an_event() {
    let (api, mut runtime, _) = running("7a").await;
    runtime
        .respond("7a", "1")
        .await
        .is(202, "{\"status\":\"OK\"}");
    assert!(!api.is(State::is_ready), "ready before it asked");
    offer(
        &api,
        &mut runtime,
        "8b",
        Event {
            body: "2".into(),
            ..Event::default()
        },
    )
    .await
    .is(200, "2");
}

#[tokio::test]
async fn the_end_of_a_process_is_seen_in_its_connections() {
    let (api, runtime, _) = running("7a").await;
    assert!(!api.is(State::is_disconnected));
    drop(runtime);
    api.drained().await;
    assert!(api.is(State::is_disconnected));
}
