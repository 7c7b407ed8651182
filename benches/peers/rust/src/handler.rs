//! The two functions, chosen by `_HANDLER` as in every other peer.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

/// Serves `hello.handler` or `echo.handler` until the Runtime API goes away.
pub async fn run() -> Result<(), Error> {
    match std::env::var("_HANDLER")?.as_str() {
        "hello.handler" => lambda_runtime::run(service_fn(hello)).await,
        "echo.handler" => lambda_runtime::run(service_fn(echo)).await,
        other => {
            Err(format!("unknown handler {other:?}; expected hello.handler or echo.handler").into())
        }
    }
}

async fn hello(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let name = event.payload["name"].as_str().unwrap_or_default();
    Ok(json!({ "message": format!("Hello {name}") }))
}

async fn echo(event: LambdaEvent<Value>) -> Result<Value, Error> {
    Ok(event.payload)
}
