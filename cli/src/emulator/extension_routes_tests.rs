//! An internal extension, played by hand beside its runtime.

use serde_json::Value;

use super::super::Event;
use super::super::runtime_api::RuntimeApi;
use super::super::runtime_by_hand::{Reply, Runtime, bind, invocation, running, until};
use super::super::state::State;
use super::super::stream::stream;

const NEXT: &str = "/2020-01-01/extension/event/next";

async fn register(api: &RuntimeApi, name: &str, body: &str) -> (Runtime, Reply) {
    let mut extension = Runtime::connect(api.address()).await;
    let length = body.len();
    let reply = extension
        .call(format!(
            "POST /2020-01-01/extension/register HTTP/1.1\r\nHost: x\r\nLambda-Extension-Name: {name}\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await;
    (extension, reply)
}

/// The header that an extension with this reply to its registration says who it is by.
fn identity(reply: &Reply) -> String {
    let id = reply.header("lambda-extension-identifier").expect("an id");
    assert_eq!(id.len(), 36);
    format!("Lambda-Extension-Identifier: {id}\r\n")
}

#[tokio::test]
async fn an_extension_registers_and_is_waited_for_but_not_released() {
    let api = bind(&[]).await;
    let (mut extension, reply) = register(&api, "x", "{\"events\":[]}").await;
    reply.is(
        200,
        r#"{"functionName":"orders","functionVersion":"$LATEST","handler":"app.handler"}"#,
    );
    let id = identity(&reply);
    assert!(api.is(|state| !state.extensions.is_empty()));

    let mut runtime = Runtime::connect(api.address()).await;
    runtime
        .send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
        .await;
    until(&api, State::runtime_is_ready).await;
    assert!(!api.is(State::is_ready) && api.ready_at().is_none());
    extension
        .send(format!("GET {NEXT} HTTP/1.1\r\nHost: x\r\n{id}\r\n"))
        .await;
    until(&api, State::is_ready).await;
    assert!(api.ready_at().is_some());

    api.offer(invocation("7a", Event::default(), stream().0));
    assert_eq!(runtime.reply().await.status, 200);
    runtime
        .respond("7a", "1")
        .await
        .is(202, "{\"status\":\"OK\"}");
    // It asked once and is still in that call: another is refused, as it would not be after one.
    let mut other = Runtime::connect(api.address()).await;
    let refused = other.get(NEXT, &id).await;
    refused.is_refused(403, "Extension.InvalidExtensionState");
    assert!(
        refused
            .body
            .contains("State transition from Ready to Ready failed")
    );
}

#[tokio::test]
async fn an_extension_may_hear_of_invocations_which_it_then_belongs_to() {
    let api = bind(&[]).await;
    let (mut extension, reply) = register(&api, "x", "{\"events\":[\"INVOKE\"]}").await;
    let id = identity(&reply);
    let mut runtime = Runtime::connect(api.address()).await;
    let (event, reply, ()) = tokio::join!(extension.get(NEXT, &id), runtime.next(), async {
        until(&api, State::is_ready).await;
        api.offer(invocation("7a", Event::default(), stream().0));
    });
    let told: Value = serde_json::from_str(&event.body).expect("JSON");
    assert_eq!(told["eventType"], "INVOKE");
    assert_eq!(told["requestId"], "7a");
    assert_eq!(
        Some(told["deadlineMs"].to_string().as_str()),
        reply.header("lambda-runtime-deadline-ms")
    );
    assert_eq!(
        told["tracing"]["value"].as_str(),
        reply.header("lambda-runtime-trace-id")
    );
    assert_eq!(
        event
            .header("lambda-extension-event-identifier")
            .map(str::len),
        Some(36)
    );

    runtime
        .respond("7a", "1")
        .await
        .is(202, "{\"status\":\"OK\"}");
    runtime
        .send("GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: x\r\n\r\n")
        .await;
    until(&api, State::runtime_is_ready).await;
    assert!(!api.is(State::is_ready));
    extension
        .send(format!("GET {NEXT} HTTP/1.1\r\nHost: x\r\n{id}\r\n"))
        .await;
    until(&api, State::is_ready).await;
}

#[tokio::test]
async fn a_registration_that_cannot_be_is_refused_in_the_service_s_words() {
    let api = bind(&[]).await;
    for (name, body, error_type, message) in [
        (
            "",
            "{\"events\":[]}",
            "Extension.InvalidExtensionName",
            "Empty extension name",
        ),
        ("x", "{", "InvalidRequestFormat", "EOF"),
        (
            "x",
            "{\"events\":[\"SHUTDOWN\"]}",
            "Extension.InvalidEventType",
            "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension",
        ),
        (
            "x",
            "{\"events\":[\"INVOKE\",\"FOO\"]}",
            "Extension.InvalidEventType",
            "FOO: ErrorInvalidEventType",
        ),
    ] {
        let (_, reply) = register(&api, name, body).await;
        reply.is_refused(403, error_type);
        assert!(reply.body.contains(message), "{reply:?}");
    }
    assert!(api.is(|state| state.extensions.is_empty()));
    for turn in 0..10 {
        let (_, reply) = register(&api, &format!("x{turn}"), "{}").await;
        assert_eq!(reply.status, 200);
        let (_, reply) = register(&api, &format!("x{turn}"), "{}").await;
        let error = match turn {
            9 => "Extension.TooManyExtensions",
            _ => "Extension.InvalidExtensionState",
        };
        reply.is_refused(403, error);
    }
}

#[tokio::test]
async fn nothing_registers_once_the_runtime_is_loaded() {
    let (api, _runtime, _) = running("7a").await;
    let (_, reply) = register(&api, "x", "{\"events\":[]}").await;
    reply.is_refused(403, "Extension.RegistrationClosed");

    let api = bind(&[("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")]).await;
    let mut runtime = Runtime::connect(api.address()).await;
    let restored = runtime.get("/2018-06-01/runtime/restore/next", "").await;
    restored.is(200, "");
    let (_, reply) = register(&api, "x", "{\"events\":[]}").await;
    reply.is_refused(403, "Extension.RegistrationClosed");
}

#[tokio::test]
async fn an_unknown_extension_has_no_events() {
    let api = bind(&[]).await;
    let mut runtime = Runtime::connect(api.address()).await;
    for (header, error_type) in [
        ("", "Extension.MissingExtensionIdentifier"),
        (
            "Lambda-Extension-Identifier: me\r\n",
            "Extension.InvalidExtensionIdentifier",
        ),
        (
            "Lambda-Extension-Identifier: 0a0a0a0a-0b0b-4c0c-8d0d-0e0e0e0e0e0e\r\n",
            "Extension.UnknownExtensionIdentifier",
        ),
    ] {
        runtime.get(NEXT, header).await.is_refused(403, error_type);
    }
    let reply = runtime.get("/2020-01-01/extension/register", "").await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("POST")));
    let reply = runtime.get("/2020-01-01/extension/other", "").await;
    reply.is_refused(404, "NotFound");
}
