//! The commands for `moonlayer invoke` in README.md and docs/*.md print what the pages say.

#[path = "support/docs.rs"]
#[allow(dead_code)] // The places of blocks of Lua are of no use here.
mod docs;
#[path = "support/tools.rs"]
#[allow(dead_code)] // The tools of the set-up are of no use here.
mod tools;

use std::process::Command;

use docs::Block;
use tools::project;

#[test]
fn every_invoke_command_prints_what_the_page_says() {
    let mut count = 0;
    for block in Block::all("sh") {
        let place = &block.place;
        let command = block
            .code
            .replace("cargo run --release -- invoke", "moonlayer invoke");
        if !command.starts_with("moonlayer invoke hello.") {
            continue;
        }
        // A page that names no root means the folder that the reader has made of `hello.lua`.
        let folder = match command.contains("--root") {
            true => project(),
            false => project().join("sample-functions/hello"),
        };
        let script = format!(
            "moonlayer() {{ {} \"$@\"; }}\n{command}",
            env!("CARGO_BIN_EXE_moonlayer")
        );
        let output = Command::new("bash")
            .args(["-ec", &script])
            .current_dir(folder)
            .output();
        let output = output.expect("bash is everywhere");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{place}: {said}");
        // The text goes on: which prints `{"message":"Hello Ada"}`.
        let printed = block
            .after
            .split_once("prints `")
            .and_then(|(_, rest)| rest.split_once('`'));
        if let Some((expected, _)) = printed {
            let stdout = String::from_utf8_lossy(&output.stdout);
            assert_eq!(stdout.trim_end(), expected, "{place}");
        }
        count += 1;
    }
    assert!(count > 0, "no page shows the command");
}
