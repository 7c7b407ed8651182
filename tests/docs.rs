//! The code in README.md and docs/*.md does what the pages say.

mod support;

use std::{os::unix::fs::symlink, process::Command};

use support::{Block, Folder, Function, bootstrap, lua};

#[test]
fn every_lua_block_runs() {
    let mut failures = String::new();
    for block in Block::all("lua") {
        let folder = Folder::new();
        let script = folder.file("block.lua", &block.code);
        let output = lua([&script]);
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            failures.push_str(&format!("{}: {said}\n", block.place));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_lua_block_with_a_handler_setting_loads_as_that_handler() {
    // The first line reads `-- hello.lua, handler setting: hello.handler`.
    let mut count = 0;
    for block in Block::all("lua") {
        let first = block.code.lines().next().unwrap_or_default();
        let Some((file, setting)) = first
            .strip_prefix("-- ")
            .and_then(|comment| comment.split_once(", handler setting: "))
        else {
            continue;
        };
        // It asks for an event, so it loaded; anything else fails the run.
        let run = Function::new(file, &block.code).handler(setting).run();
        assert_eq!(run.requests().len(), 1, "{}", block.place);
        count += 1;
    }
    assert!(count > 0, "no block names its handler setting");
}

#[test]
fn every_shell_block_is_sound_and_those_for_lua_run() {
    let folder = Folder::new();
    symlink(bootstrap(), folder.path().join("lua")).expect("a new link");
    for block in Block::all("sh") {
        let place = &block.place;
        let bash = |options: &[&str]| {
            let mut command = Command::new("bash");
            command.args(options).args(["-c", &block.code]);
            command.env_clear().current_dir(folder.path());
            command.env("PATH", format!("{}:/usr/bin:/bin", folder.path().display()));
            command.output().expect("bash is everywhere")
        };
        let parsed = bash(&["-n"]);
        let said = String::from_utf8_lossy(&parsed.stderr);
        assert!(parsed.status.success(), "{place}: {said}");
        if block.code.starts_with("lua ") {
            let ran = bash(&["-e"]);
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(ran.status.success(), "{place}: {said}");
        }
    }
}
