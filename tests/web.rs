//! `lambda.web`: requests of four front ends in one form, and the answers that each of them takes.

#[path = "web/answers.rs"]
mod answers;
#[path = "web/bodies.rs"]
mod bodies;
#[path = "web/cookies.rs"]
mod cookies;
#[path = "web/errors.rs"]
mod errors;
#[path = "web/forms.rs"]
mod forms;
#[path = "web/front_ends.rs"]
mod front_ends;
#[path = "web/multipart.rs"]
mod multipart;
#[path = "web/nonsense.rs"]
mod nonsense;
#[path = "web/paths.rs"]
mod paths;
#[path = "web/requests.rs"]
mod requests;
#[path = "web/streams.rs"]
mod streams;
#[path = "web/streams_begun.rs"]
mod streams_begun;
#[path = "web/support.rs"]
mod support;
