//! The commands in the user's page do what the page says.

use std::path::Path;
use std::process::{Command, Stdio};

#[test]
fn every_command_of_the_page_prints_what_stands_below_it() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let page = std::fs::read_to_string(repository.join("docs/invoke.md")).expect("the page");
    let tool = Path::new(env!("CARGO_BIN_EXE_moonlayer"))
        .parent()
        .expect("a folder");
    let path = format!(
        "{}:{}",
        tool.display(),
        std::env::var("PATH").expect("a PATH")
    );

    let mut commands = 0;
    for block in page.split("```console\n").skip(1) {
        let (block, _) = block.split_once("```").expect("an end");
        let block = format!("\n{block}");
        for example in block.split("\n$ ").skip(1) {
            let (command, expected) = example.split_once('\n').expect("a line");
            let output = Command::new("sh")
                .args(["-c", command])
                .current_dir(&repository)
                .env("PATH", &path)
                .stdin(Stdio::null())
                .output()
                .expect("a shell");
            let stdout = String::from_utf8(output.stdout).expect("text");
            assert_eq!(stdout.trim_end(), expected.trim_end(), "{command}");
            commands += 1;
        }
    }
    assert_eq!(commands, 4);
}
