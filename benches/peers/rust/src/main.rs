//! Hello and echo on the `lambda_runtime` crate, as its documentation shows: tokio's default
//! runtime, the event as a `serde_json::Value`. No log subscriber is set: the fastest form.

mod handler;

#[tokio::main]
async fn main() -> Result<(), lambda_runtime::Error> {
    handler::run().await
}
