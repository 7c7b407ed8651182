//! The runtime, and our reading of the protocol, before AWS's own emulator.
//!
//! First the runtime is played by hand, so that the emulator shows what the protocol is; then the
//! emulator runs the real bootstrap. Both follow the same cases.

mod support;

#[path = "rie/lifecycle.rs"]
mod lifecycle;
#[path = "rie/protocol.rs"]
mod protocol;
#[path = "rie/runtime.rs"]
mod runtime;
#[path = "rie/streaming.rs"]
mod streaming;

use std::path::Path;

/// The largest response, in bytes: 6 MiB and 100 bytes.
const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// The base64 of `{"custom":{"a":"b"}}`, as a caller sends a client context.
const CLIENT_CONTEXT: &str = "eyJjdXN0b20iOnsiYSI6ImIifX0=";

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of UTF-8")
}
