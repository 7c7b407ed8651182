//! Snapshots, and many events in one process, by hand.

use super::super::Event;
use super::super::runtime_by_hand::{Runtime, bind, failed, invocation, running, succeeded, until};
use super::super::state::State;
use super::super::stream::stream;

const RESTORE: &str = "/2018-06-01/runtime/restore/next";
const ASK: &str = "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n";
const SNAP_START: &[(&str, &str)] = &[("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")];
const THREE: &[(&str, &str)] = &[("AWS_LAMBDA_MAX_CONCURRENCY", "3")];

#[tokio::test]
async fn a_runtime_is_restored_once_and_before_its_first_event() {
    let api = bind(SNAP_START).await;
    let mut runtime = Runtime::connect(api.address()).await;
    let early = runtime.post("restore/error", "", "{}").await;
    early.is_refused(403, "InvalidStateTransition");
    runtime.get(RESTORE, "").await.is(200, "");
    assert!(api.is(State::is_restoring) && !api.is(State::is_ready));
    let again = runtime.get(RESTORE, "").await;
    again.is_refused(403, "InvalidStateTransition");
    runtime.send(ASK).await;
    until(&api, State::is_ready).await;
    let mut other = Runtime::connect(api.address()).await;
    let late = other.get(RESTORE, "").await;
    late.is_refused(403, "InvalidStateTransition");
    let late = other.post("restore/error", "", "{}").await;
    late.is_refused(403, "InvalidStateTransition");
}

#[tokio::test]
async fn an_error_after_the_restore_is_taken_at_either_path() {
    for path in ["restore/error", "init/error"] {
        let api = bind(SNAP_START).await;
        let mut runtime = Runtime::connect(api.address()).await;
        runtime.get(RESTORE, "").await.is(200, "");
        let error = r#"{"errorType":"Runtime.AfterRestoreError"}"#;
        let reply = runtime.post(path, "", error).await;
        reply.is(202, "{\"status\":\"OK\"}");
        assert_eq!(failed(&api), error, "{path}");
        let next = runtime.next().await;
        next.is_refused(403, "InvalidStateTransition");
    }
}

#[tokio::test]
async fn a_runtime_need_not_ask_to_be_restored() {
    let api = bind(SNAP_START).await;
    let mut runtime = Runtime::connect(api.address()).await;
    runtime.send(ASK).await;
    until(&api, State::is_ready).await;
}

#[tokio::test]
async fn there_is_no_restore_without_snapshots() {
    for variables in [
        &[][..],
        &[("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")],
        THREE,
    ] {
        let api = bind(variables).await;
        let mut runtime = Runtime::connect(api.address()).await;
        runtime.get(RESTORE, "").await.is_refused(404, "NotFound");
        let reply = runtime.post("restore/error", "", "{}").await;
        reply.is_refused(404, "NotFound");
    }
}

#[tokio::test]
async fn an_event_is_for_one_of_many_that_ask() {
    let api = bind(THREE).await;
    let mut busy = Runtime::connect(api.address()).await;
    busy.send(ASK).await;
    until(&api, State::is_ready).await;
    api.offer(invocation("7a", Event::default(), stream().0));
    let reply = busy.reply().await;
    assert_eq!(reply.header("lambda-runtime-aws-request-id"), Some("7a"));
    assert_eq!(reply.header("lambda-runtime-client-context"), Some(""));
    assert_eq!(reply.header("lambda-runtime-cognito-identity"), Some(""));
    assert_eq!(reply.header("lambda-runtime-aws-tenant-id"), None);

    // The others ask while it is busy, and after its answer; that does not end the invocation.
    let mut idle = Runtime::connect(api.address()).await;
    idle.send(ASK).await;
    busy.respond("7a", "1").await.is(202, "{\"status\":\"OK\"}");
    let mut late = Runtime::connect(api.address()).await;
    late.send(format!("GET {RESTORE} HTTP/1.1\r\nHost: x\r\n\r\n{ASK}"))
        .await;
    assert_eq!(late.reply().await.status, 404);
    assert!(!api.is(State::is_ready));
    assert_eq!(succeeded(&api), "1");
    busy.send(ASK).await;
    until(&api, State::is_ready).await;

    api.offer(invocation("8b", Event::default(), stream().0));
    until(&api, State::is_running).await;
    drop(api);
    let mut events = 0;
    for runtime in [busy, idle, late] {
        events += runtime.rest().await.matches("200 OK").count();
    }
    assert_eq!(events, 1);
}

#[tokio::test]
async fn an_invocation_whose_connection_has_gone_ends_with_the_next_call() {
    let api = bind(THREE).await;
    let mut busy = Runtime::connect(api.address()).await;
    busy.send(ASK).await;
    until(&api, State::is_ready).await;
    api.offer(invocation("7a", Event::default(), stream().0));
    assert_eq!(busy.reply().await.status, 200);
    busy.respond("7a", "1").await.is(202, "{\"status\":\"OK\"}");
    drop(busy);
    api.drained().await;
    let mut other = Runtime::connect(api.address()).await;
    other.send(ASK).await;
    until(&api, State::is_ready).await;
}

#[tokio::test]
async fn one_of_many_that_breaks_an_answer_off_is_not_the_end_of_the_others() {
    let api = bind(THREE).await;
    let mut busy = Runtime::connect(api.address()).await;
    busy.send(ASK).await;
    until(&api, State::is_ready).await;
    api.offer(invocation("7a", Event::default(), stream().0));
    assert_eq!(busy.reply().await.status, 200);
    let mode = "Lambda-Runtime-Function-Response-Mode: buffered\r\n";
    let reply = busy.post("invocation/7a/response", mode, "{}").await;
    reply.is_refused(400, "InvalidFunctionResponseMode");
    assert!(failed(&api).contains("\"Runtime.InvalidResponseModeHeader\""));
    busy.send(ASK).await;
    until(&api, State::is_ready).await;
}

#[tokio::test]
async fn the_deadline_is_the_timeout_s_end() {
    let now = || {
        let now = std::time::SystemTime::now();
        let now = now.duration_since(std::time::UNIX_EPOCH);
        now.expect("after 1970").as_millis()
    };
    let before = now();
    let (_api, _runtime, reply) = running("7a").await;
    let deadline = reply.header("lambda-runtime-deadline-ms").expect("one");
    let deadline: u128 = deadline.parse().expect("milliseconds");
    assert!((before + 3000..=now() + 3000).contains(&deadline));
}
