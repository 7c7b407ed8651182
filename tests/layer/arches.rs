//! Which compilers make the layer for arm64 on x86-64, and which make LuaJIT's.

use super::checkout::Checkout;
use super::elf;
use super::outcome::{entry, fails, good, new, open, succeeds};

const ARM64: [&str; 2] = ["--arch", "arm64"];

/// For arm64, and runs on Amazon Linux 2023 by its headers.
fn good_arm64() -> Vec<u8> {
    elf::needing(&["GLIBC_2.34"], elf::AARCH64, b"")
}

#[test]
fn without_compilers_for_arm64_the_error_names_the_ways_to_them() {
    let checkout = Checkout::building(good_arm64()).zigbuilding(good_arm64());
    let error = fails(&checkout, &checkout.build(&ARM64));
    for words in [
        "builds for x86_64-unknown-linux-gnu, not for aarch64-unknown-linux-gnu",
        "run `layer/arm64-toolchain`",
        "rustup target add aarch64-unknown-linux-gnu",
        "pip install cargo-zigbuild ziglang",
        "build on a machine with arm64 processor",
        "docker build -f Dockerfile.build --platform linux/arm64",
    ] {
        assert!(error.contains(words), "{error}");
    }
    assert_eq!(checkout.asked(), "");
}

#[test]
fn rusts_target_and_a_cross_compiler_make_the_layer_for_arm64() {
    let checkout = Checkout::building(good_arm64())
        .with_target()
        .with_cross_compiler()
        .with_toolchain();
    let said = succeeds(&checkout.build(&ARM64));
    assert_eq!(said.lines().next(), Some("target/layer/lua-54-arm64.zip"));
    let zip = checkout.beside("lua-54-arm64.zip");
    assert_eq!(entry(&mut open(&zip), "bootstrap"), good_arm64());
    let asked = checkout.asked();
    assert!(
        asked.starts_with("build --target aarch64-unknown-linux-gnu "),
        "{asked}"
    );
    assert!(asked.contains("LINKER=aarch64-linux-gnu-gcc"), "{asked}");
}

#[test]
fn cargo_zigbuild_takes_over_where_the_cross_compilers_glibc_is_too_new() {
    let checkout = Checkout::building(elf::needing(&["GLIBC_2.38"], elf::AARCH64, b""))
        .zigbuilding(good_arm64())
        .with_target()
        .with_cross_compiler();
    succeeds(&checkout.build(&ARM64));
    let asked = checkout.asked();
    let last = asked.lines().last().expect("two builds");
    assert!(
        last.starts_with("zigbuild --target aarch64-unknown-linux-gnu.2.34 "),
        "{asked}"
    );
}

#[test]
fn without_rusts_target_the_toolchain_makes_the_layer_for_arm64() {
    let checkout = Checkout::building(good_arm64())
        .with_cross_compiler()
        .with_toolchain();
    succeeds(&checkout.build(&ARM64));
    let asked = checkout.asked();
    let bin = checkout.root().canonicalize().expect("the checkout");
    let bin = bin.join("target/arm64/bin");
    for (name, program) in [("RUSTC", "rustc"), ("LINKER", "aarch64-linux-gnu-gcc")] {
        let words = format!("{name}={}", bin.join(program).display());
        assert!(asked.contains(&words), "{words} is missing: {asked}");
    }
}

#[test]
fn a_binary_for_the_other_processor_is_refused() {
    let checkout = Checkout::building(good()).with_toolchain();
    let error = fails(&checkout, &checkout.build(&ARM64));
    assert!(error.contains("another processor than arm64"), "{error}");
}

#[test]
fn the_interpreter_is_a_feature_of_the_build() {
    let checkout = Checkout::building(good());
    succeeds(&checkout.build(&["--interpreter", "all"]));
    let asked = checkout.asked();
    let features: Vec<_> = asked
        .lines()
        .map(|line| {
            let (_, rest) = line
                .split_once(" --no-default-features --features ")
                .unwrap_or_else(|| panic!("{line}"));
            rest.split(' ').next().unwrap_or_default()
        })
        .collect();
    assert_eq!(features, ["lua54", "luajit"]);
    assert!(checkout.beside("lua-54-x86_64.zip").is_file());
    assert!(checkout.beside("luajit-21-x86_64.zip").is_file());
}

#[test]
fn four_layers_are_one_command() {
    let checkout = Checkout::building(good()).with_toolchain();
    let error = checkout.build(&["--interpreter", "all", "--arch", "both"]);
    // The executable that is always for x86-64 is none for the second layer.
    let error = String::from_utf8_lossy(&error.stderr).into_owned();
    assert!(
        error.contains("cannot build the layer lua-54-arm64: what cargo built is for another"),
        "{error}"
    );
    assert!(checkout.zip().is_file());
    assert_eq!(checkout.asked().lines().count(), 2);
}

#[test]
fn luajit_brings_its_own_notice() {
    let checkout = Checkout::building(good());
    succeeds(&checkout.build(&["--interpreter", "luajit-21"]));
    let zip = checkout.beside("luajit-21-x86_64.zip");
    let notices = entry(&mut open(&zip), "share/doc/moonlayer/NOTICES");
    let notices = String::from_utf8(notices).expect("text");
    for words in ["\nLuaJIT\n", "Mike Pall", "Lua.org, PUC-Rio", "dlmalloc"] {
        assert!(notices.contains(words), "{words:?} is missing: {notices}");
    }
    assert!(!notices.contains("\nLua\n"), "{notices}");
}

#[test]
fn luajits_compiled_loops_look_at_hooks_whatever_the_environment_says() {
    let checkout = Checkout::building(good());
    let output = checkout
        .command(env!("CARGO_BIN_EXE_moonlayer"))
        .args(["layer", "build", "--interpreter", "luajit-21"])
        .env("CFLAGS_x86_64_unknown_linux_gnu", "-DOTHER")
        .env("PREFIX", "/elsewhere")
        .env("TARGET_CC", "other-gcc")
        .output()
        .expect("the built binary");
    succeeds(&output);
    let asked = checkout.asked();
    assert!(
        asked.contains(" CFLAGS=-DLUAJIT_ENABLE_CHECKHOOK '-ffile-prefix-map="),
        "{asked}"
    );
    for name in ["OTHER", "PREFIX=/", "TARGET_CC=o"] {
        assert!(!asked.contains(name), "{name}: {asked}");
    }
}

#[test]
fn where_another_build_writes_is_not_told_to_cargo() {
    let checkout = Checkout::building(good());
    let mut command = checkout.command(env!("CARGO_BIN_EXE_moonlayer"));
    let command = command
        .args(["layer", "build"])
        .env("OUT_DIR", "/elsewhere");
    succeeds(&command.output().expect("the built binary"));
    let asked = checkout.asked();
    assert!(asked.ends_with(" OUT_DIR=\n"), "{asked}");
}

#[test]
fn zig_is_no_way_to_luajit() {
    let checkout = Checkout::building(new()).zigbuilding(good());
    let error = fails(&checkout, &checkout.build(&["--interpreter", "luajit-21"]));
    assert!(!error.contains("zig"), "{error}");
    assert!(
        error.contains("--build-arg INTERPRETER=luajit-21"),
        "{error}"
    );
    assert_eq!(checkout.asked().lines().count(), 1);
}
