//! A local Lambda: starts the real bootstrap and serves it the Runtime API.
//!
//! A [`Function`] is what Lambda knows before anything runs; a [`Sandbox`] is one process of it,
//! which answers one [`Event`] after another. What is here neither reads arguments nor exits: the
//! commands do. Each sandbox has a Runtime API of its own on a loopback port, as in the service.

mod answer;
mod environment;
mod extension_routes;
mod extensions;
mod failure;
mod function;
mod init;
mod invocation;
mod logs;
mod prelude;
mod process;
mod refusal;
mod reply;
mod report;
mod routes;
mod runtime_api;
#[cfg(test)]
mod runtime_by_hand;
mod sandbox;
mod state;
mod stream;
mod streamed;
mod submission;
mod trailers;

pub use environment::check as check_variable;
pub use failure::Failure;
pub use function::Function;
pub use invocation::Event;
pub use logs::Logs;
pub use sandbox::Sandbox;
pub use stream::{Piece, Pieces, stream};

/// The largest event or response that the service carries, in bytes: 6 MiB and 100 bytes.
pub const PAYLOAD_LIMIT_BYTES: usize = 6_291_556;
