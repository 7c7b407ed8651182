//! What no zip is made of, each with its name and a way out.

use std::fs::File;
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::harness::{Package, Ran};
use super::output::noise;

#[test]
fn an_empty_folder_is_refused() {
    let package = Package::empty();
    package.refuses(
        &[],
        &["error: f has nothing to pack; name the folder that holds the function"],
    );
    let package = Package::empty()
        .file(".git/config", "")
        .file("README.md", "");
    package.refuses(
        &[],
        &["f has nothing to pack: all that lies there is left out, and `--list`"],
    );
    let ran = package.run(&["--list"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("- README.md"), "{}", ran.stdout);
}

#[test]
fn what_is_no_folder_is_refused() {
    let package = Package::new();
    for (dir, part) in [
        (
            "nowhere",
            "cannot pack nowhere; name the folder that holds the function: No such file",
        ),
        (
            "f/app.lua",
            "f/app.lua is not a folder; name the one that holds the function",
        ),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moonlayer"));
        command
            .args(["package", dir])
            .current_dir(package.beside(""));
        let ran = Ran::from(command.output().expect("the built tool"));
        assert_eq!(ran.code, Some(1), "{dir}");
        ran.says(&[part]);
    }
    package.has_no_zip();
}

#[test]
fn an_unreadable_file_or_folder_is_named() {
    for name in ["secret.txt", "secret.lua", "secret.so"] {
        // Root reads everything, so another user is needed.
        let package = Package::new().file(name, "x").mode(name, 0).uid(65_534);
        let cannot = format!("error: cannot read {name}");
        let remedy = "; make it readable, or leave it out by a line in .moonignore";
        package.refuses(&[], &[&cannot, remedy, "Permission denied"]);
    }
    let package = Package::new()
        .file("locked/x", "")
        .mode("locked", 0)
        .uid(65_534);
    let remedy = "f/locked; make it readable, or leave it out by a line";
    package.refuses(
        &[],
        &["cannot read the folder ", remedy, "Permission denied"],
    );
    let package = package.mode("locked", 0o755).mode(".", 0);
    package.refuses(&[], &["cannot read the folder ", "Permission denied"]);
    package.mode(".", 0o755);
}

#[test]
fn what_is_neither_file_nor_folder_is_refused_without_waiting_for_it() {
    let package = Package::new();
    let made = Command::new("mkfifo").arg(package.path("queue")).status();
    assert!(made.expect("mkfifo is everywhere").success());
    package.refuses(
        &[],
        &["queue is a named pipe, which no zip can hold; remove it, or leave it"],
    );

    let package = Package::new();
    let _socket = UnixListener::bind(package.path("socket")).expect("a new socket");
    package.refuses(&[], &["socket is a socket, which no zip can hold"]);
    let package = package.file(".moonignore", "socket\n");
    assert_eq!(package.names(&[]), ["app.lua"]);
}

#[test]
fn names_that_a_zip_cannot_carry_everywhere_are_refused() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let package = Package::new().file("a\\..\\b.lua", "");
    package.refuses(
        &[],
        &[
            "the name a\\..\\b.lua has a backslash",
            "; rename it, or leave it",
        ],
    );
    let package = Package::new();
    std::fs::write(package.path("").join(OsStr::from_bytes(b"caf\xe9.lua")), "").expect("a file");
    package.refuses(
        &[],
        &[
            "the name \"caf\\xE9.lua\" is not UTF-8",
            "; rename it, or leave it",
        ],
    );
    let package = package.file(".moonignore", "caf*\n");
    assert_eq!(package.names(&[]), ["app.lua"]);
}

#[test]
fn more_than_lambda_unzips_is_refused_before_it_is_read() {
    let package = Package::new().file("small.bin", "12345");
    // Holes, which take no room here.
    let large = |name: &str, bytes| {
        let file = File::create(package.path(name)).expect("a new file");
        file.set_len(bytes).expect("a hole");
    };
    large("five-gigabytes.bin", 5 << 30);
    large("model.bin", 1 << 20);
    package.refuses(
        &[],
        &[
            "bytes, and Lambda takes 262144000 (250 MB) unzipped, layers included; the largest \
             are five-gigabytes.bin (5368709120 bytes), model.bin (1048576 bytes), app.lua (",
            "): leave them out by lines in .moonignore",
        ],
    );
}

#[test]
fn the_limit_itself_is_taken() {
    let package = Package::empty();
    let file = File::create(package.path("zeros.bin")).expect("a new file");
    file.set_len(250 << 20).expect("a hole");
    package.run(&[]).succeeds();
    assert_eq!(
        package.zip().by_index(0).expect("the file").size(),
        250 << 20
    );
    file.set_len((250 << 20) + 1).expect("a hole");
    assert_eq!(package.run(&[]).code, Some(1));
}

#[test]
fn more_than_an_upload_carries_is_a_warning_that_leads_to_s3() {
    let package = Package::new().file("noise.bin", noise((50 << 20) + 1));
    let ran = package.run(&[]);
    let warnings = ran.succeeds().warnings();
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains("52428800 (50 MB) directly: copy it to S3"),
        "{warnings:?}"
    );
    let before = std::fs::read(package.beside("f.zip")).expect("the zip");
    std::fs::remove_file(package.beside("f.zip")).expect("the zip");
    assert!(before.len() > 50 << 20);
    package.refuses(
        &["--strict"],
        &["1 warning, and --strict makes no zip then"],
    );
}

#[test]
fn the_file_of_a_handler_must_be_in_the_zip() {
    let package = Package::new()
        .file("src/orders.lua", "")
        .file("pack/init.lua", "")
        .file("bin/migrate.v2.lua", "#!/usr/bin/env lua\n")
        .file("spec/app_spec.lua", "");
    for handler in [
        "app.handler",
        "src/orders.create",
        "src.orders.create",
        "pack.run",
        "app",
        "bin/migrate.v2.lua",
    ] {
        package.run(&["--list", "--handler", handler]).succeeds();
    }
    package.refuses(
        &["--handler", "app.handler", "--handler", "api.handler"],
        &["the file of the handler api.handler is not in the folder: neither api.lua nor"],
    );
    package.refuses(
        &["--handler", "spec/app_spec.run"],
        &["spec/app_spec.lua, is left out (spec/: default: /spec/); bring it back by a line"],
    );
    package.refuses(
        &["--handler", "../app.run"],
        &["the handler \"../app.run\" is malformed"],
    );
}
