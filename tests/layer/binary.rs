//! Which binaries are put into a layer: those that Amazon Linux 2023 starts.

use std::fs;

use super::checkout::Checkout;
use super::elf;
use super::outcome::{entry, fails, good, new, open, succeeds};

#[test]
fn a_binary_for_a_newer_glibc_is_refused_with_both_ways_out() {
    let checkout = Checkout::building(new());
    let error = fails(&checkout, &checkout.build(&[]));
    for words in [
        "this machine's glibc makes bootstrap need GLIBC_2.38",
        "Amazon Linux 2023 has glibc 2.34",
        "cargo zigbuild --target x86_64-unknown-linux-gnu.2.34",
        "docker build -f Dockerfile.build",
    ] {
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_version_of_glibc_that_is_no_number_is_refused() {
    let versions = ["GLIBC_2.34", "GLIBC_ABI_DT_RELR"];
    let checkout = Checkout::building(elf::needing(&versions, elf::X86_64, b""));
    let error = fails(&checkout, &checkout.build(&[]));
    assert!(error.contains("need GLIBC_ABI_DT_RELR"), "{error}");
}

#[test]
fn versions_of_other_libraries_do_not_count() {
    let versions = ["GCC_14.0.0", "GLIBC_2.34", "GLIBCXX_3.4.99"];
    let checkout = Checkout::building(elf::needing(&versions, elf::X86_64, b""));
    succeeds(&checkout.build(&[]));
}

#[test]
fn cargo_zigbuild_takes_over_where_the_own_glibc_is_too_new() {
    let checkout = Checkout::building(new()).zigbuilding(good());
    succeeds(&checkout.build(&[]));
    assert_eq!(entry(&mut open(&checkout.zip()), "bootstrap"), good());
    let asked = checkout.asked();
    let asked: Vec<_> = asked.lines().collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(
        asked[1].starts_with("zigbuild --target x86_64-unknown-linux-gnu.2.34 "),
        "{asked:?}"
    );
}

#[test]
fn cargo_zigbuild_is_not_asked_where_the_own_glibc_will_do() {
    let checkout = Checkout::building(good()).zigbuilding(new());
    succeeds(&checkout.build(&[]));
    assert_eq!(entry(&mut open(&checkout.zip()), "bootstrap"), good());
}

#[test]
fn a_zigbuild_that_does_not_help_is_refused() {
    let checkout = Checkout::building(new()).zigbuilding(new());
    let error = fails(&checkout, &checkout.build(&[]));
    assert!(
        error.contains("needs GLIBC_2.38 even when cargo-zigbuild links it"),
        "{error}"
    );
}

#[test]
fn what_amazon_linux_cannot_start_is_refused() {
    for (executable, words) in [
        (b"#!/bin/sh\n".to_vec(), "no 64-bit ELF executable"),
        (
            elf::needing(&["GLIBC_2.34"], elf::AARCH64, b""),
            "another processor than x86_64",
        ),
        (elf::needing(&[], elf::X86_64, b""), "linked statically"),
        (good()[..300].to_vec(), "damaged ELF executable"),
    ] {
        let checkout = Checkout::building(executable);
        let error = fails(&checkout, &checkout.build(&[]));
        assert!(error.contains(words), "{error}");
    }
}

#[test]
fn a_path_of_the_machine_in_the_binary_is_refused() {
    let checkout = Checkout::failing();
    let path = checkout
        .root()
        .join("runtime/src/main.rs")
        .display()
        .to_string();
    let checkout = checkout.zigbuilding(b"");
    fs::write(
        checkout.root().join("../made/build"),
        elf::needing(&["GLIBC_2.34"], elf::X86_64, path.as_bytes()),
    )
    .expect("a file of our own");
    let error = fails(&checkout, &checkout.build(&[]));
    assert!(
        error.contains("of this machine stands in bootstrap"),
        "{error}"
    );
}
