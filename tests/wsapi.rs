//! WSAPI applications: `MOONLAYER_MODE=web`.

mod support;

#[path = "wsapi/answers.rs"]
mod answers;
#[path = "wsapi/environment.rs"]
mod environment;
#[path = "wsapi/errors.rs"]
mod errors;
#[path = "wsapi/front.rs"]
mod front;
#[path = "wsapi/helpers.rs"]
mod helpers;
#[path = "wsapi/loading.rs"]
mod loading;
#[path = "wsapi/streams.rs"]
mod streams;

use serde_json::Value;

use front::{FRONTS, Front, Reply, Request};
use support::{Event, Function};

/// An application with this body; the environment is `env`.
fn app(body: &str) -> Function {
    let source = format!("local function app(env)\n{body}\nend\nreturn app");
    Function::new("app.lua", source)
        .handler("app")
        .env("MOONLAYER_MODE", "web")
}

/// What a client gets through this front end.
#[track_caller]
fn reply(function: Function, front: Front, request: &Request) -> Reply {
    front.reply(&answer(function, &front.event(request)))
}

/// The response to an event.
#[track_caller]
fn answer(function: Function, event: &Value) -> Value {
    let run = function.invoke(Event::json(event.to_string())).run();
    let post = run.post();
    assert!(post.path.ends_with("/response"), "{}", run.transcript());
    post.json()
}

/// The error of a failed invocation.
#[track_caller]
fn failure(function: Function, request: &Request) -> Value {
    let event = Front::Url.event(request);
    let run = function.invoke(Event::json(event.to_string())).run();
    let post = run.post();
    assert!(post.path.ends_with("/error"), "{}", run.transcript());
    post.json()
}
