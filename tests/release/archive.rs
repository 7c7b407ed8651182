//! `release/archive`: the tool, packed for those who have no Rust.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sha2::{Digest, Sha256};

use super::support::{Folder, project};

fn archive(tool: &Path, output: &Path) -> Output {
    Command::new(project().join("release/archive"))
        .arg("--moonlayer")
        .arg(tool)
        .arg("--output")
        .arg(output)
        .env("SOURCE_DATE_EPOCH", "1000000000")
        .output()
        .expect("bash")
}

/// The tool without what only a debugger reads, as a release has it.
fn tool(folder: &Folder) -> PathBuf {
    let tool = folder.program("built", Path::new(env!("CARGO_BIN_EXE_moonlayer")));
    let stripped = Command::new("strip").arg(&tool).status();
    assert!(stripped.expect("strip comes with the C compiler").success());
    tool
}

#[test]
fn what_is_unpacked_runs_a_function_and_names_its_licences() {
    let folder = Folder::new();
    let output = archive(&tool(&folder), &folder.path().join("out"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let name = format!(
        "moonlayer-{}-{}-linux",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH.replace("aarch64", "arm64")
    );
    let path = folder.path().join(format!("out/{name}.tar.gz"));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout).trim_end(),
        path.display().to_string()
    );
    let bytes = fs::read(&path).expect("the archive");
    let sum: String = Sha256::digest(&bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let written = fs::read_to_string(format!("{}.sha256", path.display())).expect("the checksum");
    assert_eq!(written, format!("{sum}  {name}.tar.gz\n"));

    let unpacked = Command::new("tar")
        .arg("-xzf")
        .arg(&path)
        .arg("-C")
        .arg(folder.path())
        .status();
    assert!(unpacked.expect("tar is everywhere").success());
    let unpacked = folder.path().join(&name);
    let mut files: Vec<_> = fs::read_dir(&unpacked)
        .expect("one folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    files.sort();
    assert_eq!(
        files,
        [
            "CHANGELOG.md",
            "LICENSE-APACHE",
            "LICENSE-MIT",
            "NOTICES",
            "README.md",
            "moonlayer"
        ]
    );
    let answer = Command::new(unpacked.join("moonlayer"))
        .args(["invoke", "hello.handler", "-d", r#"{"name":"Ada"}"#])
        .current_dir(project().join("sample-functions/hello"))
        .output()
        .expect("the unpacked tool");
    assert_eq!(
        String::from_utf8_lossy(&answer.stdout),
        "{\"message\":\"Hello Ada\"}\n",
        "{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let notices = fs::read_to_string(unpacked.join("NOTICES")).expect("text");
    for part in [
        "Lua.org, PUC-Rio",
        "Rust's standard library",
        "clap 4",
        "mlua 0",
        "tokio 1",
    ] {
        assert!(notices.contains(part), "{part}");
    }
}

#[test]
fn the_same_tool_gives_the_same_archive() {
    let folder = Folder::new();
    let tool = folder.executable("tool", "#!/bin/sh\necho moonlayer 1.2.3\n");
    let made: Vec<_> = ["one", "another"]
        .iter()
        .map(|place| {
            let output = archive(&tool, &folder.path().join(place));
            let path = String::from_utf8(output.stdout).expect("text");
            assert!(
                output.status.success() && path.contains("moonlayer-1.2.3-"),
                "{path}"
            );
            fs::read(path.trim_end()).expect("the archive")
        })
        .collect();
    assert!(made[0] == made[1]);
}

#[test]
fn a_tool_for_a_newer_glibc_is_refused() {
    let folder = Folder::new();
    let tool = folder.executable(
        "tool",
        "#!/bin/sh\necho moonlayer 1.2.3\n# GLIBC_2.38 GLIBC_2.4\n",
    );
    let output = archive(&tool, &folder.path().join("out"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("moonlayer needs glibc 2.38"), "{error}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn what_is_no_program_is_refused() {
    let folder = Folder::new();
    let output = archive(&folder.path().join("absent"), &folder.path().join("out"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("absent is no program"), "{error}");
}
