//! The harness that every test of the runtime as a program uses.
//!
//! ```ignore
//! mod support;
//! use support::{Answer, Event, Function};
//!
//! let run = Function::new("main.lua", "return { handler = function(e) return e end }")
//!     .handler("main.handler")
//!     .invoke(Event::json(r#"{"a":1}"#).header("Lambda-Runtime-Invocation-Id", "abc"))
//!     .run();
//! assert_eq!(run.post().path, "/2018-06-01/runtime/invocation/request-1/response");
//! assert_eq!(run.post().text(), r#"{"a":1}"#);
//! ```
//!
//! [`Function`] writes a task root, starts the real binary with an environment of its own making
//! and serves the Runtime API to it from a script. Nothing here shares code with the runtime: a
//! wrong reading of the protocol in one is not repeated in the other. A call that the script does
//! not allow, a run that is longer than a minute, a process that ends or stays against the
//! script: each fails the test with the whole conversation.
// Each test is a program of its own and uses a part of this one.
#![allow(dead_code, unused_imports)]

mod answer;
mod docs;
mod emulator;
mod folder;
mod function;
mod http;
mod interpreter;
mod message;
mod process;
mod run;
mod runtime_api;
mod samples;
mod script;
mod tools;

pub use answer::{Answer, Event};
pub use docs::Block;
pub use emulator::{Emulator, program as emulator};
pub use folder::Folder;
pub use function::{Function, is_root};
pub use http::{Call, Reply, connect, send};
pub use interpreter::{IS_LUAJIT, LANGUAGE, ON_COLLECT, PROGRAM, VERSION};
pub use message::{Reader, Request, Unsized, Whole, find};
pub use process::{Process, bootstrap, free_address, lua};
pub use run::Run;
pub use samples::{Case, Sample, in_form_of};
pub use tools::{project, tool};
