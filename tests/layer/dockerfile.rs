//! `Dockerfile.build`: what it copies is what the build reads.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::support::{project, tool};

/// The files and folders of the project that the build stage copies.
fn copied() -> BTreeSet<String> {
    let text = fs::read_to_string(project().join("Dockerfile.build")).expect("the file");
    let mut copied = BTreeSet::new();
    for line in text.lines() {
        let mut words = line.split_whitespace().peekable();
        if words.next() != Some("COPY") {
            continue;
        }
        // `--chmod=0755` and its like; `--from` copies from elsewhere.
        let mut elsewhere = false;
        while let Some(option) = words.next_if(|word| word.starts_with("--")) {
            elsewhere |= option.starts_with("--from=");
        }
        let mut sources: Vec<_> = words.map(str::to_owned).collect();
        sources.pop();
        if !elsewhere {
            copied.extend(sources);
        }
    }
    copied
}

/// The files that were read to compile the tool and the runtime, by the compiler's own account,
/// relative to the project; without what the build itself has made.
fn read_by_the_build() -> BTreeSet<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_moonlayer"));
    let made = program.parent().expect("a folder");
    let accounts = made.join("deps");
    let mut read = BTreeSet::new();
    for entry in fs::read_dir(&accounts).expect("the folder of what is compiled") {
        let name = entry.expect("a readable folder").file_name();
        let name = name.to_str().expect("a name of UTF-8");
        if !name.starts_with("moonlayer-") || !name.ends_with(".d") {
            continue;
        }
        // Another test may compile just now.
        let account = fs::read_to_string(accounts.join(name)).unwrap_or_default();
        for rule in account.lines() {
            // A space in a name has a backslash before it.
            let rule = rule.replace("\\ ", "\0");
            let (_, sources) = rule.split_once(": ").unwrap_or_default();
            for source in sources.split(' ').map(|name| name.replace('\0', " ")) {
                let source = project().join(&source);
                if let Ok(name) = source.strip_prefix(project())
                    && !source.starts_with(made)
                    && source.is_file()
                {
                    read.insert(name.to_str().expect("a name of UTF-8").to_owned());
                }
            }
        }
    }
    read
}

#[test]
fn dockerfile_build_copies_what_the_build_reads() {
    let copied = copied();
    let sources = read_by_the_build();
    assert!(sources.len() > 100, "{sources:?}");
    for source in &sources {
        let covered = copied
            .iter()
            .any(|name| Path::new(source).starts_with(name));
        assert!(
            covered,
            "{source} is compiled in, and Dockerfile.build does not copy it"
        );
    }
    // What the layer build reads besides.
    for name in [
        ".cargo",
        "Cargo.lock",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "layer",
        "tests",
    ] {
        assert!(copied.contains(name), "{copied:?}");
    }
}

#[test]
fn dockerignore_lets_through_what_dockerfile_build_copies() {
    let text = fs::read_to_string(project().join(".dockerignore")).expect("the file");
    let let_through: Vec<_> = text
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    for name in copied() {
        let covered = let_through
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => Path::new(&name).starts_with(pattern),
            });
        assert!(covered, "{name} is copied, and .dockerignore keeps it back");
    }
}

#[test]
fn hadolint_finds_nothing_in_any_dockerfile() {
    let images = fs::read_dir(project().join("sample-images")).expect("the sample images");
    let images = images.map(|entry| entry.expect("a readable folder").path());
    let output = Command::new(tool("venv/bin/hadolint"))
        .arg(project().join("Dockerfile.build"))
        .args(images)
        .output()
        .expect("hadolint");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
}
