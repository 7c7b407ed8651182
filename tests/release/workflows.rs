//! The workflows of continuous integration and of releases.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::support::{project, tool};

/// The workflows, by their paths.
fn workflows() -> Vec<PathBuf> {
    let folder = project().join(".github/workflows");
    let entries = fs::read_dir(&folder).expect("the project has workflows");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .collect();
    paths.sort();
    assert_eq!(paths.len(), 2, "{paths:?}");
    paths
}

#[test]
fn they_are_valid() {
    for path in workflows() {
        let output = Command::new(tool("node_modules/.bin/action-validator"))
            .arg(&path)
            .current_dir(project())
            .output()
            .expect("action-validator");
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {said}", path.display());
    }
}

#[test]
fn every_action_is_pinned_to_a_commit_and_its_version_named() {
    for path in workflows() {
        let text = fs::read_to_string(&path).expect("text");
        let mut count = 0;
        for line in text.lines() {
            let Some((_, action)) = line.split_once("uses: ") else {
                continue;
            };
            // A workflow of our own is of the same commit.
            if action.starts_with("./") {
                continue;
            }
            let (action, version) = action.split_once(" # ").unwrap_or((action, ""));
            let (_, commit) = action.split_once('@').unwrap_or_default();
            let pinned = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(
                pinned && version.starts_with('v'),
                "{}: {line}",
                path.display()
            );
            count += 1;
        }
        assert!(count > 0, "{} uses nothing", path.display());
    }
}

#[test]
fn their_scripts_are_there_and_no_secret_is_used() {
    for path in workflows() {
        let text = fs::read_to_string(&path).expect("text");
        // A job's own token, and AWS by OIDC; nothing is kept in the repository's settings.
        let secrets: Vec<_> = text.match_indices("secrets.").collect();
        assert!(secrets.is_empty(), "{}: {secrets:?}", path.display());
        for word in text.split_whitespace() {
            if word.starts_with("release/") && !word.contains('*') {
                let script = project().join(word.trim_end_matches([')', '"', ';']));
                assert!(script.is_file(), "{}: {word}", path.display());
            }
        }
        // What a job may do, it says itself.
        assert!(text.contains("\npermissions: {}\n"), "{}", path.display());
    }
}
