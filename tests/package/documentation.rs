//! docs/package.md: its commands do what it says, and its list of defaults is the tool's.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::support::{Block, Folder, project};

fn blocks(language: &str) -> Vec<Block> {
    let mut blocks = Block::all(language);
    blocks.retain(|block| block.place.starts_with("docs/package.md:"));
    assert!(
        !blocks.is_empty(),
        "docs/package.md has no block of {language:?}"
    );
    blocks
}

#[test]
fn every_command_of_the_page_succeeds_and_prints_what_it_says() {
    let samples = project().join("sample-functions");
    for block in blocks("sh") {
        let folder = Folder::new();
        // The folders that the page speaks of.
        folder.copy_from_into(&samples.join("hello"), "hello");
        folder.copy_from_into(&samples.join("rocks/slug"), "slug");
        folder.file("hello/README.md", "");
        folder.file("hello/rates.json", "{}");
        let script = format!(
            "moonlayer() {{ {} \"$@\"; }}\nset -e\ncd \"$0\"\n{}",
            env!("CARGO_BIN_EXE_moonlayer"),
            block.code
        );
        let output = Command::new("bash")
            .arg("-c")
            .arg(script)
            .arg(folder.path())
            .output();
        let output = output.expect("bash is everywhere");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", block.place);
        let Some((_, expected)) = block.after.split_once("prints `") else {
            continue;
        };
        let (expected, _) = expected.split_once('`').expect("a closing mark");
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(
            printed.lines().any(|line| line == expected),
            "{}: {printed}",
            block.place
        );
    }
}

#[test]
fn the_page_has_the_defaults_word_for_word() {
    let defaults = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/package/defaults.txt");
    let defaults = fs::read_to_string(defaults).expect("the tool's defaults");
    let shown = blocks("gitignore");
    assert_eq!(shown[0].code, defaults, "{}", shown[0].place);
}
