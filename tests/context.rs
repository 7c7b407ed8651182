//! What the handler's second argument says.

mod support;

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;
use support::{Event, Function};

fn app(source: &str) -> Function {
    Function::new("app.lua", source).handler("app.handler")
}

#[test]
fn the_context_has_what_the_service_and_the_environment_say() {
    let source = "return { handler = function(_, c)\n\
        c.get_remaining_time_in_millis = nil\nreturn c end }";
    let run = app(source)
        .env("AWS_LAMBDA_FUNCTION_NAME", "orders")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/orders")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "2026/11/20/[$LATEST]a")
        .invoke(
            Event::json("{}")
                .id("8476a536-e9f4-11e8-9739-2dfe598c3fcd")
                .header("Lambda-Runtime-Deadline-Ms", "4102444800123")
                .header(
                    "Lambda-Runtime-Invoked-Function-Arn",
                    "arn:aws:lambda:eu-west-1:1:function:orders:live",
                )
                .header("Lambda-Runtime-Trace-Id", "Root=1-a;Sampled=0")
                .header("Lambda-Runtime-Aws-Tenant-Id", "t1")
                .header(
                    "Lambda-Runtime-Client-Context",
                    r#"{"custom":{"a":"b"},"w3c":{"traceparent":"00-1"}}"#,
                )
                .header(
                    "Lambda-Runtime-Cognito-Identity",
                    r#"{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}"#,
                ),
        )
        .run();
    assert_eq!(
        run.post().json(),
        json!({
            "aws_request_id": "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            "invoked_function_arn": "arn:aws:lambda:eu-west-1:1:function:orders:live",
            "function_name": "orders",
            "function_version": "$LATEST",
            "memory_limit_in_mb": 512,
            "log_group_name": "/aws/lambda/orders",
            "log_stream_name": "2026/11/20/[$LATEST]a",
            "deadline_ms": 4_102_444_800_123_i64,
            "trace_id": "Root=1-a;Sampled=0",
            "tenant_id": "t1",
            "cold_start": true,
            "client_context": {"custom": {"a": "b"}},
            "w3c": {"traceparent": "00-1"},
            "identity": {"cognito_identity_id": "i", "cognito_identity_pool_id": "p"}
        })
    );
}

#[test]
fn what_the_service_did_not_send_is_nil() {
    let source = "return { handler = function(_, c)\nlocal keys = {}\n\
        for k in pairs(c) do keys[#keys + 1] = k end\ntable.sort(keys)\nreturn keys end }";
    let event = || {
        [
            "Client-Context",
            "Cognito-Identity",
            "Aws-Tenant-Id",
            "Trace-Id",
        ]
        .iter()
        .fold(Event::json("{}"), |event, name| {
            event.header(&format!("Lambda-Runtime-{name}"), "")
        })
    };
    let names = [
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
    ];
    let function = names
        .iter()
        .fold(app(source), |run, name| run.without_env(name));
    let run = function.invoke(event()).run();
    assert_eq!(
        run.post().json(),
        json!([
            "aws_request_id",
            "cold_start",
            "deadline_ms",
            "get_remaining_time_in_millis",
            "invoked_function_arn"
        ])
    );
}

#[test]
fn only_the_first_invocation_is_a_cold_start() {
    let source = "return { handler = function(event, c) if event == 1 then error('x') end return c.cold_start end }";
    let run = app(source)
        .invoke(Event::json("1"))
        .invoke(Event::json("2"))
        .run();
    assert_eq!(run.posts()[1].text(), "false");
    let run = (0..3)
        .fold(app(source), |run, _| run.invoke(Event::json("0")))
        .run();
    let answers: Vec<&str> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(answers, ["true", "false", "false"]);
}

#[test]
fn the_remaining_time_is_an_integer_that_is_never_below_zero() {
    let source = "return { handler = function(_, c)\n\
        local a, b = c.get_remaining_time_in_millis(), c:get_remaining_time_in_millis()\n\
        return { a, b, math.type and math.type(a) or a % 1 == 0 and 'integer' } end }";
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis() as u64;
    let run = app(source)
        .invoke(Event::json("{}").header("Lambda-Runtime-Deadline-Ms", &(now + 60_000).to_string()))
        .invoke(Event::json("{}").header("Lambda-Runtime-Deadline-Ms", "600000"))
        .run();
    let ahead = run.posts()[0].json();
    for nth in 0..2 {
        let remaining = ahead[nth].as_u64().unwrap();
        assert!((1..=60_000).contains(&remaining), "{remaining}");
    }
    assert_eq!(ahead[2], "integer");
    assert_eq!(
        run.posts()[1].text(),
        r#"[0,0,"integer"]"#,
        "1970 is not refused"
    );
}

#[test]
fn a_bad_client_context_or_identity_fails_that_invocation_alone() {
    for (name, value) in [
        ("Client-Context", "eyJhIjoxfQ=="),
        ("Client-Context", "[1]"),
        ("Client-Context", "{"),
        ("Cognito-Identity", "nope"),
        ("Cognito-Identity", "[1]"),
    ] {
        let run = app("return { handler = function() return 1 end }")
            .invoke(Event::json("{}").header(&format!("Lambda-Runtime-{name}"), value))
            .invoke(Event::json("{}"))
            .run();
        let posts = run.posts();
        assert_eq!(
            posts[0].json()["errorType"],
            "Runtime.LambdaContextUnmarshalError",
            "{value}"
        );
        assert_eq!(posts[1].text(), "1");
    }
}

#[test]
fn a_null_client_context_or_identity_is_none() {
    let source = "return { handler = function(_, c) return { c.client_context == nil, c.identity == nil } end }";
    let run = app(source)
        .invoke(
            Event::json("{}")
                .header("Lambda-Runtime-Client-Context", "null")
                .header("Lambda-Runtime-Cognito-Identity", "null"),
        )
        .run();
    assert_eq!(run.post().text(), "[true,true]");
}
