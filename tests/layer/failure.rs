//! What goes wrong around a build, and what is said then.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::process::Command;

use super::checkout::Checkout;
use super::elf;
use super::outcome::{fails, good, succeeds};
use super::support::Folder;

#[test]
fn outside_of_a_checkout_the_error_says_what_to_do() {
    let checkout = Checkout::failing();
    let elsewhere = Folder::new();
    elsewhere.file("Cargo.toml", "[package]\nname = \"other\"\n");
    let output = Command::new(env!("CARGO_BIN_EXE_moonlayer"))
        .args(["layer", "build"])
        .current_dir(elsewhere.path())
        .output()
        .expect("the built binary");
    let error = fails(&checkout, &output);
    assert!(
        error.contains("the layer is built from a checkout of Moonlayer"),
        "{error}"
    );
    assert!(
        error.contains("clone the project's repository and run this in its folder"),
        "{error}"
    );
}

#[test]
fn a_failing_cargo_is_heard() {
    let checkout = Checkout::failing();
    let error = fails(&checkout, &checkout.build(&[]));
    assert!(error.contains("error: made to fail: build"), "{error}");
    assert!(
        error.contains("`cargo build` failed (exit status: 101)"),
        "{error}"
    );
}

#[test]
fn a_checkout_that_cargo_cannot_read_is_an_error_in_its_words() {
    let checkout = Checkout::building(good());
    fs::write(checkout.root().join("runtime/Cargo.toml"), "[package\n").expect("our own file");
    let error = fails(&checkout, &checkout.build(&[]));
    assert!(error.contains("`cargo metadata` failed"), "{error}");
    assert!(error.contains("runtime/Cargo.toml"), "{error}");
}

#[test]
fn a_missing_cargo_is_named() {
    let checkout = Checkout::building(good());
    let output = checkout
        .command(env!("CARGO_BIN_EXE_moonlayer"))
        .args(["layer", "build"])
        .env("CARGO", "/nowhere/cargo")
        .output()
        .expect("the built binary");
    let error = fails(&checkout, &output);
    assert!(
        error.contains("cannot start /nowhere/cargo; install Rust"),
        "{error}"
    );
}

#[test]
fn another_processor_or_lua_is_refused_with_the_list() {
    let checkout = Checkout::building(good());
    for (arguments, available) in [
        (["--arch", "riscv64"], "x86_64, arm64, both"),
        (["--interpreter", "lua-51"], "lua-54, luajit-21, all"),
    ] {
        let output = checkout.build(&arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(
            error.contains(&format!("[possible values: {available}]")),
            "{error}"
        );
    }
}

#[test]
fn a_full_disk_leaves_no_half_zip() {
    // Bytes that do not compress: the zip outgrows a limit that the executable keeps.
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 56) as u8
    })
    .take(65_000)
    .collect();
    let checkout = Checkout::building(elf::needing(&["GLIBC_2.34"], elf::X86_64, &noise));
    // Ignoring XFSZ turns the signal into an error of the write, as ENOSPC is one. Units of 512
    // bytes.
    let script = "trap '' XFSZ; ulimit -S -f 130; exec \"$0\" layer build";
    let output = checkout
        .command("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_moonlayer")])
        .output()
        .expect("a shell");
    let error = fails(&checkout, &output);
    assert!(error.contains("cannot write "), "{error}");
    assert!(
        error.contains("lua-54-x86_64.zip: File too large"),
        "{error}"
    );
}

#[test]
fn a_full_disk_leaves_the_zip_and_its_companions_as_they_were() {
    let checkout = Checkout::building(good());
    succeeds(&checkout.build(&[]));
    let before = contents(&checkout);
    // There is no room for the notices in the zip, and so none for a new one.
    checkout.now_building(elf::needing(&["GLIBC_2.34"], elf::X86_64, &[7; 9_000]));
    let output = checkout
        .command("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -S -f 8; exec \"$0\" layer build",
        ])
        .arg(env!("CARGO_BIN_EXE_moonlayer"))
        .output()
        .expect("a shell");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("File too large"), "{error}");
    assert_eq!(contents(&checkout), before);
}

/// What lies in the folder of the zips.
fn contents(checkout: &Checkout) -> BTreeMap<OsString, Vec<u8>> {
    let entries = fs::read_dir(checkout.beside("")).expect("the folder of the zips");
    entries
        .map(|entry| entry.expect("an entry"))
        .map(|entry| (entry.file_name(), fs::read(entry.path()).expect("a file")))
        .collect()
}

#[test]
fn a_companion_that_cannot_be_replaced_keeps_the_zip_as_it_was() {
    let checkout = Checkout::building(good());
    fs::create_dir_all(checkout.beside("lua-54-x86_64.cdx.json")).expect("a folder of our own");
    let output = checkout.build(&[]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("cannot replace"), "{error}");
    assert!(!checkout.zip().exists());
}

#[test]
fn a_folder_takes_one_layer() {
    let checkout = Checkout::building(good());
    let error = fails(
        &checkout,
        &checkout.build(&["--arch", "both", "--unzipped", "opt"]),
    );
    assert!(
        error.contains("--unzipped fills a folder with one layer, and 2 were asked for"),
        "{error}"
    );
}
