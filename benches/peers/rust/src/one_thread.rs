//! The same functions on tokio's single-threaded runtime, which starts no worker threads.

mod handler;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    handler::run().await
}
