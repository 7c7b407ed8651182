//! What the tests of `lambda.http` share: servers by hand, and Lua code run by the stand-alone
//! interpreter.

#[path = "../support/mod.rs"]
mod harness;
#[path = "web.rs"]
mod web;

use std::{os::unix::process::CommandExt, process::Command, time::Duration};

pub use harness::{Event, Folder, Function, IS_LUAJIT, Process, bootstrap};
use serde_json::Value;
pub use web::{Asked, Then, Web, answer, send};

/// What the code returns, as JSON; `http` is the module.
#[track_caller]
pub fn lua(code: &str) -> Value {
    lua_with(&[], code)
}

/// The same with variables in the environment.
#[track_caller]
pub fn lua_with(env: &[(&str, &str)], code: &str) -> Value {
    let script = format!(
        "local http = require('lambda.http')\nlocal function main()\n{code}\nend\n\
         io.write(require('lambda.json').encode((main())))"
    );
    let mut command = Command::new(bootstrap());
    command.arg0("lua").args(["-e", &script]).env_clear();
    command.envs(env.iter().copied());
    let process = Process::spawn(&mut command, || ());
    let (status, stdout, stderr, _) = process.wait(Duration::from_secs(60));
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{said}");
    serde_json::from_slice(&stdout).expect("JSON of our own")
}

/// The request without the headers that every request has.
pub fn own_headers(asked: &Asked) -> Vec<(String, String)> {
    let common = ["accept", "accept-encoding", "host", "user-agent"];
    let mut own = asked.headers.clone();
    own.retain(|(name, _)| !common.contains(&name.to_ascii_lowercase().as_str()));
    own.sort();
    own
}
