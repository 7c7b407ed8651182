//! Rocks from LuaRocks to the function: installed without a network, packed by `moonlayer package`,
//! unzipped as Lambda does, and required by the real runtime.
//!
//! The rocks come from a server that is a folder: packed by LuaRocks itself, with its manifest.

mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use support::{Folder, project};

/// Requires a rock in Lua and one in C.
const HANDLER: &str = r#"
local slug, crc32 = require("slug"), require("crc32")
return {
  handler = function(event)
    return { slug.of(event), ("%08x"):format(crc32.of(event)) }
  end,
}
"#;
const EVENT: &str = r#""Hello, World!""#;
/// By Python's `zlib.crc32`.
const ANSWER: &str = "[\"hello-world\",\"ec4ac3d0\"]\n";

#[track_caller]
fn succeeds(command: &mut Command) -> String {
    let output = command.output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}; run `tests/setup`"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).expect("text")
}

/// Runs a script of bash in the folder, which is LuaRocks' home too.
#[track_caller]
fn shell(folder: &Path, script: &str) -> String {
    let mut bash = Command::new("bash");
    bash.args(["-ec", script])
        .current_dir(folder)
        .env("HOME", folder);
    succeeds(&mut bash)
}

/// A folder with `server`, which has the sample rocks as LuaRocks packs them.
fn workshop() -> Folder {
    let folder = Folder::new();
    folder.copy_from_into(&project().join("sample-functions/rocks"), "source");
    let script = r#"
        mkdir server
        for rock in slug crc32; do
          tar -czf $rock.tar.gz -C source $rock
          sed "s|url = .*|url = \"file://$PWD/$rock.tar.gz\", dir = \"$rock\" }|" \
            source/$rock/$rock-1.0-1.rockspec >server/$rock-1.0-1.rockspec
          (cd server && luarocks --lua-version 5.4 pack $rock-1.0-1.rockspec)
          rm server/$rock-1.0-1.rockspec
        done
        luarocks-admin --lua-version 5.4 make-manifest server
    "#;
    shell(folder.path(), script);
    folder
}

fn moonlayer(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moonlayer"));
    command.args(arguments).current_dir(folder);
    command
}

/// The names in a zip, in their order.
fn names(folder: &Path, zip: &str) -> Vec<String> {
    let listed = succeeds(Command::new("unzip").args(["-Z1", zip]).current_dir(folder));
    listed.lines().map(str::to_owned).collect()
}

/// Unzips as Lambda does: names, contents and modes.
fn unzip(folder: &Path, zip: &str, to: &str) {
    succeeds(
        Command::new("unzip")
            .args(["-q", zip, "-d", to])
            .current_dir(folder),
    );
}

#[test]
fn rocks_in_the_functions_folder_are_packed_and_found() {
    let folder = workshop();
    let path = folder.path();
    folder.file("f/app.lua", HANDLER);
    let install = "for rock in slug crc32; do
        luarocks --lua-version 5.4 --only-server \"$HOME/server\" --tree f/lua_modules install $rock
    done";
    shell(path, install);
    succeeds(&mut moonlayer(
        path,
        &["package", "f", "--strict", "--handler", "app.handler"],
    ));
    assert_eq!(
        names(path, "f.zip"),
        [
            "app.lua",
            "lua_modules/lib/lua/5.4/crc32.so",
            "lua_modules/share/lua/5.4/slug.lua"
        ]
    );
    unzip(path, "f.zip", "task");
    // What is found must be in the zip.
    fs::remove_dir_all(path.join("f")).expect("our own folder");
    let invoke = ["invoke", "app.handler", "--root", "task", "-d", EVENT];
    assert_eq!(succeeds(&mut moonlayer(path, &invoke)), ANSWER);
}

#[test]
fn installing_again_gives_the_same_zip() {
    let folder = workshop();
    let path = folder.path();
    let sum = |name: &str| {
        folder.file(&format!("{name}/app.lua"), HANDLER);
        let install = format!(
            "luarocks --lua-version 5.4 --only-server \"$HOME/server\" --tree {name}/lua_modules \
             install slug"
        );
        shell(path, &install);
        let printed = succeeds(&mut moonlayer(path, &["package", name]));
        printed.lines().nth(2).expect("the sum").to_owned()
    };
    assert_eq!(sum("one"), sum("two"));
}

#[test]
fn a_tree_of_rocks_becomes_a_layer_whose_modules_are_found_under_opt() {
    let folder = workshop();
    let path = folder.path();
    folder.file("task/app.lua", HANDLER);
    let install = "for rock in slug crc32; do
        luarocks --lua-version 5.4 --only-server \"$HOME/server\" --tree rocks install $rock
    done";
    shell(path, install);
    let layer = [
        "package",
        "rocks",
        "--layer",
        "--strict",
        "--output",
        "layer.zip",
    ];
    succeeds(&mut moonlayer(path, &layer));
    assert_eq!(
        names(path, "layer.zip"),
        ["lib/lua/5.4/crc32.so", "share/lua/5.4/slug.lua"]
    );
    unzip(path, "layer.zip", "opt");
    fs::remove_dir_all(path.join("rocks")).expect("our own folder");

    let without = invoke_with_opt(path, "task");
    let said = String::from_utf8_lossy(&without.stdout);
    assert!(said.contains("module 'slug' not found"), "{without:?}");
    let with = invoke_with_opt(path, "opt");
    assert_eq!(String::from_utf8_lossy(&with.stdout), ANSWER, "{with:?}");
}

#[test]
fn rocks_for_another_lua_are_named_before_the_upload() {
    let folder = workshop();
    let path = folder.path();
    folder.file("f/app.lua", HANDLER);
    let install = "luarocks --lua-version 5.1 --only-server \"$HOME/server\" --tree f/lua_modules \
                   install slug";
    shell(path, install);
    let output = moonlayer(path, &["package", "f", "--strict"])
        .output()
        .expect("the tool");
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("warning: the rocks in lua_modules/") && said.contains("are not for Lua 5.4"),
        "{said}"
    );
    succeeds(&mut moonlayer(
        path,
        &["package", "f", "--strict", "--interpreter", "luajit-21"],
    ));
    assert_eq!(
        names(path, "f.zip"),
        ["app.lua", "lua_modules/share/lua/5.1/slug.lua"]
    );
}

/// Invokes the function in `task` while `/opt` is another folder, in a mount namespace.
#[track_caller]
fn invoke_with_opt(folder: &Path, opt: &str) -> Output {
    let mount = "mount --bind \"$1\" /opt && cd \"$2\" && \
                 exec \"$0\" invoke app.handler --root task -d \"$3\"";
    let is_root = succeeds(Command::new("id").arg("-u")).trim() == "0";
    let mut command = if is_root {
        Command::new("unshare")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.args(["-n", "unshare"]);
        sudo
    };
    command
        .args(["-m", "sh", "-c", mount, env!("CARGO_BIN_EXE_moonlayer")])
        .args([&folder.join(opt), folder])
        .arg(EVENT);
    let output = command.output().expect("unshare is everywhere");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("START"),
        "another /opt wants a mount namespace: run this test as root with CAP_SYS_ADMIN, or where \
         sudo asks no password: {said}"
    );
    output
}
