//! Where the zip goes, and what is never lost for it.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;

use super::harness::{Package, Ran};

#[test]
fn the_zip_goes_where_output_says_and_folders_are_made() {
    let package = Package::new();
    for (output, path) in [
        ("a.zip", "a.zip"),
        ("new/", "new/f.zip"),
        ("new", "new/f.zip"),
        ("deep/er/b", "deep/er/b"),
    ] {
        let ran = package.run(&["--output", output]);
        let stdout = &ran.succeeds().stdout;
        assert!(stdout.starts_with(&format!("{path}\n")), "{stdout}");
        assert!(package.beside(path).is_file());
    }
}

#[test]
fn a_zip_in_the_folder_does_not_go_into_itself() {
    let package = Package::new();
    for output in ["f/f.zip", "f/out/f.bin", "f/app.zip"] {
        let make = || {
            package.run(&["--output", output]).succeeds();
            fs::read(package.beside(output)).expect("the zip")
        };
        let first = make();
        assert_eq!(make(), first, "{output}");
        fs::remove_dir_all(package.path("out")).ok();
    }
}

#[test]
fn run_in_the_folder_itself_it_makes_the_same_zip_twice() {
    let package = Package::new();
    let mut sums = Vec::new();
    for _ in 0..2 {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_moonlayer"))
            .arg("package")
            .current_dir(package.path(""))
            .output()
            .expect("the built tool");
        sums.push(String::from_utf8(output.stdout).expect("text"));
    }
    assert!(sums[0].starts_with("f.zip\n"), "{sums:?}");
    assert_eq!(sums[0], sums[1]);
}

#[test]
fn only_a_zip_is_overwritten() {
    let package = Package::new();
    let ran = package.run(&["--output", "f/app.lua"]);
    assert_eq!(ran.code, Some(1));
    ran.says(&["error: f/app.lua is there, and is no zip; name another by --output"]);
    let source = fs::read_to_string(package.path("app.lua")).expect("the script");
    assert!(source.starts_with("return"), "{source}");

    let ran = package.run(&["--output", "/dev/null"]);
    assert_eq!(ran.code, Some(1));
    ran.says(&["/dev/null is there, and is not a file; name another by --output"]);
}

#[test]
fn a_link_in_the_zips_place_stays_one() {
    let package = Package::new();
    fs::create_dir(package.beside("store")).expect("a new folder");
    std::os::unix::fs::symlink("store/real.zip", package.beside("f.zip")).expect("a new link");
    fs::write(package.beside("store/real.zip"), "").expect("a new file");
    package.run(&[]).succeeds();
    assert!(package.beside("f.zip").is_symlink());
    assert_eq!(package.zip().len(), 1);
}

#[test]
fn a_zip_that_cannot_be_written_leaves_the_earlier_one() {
    let package = Package::new();
    let before = package.bytes(&[]);
    fs::write(package.path("broken.lua"), "x = = 1").expect("a new file");
    assert_eq!(package.run(&[]).code, Some(1));
    assert_eq!(fs::read(package.beside("f.zip")).expect("the zip"), before);
}

#[test]
fn a_folder_for_the_zip_is_made_only_when_there_is_a_zip() {
    let package = Package::new().file("broken.lua", "x = = 1");
    package.refuses(&["--output", "new/er/"], &["broken.lua:1: "]);
    let package = Package::new();
    let ran = package.run(&["--output", "f/app.lua/f.zip"]);
    assert_eq!(ran.code, Some(1));
    ran.says(&["error: cannot write f/app.lua/f.zip: Not a directory"]);
}

#[test]
fn a_folder_that_may_not_be_written_to_is_named() {
    let package = Package::new().uid(65_534);
    fs::create_dir(package.beside("locked")).expect("a new folder");
    fs::set_permissions(package.beside("locked"), fs::Permissions::from_mode(0o555))
        .expect("our own folder");
    let ran = package.run(&["--output", "locked/f.zip"]);
    assert_eq!(ran.code, Some(1));
    ran.says(&[
        "error: cannot write to the folder /",
        "/locked: ",
        "Permission denied",
    ]);
}

#[test]
fn a_full_disk_leaves_nothing() {
    let package = Package::new().file("noise.bin", noise(4 << 20));
    // The shell's limit on the size of files; as on a full disk, writing fails halfway.
    let mut shell = std::process::Command::new("bash");
    let script = "trap '' XFSZ; ulimit -f 1024; exec \"$0\" package f";
    shell
        .args(["-c", script, env!("CARGO_BIN_EXE_moonlayer")])
        .current_dir(package.beside(""));
    let output = shell.output().expect("bash");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("File too large"), "{said}");
    package.has_no_zip();
}

#[test]
fn a_reader_that_is_gone_is_an_error_and_no_panic() {
    let package = Package::new();
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = package.command(&["--list"]);
    let ran = Ran::from(command.stdout(writer).output().expect("the built tool"));
    assert_eq!(ran.code, Some(1));
    ran.says(&["error: cannot write the result to stdout: Broken pipe"]);
}

/// Bytes that no compression makes smaller, the same in every run.
pub fn noise(count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count + 8);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.write_all(&state.to_le_bytes()).expect("memory");
    }
    bytes
}
