//! What is found before anything is asked of the service.

use std::process::Command;

use super::cloud::Cloud;
use super::elf;
use super::workplace::{Outcome, Workplace, runtime, zip_of};

/// Fails in that way without a single call.
#[track_caller]
fn refused(place: &Workplace, arguments: &[&str], reasons: &[&str]) {
    let cloud = Cloud::new();
    let arguments = [&["--regions", "eu-west-1", "--yes"], arguments].concat();
    place.publish(&cloud, &arguments).fails_with(reasons);
    assert_eq!(cloud.seen(), []);
}

#[test]
fn a_zip_that_lambda_could_not_use_is_refused() {
    let place = Workplace::with("one");
    let good = elf::needing(&["GLIBC_2.34"], elf::X86_64, b"");
    let whole = runtime(elf::X86_64, &"filling".repeat(1000));
    let mut damaged = whole.clone();
    // Behind the header of 39 bytes, in what is compressed.
    damaged[60] ^= 0x55;
    for (zip, reason) in [
        (Vec::new(), "it is empty"),
        (b"PK, but no zip".to_vec(), "it is not a zip"),
        (whole[..whole.len() / 2].to_vec(), "it is not a zip"),
        (damaged, "bootstrap in it is damaged"),
        (
            zip_of(&[("opt/bootstrap", 0o755, &good)]),
            "there is no bootstrap in its root",
        ),
        (
            zip_of(&[("bootstrap", 0o644, &good)]),
            "its bootstrap is not executable (mode 100644)",
        ),
        (
            zip_of(&[("bootstrap", 0o755, b"#!/bin/sh\n")]),
            "not an executable of Linux",
        ),
        (
            runtime(elf::AARCH64, ""),
            "its bootstrap is for another processor than x86_64",
        ),
        (vec![0; 50 * 1024 * 1024 + 1], "it is larger than 50 MB"),
    ] {
        place.zip("lua-54-x86_64", &zip);
        refused(&place, &[], &["target/layer/lua-54-x86_64.zip", reason]);
    }
}

#[test]
fn a_zip_with_another_checksum_than_the_one_beside_it_is_refused() {
    let place = Workplace::with("one");
    let sum = format!("{}  lua-54-x86_64.zip\n", "0".repeat(64));
    place
        .folder
        .file("target/layer/lua-54-x86_64.zip.sha256", sum);
    refused(
        &place,
        &[],
        &["its SHA-256 is ", "lua-54-x86_64.zip.sha256 says \"0000"],
    );
}

#[test]
fn a_missing_zip_is_answered_with_the_command_that_builds_it() {
    let place = Workplace::with("one");
    let cloud = Cloud::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_moonlayer"));
    command
        .args([
            "layer",
            "publish",
            "--regions",
            "eu-west-1",
            "--endpoint",
            &cloud.endpoint(),
        ])
        .current_dir(place.folder.path());
    Outcome::of(command.output().expect("the built binary")).fails_with(&[
        "no lua-54-arm64.zip, luajit-21-x86_64.zip, luajit-21-arm64.zip in target/layer",
        "moonlayer layer build --interpreter luajit-21 --arch arm64",
    ]);
    assert_eq!(cloud.seen(), []);
}

#[test]
fn a_versions_file_that_cannot_be_used_is_refused() {
    let place = Workplace::with("one");
    for content in [
        "",
        "{",
        "[]",
        "{\"layers\": {\"lua-54-x86_64\": {\"eu-west-1\": {}}}}",
    ] {
        place.folder.file("layer/versions.json", content);
        refused(
            &place,
            &[],
            &["layer/versions.json is not what `moonlayer layer publish` writes"],
        );
    }
    refused(
        &place,
        &["--versions", "nowhere/versions.json"],
        &["cannot open nowhere"],
    );
    refused(&place, &["--versions", "target"], &["target is not a file"]);
}

#[test]
fn a_region_that_is_none_is_answered_with_the_one_that_was_meant() {
    let (place, cloud) = (Workplace::with("one"), Cloud::new());
    let outcome = place.publish(&cloud, &["--regions", "eu-wst-1"]);
    outcome.fails_with(&["unknown region \"eu-wst-1\"; did you mean eu-west-1?"]);
    assert_eq!(cloud.seen(), []);
}

#[test]
fn a_missing_aws_command_is_named() {
    let (place, cloud) = (Workplace::with("one"), Cloud::new());
    let mut command = place.command(&cloud, &["--regions", "eu-west-1"]);
    let output = command
        .env("PATH", "/nowhere")
        .output()
        .expect("the built binary");
    Outcome::of(output).fails_with(&["there is no `aws` on the PATH; install the AWS CLI"]);
}

#[test]
fn missing_credentials_are_one_error_with_the_remedy() {
    let (place, cloud) = (Workplace::with("one"), Cloud::new());
    let mut command = place.command(&cloud, &["--regions", "eu-west-1,us-east-1", "--yes"]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let outcome = Outcome::of(command.output().expect("the built binary"));
    let said = outcome.fails_with(&["Unable to locate credentials", "run `aws configure`"]);
    assert_eq!(said.matches("error:").count(), 1, "{said}");
    let outcome = place.publish(&cloud, &["--regions", "eu-west-1", "--profile", "nobody"]);
    outcome.fails_with(&[
        "The config profile (nobody) could not be found",
        "`aws configure`",
    ]);
    assert_eq!(cloud.seen(), []);
}
