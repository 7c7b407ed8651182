//! What the zip and the unzipped folder hold.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::checkout::Checkout;
use super::outcome::{entry, good, open, succeeds};
use super::support::{Folder, project};

#[test]
fn the_zip_holds_the_runtime_the_interpreter_and_the_notices() {
    let checkout = Checkout::building(good());
    succeeds(&checkout.build(&[]));
    let mut zip = open(&checkout.zip());
    let mut entries = Vec::new();
    for index in 0..zip.len() {
        let file = zip.by_index(index).expect("an entry");
        let time = file.last_modified().expect("a time").to_string();
        entries.push(format!(
            "{:o} {time} {}",
            file.unix_mode().expect("a mode"),
            file.name().expect("text")
        ));
    }
    assert_eq!(
        entries,
        [
            "120777 1980-01-01 00:00:00 bin/lua",
            "100755 1980-01-01 00:00:00 bootstrap",
            "100644 1980-01-01 00:00:00 share/doc/moonlayer/NOTICES",
        ]
    );
    assert_eq!(entry(&mut zip, "bin/lua"), b"../bootstrap");
    assert_eq!(entry(&mut zip, "bootstrap"), good());
}

#[test]
fn the_result_is_its_path_size_and_digest() {
    let checkout = Checkout::building(good());
    let said = succeeds(&checkout.build(&[]));
    let zip = fs::read(checkout.zip()).expect("the zip");
    let digest = Command::new("sha256sum")
        .arg(checkout.zip())
        .output()
        .expect("sha256sum");
    let digest = String::from_utf8_lossy(&digest.stdout)[..64].to_owned();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(
        lines,
        [
            "target/layer/lua-54-x86_64.zip",
            &format!("{} bytes", zip.len()),
            &format!("sha256 {digest}")
        ]
    );
}

#[test]
fn two_folders_give_the_same_bytes() {
    let [one, two] = [Checkout::building(good()), Checkout::building(good())];
    let elsewhere = Folder::new();
    succeeds(&one.build(&[]));
    succeeds(&two.build(&["--output", &elsewhere.path().display().to_string()]));
    let other = fs::read(elsewhere.path().join("lua-54-x86_64.zip")).expect("the zip");
    assert!(fs::read(one.zip()).expect("the zip") == other);
}

#[test]
fn the_notices_name_what_is_linked_and_only_that() {
    let checkout = Checkout::building(good());
    succeeds(&checkout.build(&[]));
    let notices = entry(&mut open(&checkout.zip()), "share/doc/moonlayer/NOTICES");
    let notices = String::from_utf8(notices).expect("text");
    assert!(notices.contains("Lua.org, PUC-Rio."), "{notices}");
    assert!(notices.contains("Rust's standard library"), "{notices}");
    let titles: Vec<_> = notices
        .split(&"=".repeat(80))
        .skip(1)
        .step_by(2)
        .flat_map(|t| t.trim().split(", "))
        .collect();
    for name in ["libc", "mlua", "mlua-sys", "moonlayer", "serde_json"] {
        let named = titles
            .iter()
            .any(|title| title.split(' ').next() == Some(name));
        assert!(named, "{name} is missing: {titles:?}");
    }
    for name in ["cc", "clap", "syn", "tempfile", "zip"] {
        let named = titles
            .iter()
            .any(|title| title.split(' ').next() == Some(name));
        assert!(!named, "{name} is not linked: {titles:?}");
    }
    // The crate that ships no licence file of its own.
    assert!(
        notices.contains("Copyright (c) Aleksandr Orlenko"),
        "{notices}"
    );
    let folder = project().display().to_string();
    assert!(!notices.contains(&folder), "{notices}");
}

#[test]
fn the_content_can_be_left_unzipped() {
    let checkout = Checkout::building(good());
    let opt = Folder::new();
    opt.file("bootstrap", "an older one");
    let dir = opt.path().display().to_string();
    // Twice: what is there is replaced.
    for _ in 0..2 {
        assert_eq!(
            succeeds(&checkout.build(&["--unzipped", &dir])),
            format!("{dir}\n")
        );
    }
    let mode = |name| {
        fs::metadata(opt.path().join(name))
            .expect(name)
            .permissions()
            .mode()
    };
    assert_eq!(mode("bootstrap"), 0o100_755);
    assert_eq!(mode("share/doc/moonlayer/NOTICES"), 0o100_644);
    let link = fs::read_link(opt.path().join("bin/lua")).expect("a link");
    assert_eq!(link, Path::new("../bootstrap"));
    assert_eq!(
        fs::read(opt.path().join("bin/lua")).expect("the link leads there"),
        good()
    );
    let count = |name| fs::read_dir(opt.path().join(name)).expect(name).count();
    assert_eq!(
        (count(""), count("bin"), count("share/doc/moonlayer")),
        (3, 1, 1)
    );
    assert!(!checkout.zip().exists());
}

#[test]
fn a_folder_in_the_checkout_will_do() {
    let checkout = Checkout::building(good());
    let output = checkout
        .command(env!("CARGO_BIN_EXE_moonlayer"))
        .args(["layer", "build"])
        .current_dir(checkout.root().join("runtime/src"))
        .output()
        .expect("the built binary");
    let said = succeeds(&output);
    assert!(checkout.zip().is_file());
    assert_eq!(
        said.lines().next(),
        Some(checkout.zip().display().to_string().as_str())
    );
}

#[test]
fn builds_at_the_same_time_wait_for_each_other() {
    let checkout = Checkout::building(good());
    let builds: Vec<_> = (0..6)
        .map(|_| {
            checkout
                .command(env!("CARGO_BIN_EXE_moonlayer"))
                .args(["layer", "build"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the built binary")
        })
        .collect();
    for build in builds {
        succeeds(&build.wait_with_output().expect("a child of ours"));
    }
    assert_eq!(checkout.asked().lines().count(), 6);
    assert_eq!(entry(&mut open(&checkout.zip()), "bootstrap"), good());
}
