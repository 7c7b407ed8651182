//! Functions whose handler is an app of `web.router`, and what they answer.

use serde_json::{Value, json};

use super::support::{Event, Function};

/// A function whose handler is `app`, to which `body` adds routes; it begins on line 3.
pub fn app(body: &str) -> Function {
    let source = format!(
        "local web = require('lambda.web')\nlocal app = web.router()\n{body}\nreturn {{ handler = app }}"
    );
    Function::new("main.lua", source)
}

/// A request to a function URL, `GET /items/5`, with headers.
pub fn ask(line: &str, headers: &[(&str, &str)]) -> Event {
    let (method, path) = line.split_once(' ').expect("a method and a path");
    let headers: Value = headers.iter().copied().collect();
    let event = json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "", "headers": headers,
        "pathParameters": { "proxy": "of the front end" },
        "requestContext": {
            "domainName": "a.lambda-url.eu-west-1.on.aws",
            "http": { "method": method, "path": path, "sourceIp": "192.0.2.1" },
        },
    });
    Event::json(event.to_string())
}

/// The answers to these requests, in the form of a function URL.
#[track_caller]
pub fn answers(function: Function, events: impl IntoIterator<Item = Event>) -> Vec<Value> {
    let run = events.into_iter().fold(function, Function::invoke).run();
    run.posts().iter().map(|post| post.json()).collect()
}
