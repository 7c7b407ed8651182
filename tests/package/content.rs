//! What is in the zip, and that nothing but names, contents and executable bits decides its bytes.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, SystemTime};

use super::harness::{Package, Ran};

#[test]
fn scripts_data_and_rocks_go_in_sorted() {
    let package = Package::new()
        .file("views/index.html", "<p>")
        .file("data/ä.json", "{}")
        .file("data.csv", "a,b")
        .file("empty.txt", "")
        .file("lua_modules/share/lua/5.4/slug.lua", "return {}")
        .file("lua_modules/share/lua/5.4/slug/init.lua", "return {}");
    let names = [
        "app.lua",
        "data.csv",
        "data/ä.json",
        "empty.txt",
        "lua_modules/share/lua/5.4/slug.lua",
        "lua_modules/share/lua/5.4/slug/init.lua",
        "views/index.html",
    ];
    assert_eq!(package.names(&[]), names);
    assert_eq!(package.content("views/index.html"), "<p>");
    assert_eq!(package.content("empty.txt"), "");
}

#[test]
fn path_size_and_sum_are_printed_and_the_rest_goes_to_stderr() {
    let package = Package::new().file("README.md", "");
    let ran = package.run(&[]);
    ran.succeeds();
    let bytes = fs::metadata(package.beside("f.zip"))
        .expect("the zip")
        .len();
    let sum = std::process::Command::new("sha256sum")
        .arg(package.beside("f.zip"))
        .output()
        .expect("sha256sum");
    let sum = String::from_utf8(sum.stdout).expect("text");
    let sum = sum.split(' ').next().expect("a sum");
    assert_eq!(ran.stdout, format!("f.zip\n{bytes} bytes\nsha256 {sum}\n"));
    assert_eq!(
        ran.stderr,
        "note: 1 file, 54 bytes unzipped; 1 left out (`--list` says what and why)\n"
    );
}

#[test]
fn the_executable_bit_and_nothing_else_decides_the_mode() {
    let package = Package::new()
        .file("bin/tool", "#!/bin/sh\n")
        .file("secret.txt", "")
        .mode("bin/tool", 0o700)
        .mode("secret.txt", 0o600);
    package.run(&[]).succeeds();
    let mut zip = package.zip();
    let mut mode = |name| {
        zip.by_name(name)
            .expect(name)
            .unix_mode()
            .map(|mode| mode & 0o7777)
    };
    assert_eq!(mode("bin/tool"), Some(0o755));
    assert_eq!(mode("secret.txt"), Some(0o644));
}

#[test]
fn the_same_files_make_the_same_bytes_wherever_and_whenever() {
    let one = Package::new().file("a.json", "{}").file("b.json", "[]");
    let two = Package::empty()
        .file("b.json", "[]")
        .file("a.json", "{}")
        .file(
            "app.lua",
            "return { handler = function(event) return event end }\n",
        );
    for (name, days) in [("b.json", 1), ("app.lua", 3000)] {
        let file = File::options()
            .write(true)
            .open(two.path(name))
            .expect("our own file");
        let time = SystemTime::now() - Duration::from_secs(days * 86_400);
        file.set_times(FileTimes::new().set_modified(time))
            .expect("our own file");
    }
    for name in ["a.json", "b.json", "app.lua"] {
        fs::set_permissions(two.path(name), fs::Permissions::from_mode(0o600))
            .expect("our own file");
    }
    let mut strange = two.command(&[]);
    strange.env("LC_ALL", "tr_TR.UTF-8").env("TZ", "Asia/Tokyo");
    // A shell sets the umask.
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", "umask 0077; exec \"$0\" \"$@\""])
        .arg(strange.get_program());
    shell.args(strange.get_args()).current_dir(two.beside(""));
    shell.envs(
        strange
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    Ran::from(shell.output().expect("a shell")).succeeds();
    let other = fs::read(two.beside("f.zip")).expect("the zip");
    assert_eq!(one.bytes(&[]), other);
    let mode = fs::metadata(two.beside("f.zip"))
        .expect("the zip")
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o644);
}

#[test]
fn the_zip_of_another_user_is_the_same() {
    let one = Package::new();
    let two = Package::new().uid(65_534);
    assert_eq!(one.bytes(&[]), two.bytes(&[]));
}

#[test]
fn runs_at_the_same_time_make_the_same_whole_zip() {
    let package = Package::new().file("data.bin", vec![7; 1 << 20]);
    let alone = package.bytes(&[]);
    let runs: Vec<_> = (0..8)
        .map(|_| {
            package
                .command(&["--output", "f/"])
                .spawn()
                .expect("the tool")
        })
        .collect();
    for mut run in runs {
        assert!(run.wait().expect("a child of ours").success());
    }
    assert_eq!(fs::read(package.path("f.zip")).expect("the zip"), alone);
}

#[test]
fn a_change_of_a_byte_a_name_or_the_executable_bit_changes_the_zip() {
    let alone = Package::new().file("x", "1").bytes(&[]);
    assert_ne!(alone, Package::new().file("x", "2").bytes(&[]));
    assert_ne!(alone, Package::new().file("y", "1").bytes(&[]));
    assert_ne!(
        alone,
        Package::new().file("x", "1").mode("x", 0o755).bytes(&[])
    );
}

#[test]
fn many_files_are_all_there() {
    let mut package = Package::new();
    for number in 0..2_000 {
        package = package.file(
            &format!("m{}/f{number}.lua", number % 50),
            format!("return {number}"),
        );
    }
    assert_eq!(package.names(&[]).len(), 2_001);
    assert_eq!(package.content("m49/f1999.lua"), "return 1999");
}
