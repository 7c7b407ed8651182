//! The entry script of container functions.

use std::fs;
use std::process::Command;

use super::outcome::succeeds;
use super::support::{Folder, project};

/// What the entry script of container functions starts, with `api` as AWS_LAMBDA_RUNTIME_API.
fn entry_starts(api: Option<&str>) -> String {
    let folder = Folder::new();
    let mut script = fs::read_to_string(project().join("layer/entry.sh")).expect("the script");
    for (path, name) in [
        ("/usr/local/bin/aws-lambda-rie", "emulator"),
        ("/var/runtime/bootstrap", "runtime"),
    ] {
        assert!(script.contains(path), "{script}");
        let stand_in = format!("#!/bin/sh\necho {name} \"$#\" \"$@\"\n");
        let stand_in = folder.executable(name, stand_in).display().to_string();
        script = script.replace(path, &stand_in);
    }
    let script = folder.executable("entry.sh", script);
    let mut command = Command::new(script);
    command
        .arg("app.the handler")
        .env_remove("AWS_LAMBDA_RUNTIME_API");
    command.envs(api.map(|api| ("AWS_LAMBDA_RUNTIME_API", api)));
    let said = succeeds(&command.output().expect("the script"));
    said.replace(&folder.path().display().to_string(), "")
        .trim()
        .to_owned()
}

#[test]
fn a_container_in_lambda_starts_the_runtime() {
    assert_eq!(
        entry_starts(Some("127.0.0.1:9001")),
        "runtime 1 app.the handler"
    );
}

#[test]
fn a_container_elsewhere_starts_the_emulator() {
    assert_eq!(entry_starts(None), "emulator 2 /runtime app.the handler");
    assert_eq!(
        entry_starts(Some("")),
        "emulator 2 /runtime app.the handler"
    );
}
