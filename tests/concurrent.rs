//! Many events in one process, as Lambda Managed Instances send them.

mod support;

#[path = "concurrent/failures.rs"]
mod failures;
#[path = "concurrent/init.rs"]
mod init;
#[path = "concurrent/logs.rs"]
mod logs;
#[path = "concurrent/states.rs"]
mod states;
#[path = "concurrent/stress.rs"]
mod stress;

use std::{collections::BTreeMap, process::Command};

use serde_json::{Value, json};

use support::{Event, Function, Run};

/// A function that serves `loops` events at once; its handler calls `meet(event)` to wait until all
/// events of a [`meeting`] are in a handler. `body` is the rest of the handler, `count` its calls.
fn meeting_function(loops: usize, body: &str) -> Function {
    let source = format!(
        r#"
local count = 0
local random = math.random(1000000000)

local function open(name, role, mode)
  return assert(io.open(name .. "-" .. role, mode))
end

local function meet(event)
  if event.role == 1 then
    local pipes = {{}}
    for role = 2, event.of do
      pipes[role] = open("meet", role, "w")
    end
    for role = 2, event.of do
      pipes[role]:close()
    end
    for role = 2, event.of do
      local left = open("left", role, "r")
      left:read("a")
      left:close()
    end
  else
    local pipe = open("meet", event.role, "r")
    pipe:read("a")
    pipe:close()
    open("left", event.role, "w"):close()
  end
end

return {{
  handler = function(event, context)
    count = count + 1
    {body}
  end,
}}
"#
    );
    let function = Function::new("main.lua", source).concurrency(loops);
    for pipe in (2..=loops).flat_map(|role| [format!("meet-{role}"), format!("left-{role}")]) {
        let made = Command::new("mkfifo")
            .arg(function.root().path().join(pipe))
            .status();
        assert!(made.expect("mkfifo is everywhere").success());
    }
    function
}

/// The events of one meeting: `of` of them, which `meet` keeps until all have come.
fn meeting(of: usize) -> impl Iterator<Item = Event> {
    (1..=of).map(move |role| Event::json(json!({ "role": role, "of": of }).to_string()))
}

/// Adds events to a script.
fn invoked(function: Function, events: impl Iterator<Item = Event>) -> Function {
    events.fold(function, Function::invoke)
}

/// The bodies of responses and errors by request id.
fn answers(run: &Run) -> BTreeMap<String, Value> {
    let posts = run.posts();
    let id = |path: &str| path.split('/').nth(4).expect("an id").to_owned();
    let answers: BTreeMap<_, _> = posts
        .iter()
        .map(|post| (id(&post.path), post.json()))
        .collect();
    assert_eq!(answers.len(), posts.len(), "{}", run.transcript());
    answers
}

/// The records on stdout; panics at a line that is no JSON object.
#[track_caller]
fn records(run: &Run) -> Vec<Value> {
    let parse = |line: &str| match serde_json::from_str(line) {
        Ok(record @ Value::Object(_)) => record,
        _ => panic!("no record: {line:?}\n{}", run.transcript()),
    };
    run.stdout().lines().map(parse).collect()
}
