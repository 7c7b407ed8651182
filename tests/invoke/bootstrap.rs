//! `--bootstrap`: another runtime than the tool's own.

use std::fs;

use crate::support::Invoke;

/// Its own runtime, with a mark in the environment.
fn theirs() -> String {
    let tool = env!("CARGO_BIN_EXE_moonlayer");
    format!("#!/bin/bash\nexport WHOSE=theirs\nexec -a bootstrap '{tool}'\n")
}

fn whose() -> Invoke {
    Invoke::body("return os.getenv('WHOSE') or 'ours'").without("WHOSE")
}

#[test]
fn the_bootstrap_that_is_named_runs_in_the_place_of_the_tools() {
    let ran = whose().run();
    assert_eq!((ran.status, &*ran.stdout), (0, "\"ours\"\n"));
    let ran = whose()
        .program("opt/boot strap", theirs())
        .args(["--bootstrap", "opt/boot strap"])
        .run();
    assert_eq!((ran.status, &*ran.stdout), (0, "\"theirs\"\n"), "{ran:?}");
}

#[test]
fn the_bootstrap_is_found_from_where_the_tool_runs() {
    let ran = Invoke::handler("app.handler", "")
        .file(
            "sub/app.lua",
            "return { handler = function() return os.getenv('WHOSE') end }",
        )
        .program("theirs", theirs())
        .args(["--root", "sub", "--bootstrap", "theirs"])
        .run();
    assert_eq!((ran.status, &*ran.stdout), (0, "\"theirs\"\n"), "{ran:?}");
}

#[test]
fn a_bootstrap_that_cannot_be_run_is_told() {
    let refused = |invoke: Invoke, name: &str, parts: &[&str]| {
        invoke.args(["--bootstrap", name]).run().refuses(1, parts);
    };
    refused(
        whose(),
        "gone",
        &[
            "--bootstrap gone",
            "name the `bootstrap` of a layer",
            "No such file",
        ],
    );
    refused(whose(), ".", &["--bootstrap . is not a file"]);
    refused(
        whose().file("plain", "\x7fELF"),
        "plain",
        &["may not be executed", "chmod +x plain"],
    );
    refused(
        whose().program("empty", ""),
        "empty",
        &["no 64-bit executable of Linux (ELF)"],
    );
    refused(
        whose().program("text", "echo hello\n"),
        "text",
        &["no 64-bit executable of Linux"],
    );

    // elf.h: e_machine is the 16 bits at 18, EI_CLASS the byte at 4.
    let tool = fs::read(env!("CARGO_BIN_EXE_moonlayer")).expect("the tool");
    let patched = |at: usize, byte: u8| {
        let mut header = tool[..4096].to_vec();
        header[at] = byte;
        header
    };
    let (other, number) = if cfg!(target_arch = "aarch64") {
        ("x86_64", 62)
    } else {
        ("arm64", 183)
    };
    let message = format!("is built for {other}, and this machine is ");
    refused(
        whose().program("other", patched(18, number)),
        "other",
        &[&message],
    );
    refused(
        whose().program("mars", patched(18, 8)),
        "mars",
        &["ELF machine 8"],
    );
    refused(
        whose().program("small", patched(4, 1)),
        "small",
        &["no 64-bit executable"],
    );
}
