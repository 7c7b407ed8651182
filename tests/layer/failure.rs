//! What goes wrong around a build, and what is said then.

use std::fs;
use std::process::Command;

use super::checkout::Checkout;
use super::elf;
use super::outcome::{fails, good};
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
        (["--arch", "riscv64"], "x86_64, arm64"),
        (["--interpreter", "luajit-21"], "lua-54"),
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
