//! `moonlayer invoke`, the program, on functions written for the purpose: what it prints where,
//! and with which exit status.

#[path = "invoke/bad_input.rs"]
mod bad_input;
#[path = "invoke/bootstrap.rs"]
mod bootstrap;
#[path = "invoke/documentation.rs"]
mod documentation;
#[path = "invoke/environment.rs"]
mod environment;
#[path = "invoke/events.rs"]
mod events;
#[path = "invoke/failures.rs"]
mod failures;
#[path = "invoke/limits.rs"]
mod limits;
#[path = "invoke/modes.rs"]
mod modes;
#[path = "invoke/output.rs"]
mod output;
#[path = "invoke/streaming.rs"]
mod streaming;
#[path = "invoke/support.rs"]
mod support;
