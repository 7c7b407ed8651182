//! Scripts and rocks that Lambda would fail on.

use super::harness::Package;

#[test]
fn a_script_that_does_not_parse_is_refused_at_its_line() {
    let package = Package::new()
        .file("src/b.lua", "local x = 1\nx = = 2\n")
        .file("c.lua", "return (\n");
    package.refuses(
        &[],
        &[
            "error: a script does not parse: c.lua:2: unexpected symbol near <eof>\n",
            "\n  src/b.lua:2: unexpected symbol near '='\n",
            "\ncorrect it, or leave it out by a line in .moonignore\n",
        ],
    );
    let package = package.file(".moonignore", "c.lua\nsrc/b.lua\n");
    assert_eq!(package.names(&[]), ["app.lua"]);
}

#[test]
fn a_script_is_parsed_as_the_runtime_does_and_never_run() {
    let package = Package::new()
        .file("mark.lua", "\u{feff}return 1")
        .file("tool.lua", "#!/usr/bin/env lua\nreturn 1 // 2")
        .file("empty.lua", "")
        .file("loop.lua", "while true do end")
        .file("exit.lua", "os.exit(7)");
    assert_eq!(package.names(&[]).len(), 6);
}

#[test]
fn a_compiled_script_of_another_lua_is_refused() {
    let package = Package::new();
    let compiled = std::process::Command::new("luac5.1")
        .arg("-o")
        .args([package.path("old.lua"), package.path("app.lua")])
        .output();
    assert!(compiled.expect("run `tests/setup`").status.success());
    package.refuses(&[], &["a script does not parse: old.lua: ", "mismatch"]);
}

#[test]
fn a_rocks_file_that_does_not_parse_is_a_warning() {
    let package = Package::new().file("lua_modules/share/lua/5.4/x/jit.lua", "return 1ULL");
    let ran = package.run(&[]);
    let warnings = ran.succeeds().warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].starts_with("lua_modules/share/lua/5.4/x/jit.lua:1: malformed number"),
        "{warnings:?}"
    );
}

#[test]
fn scripts_for_another_lua_than_the_tools_are_not_parsed_and_that_is_said() {
    let package = Package::new().file("jit.lua", "return 1ULL");
    package.refuses(&[], &["jit.lua:1: malformed number"]);
    let ran = package.run(&["--interpreter", "luajit-21", "--strict"]);
    ran.succeeds()
        .says(&["note: scripts are not parsed: this moonlayer has another Lua than LuaJIT"]);
}

#[test]
fn rocks_of_another_lua_are_a_warning() {
    let package = Package::new().file("lua_modules/share/lua/5.1/slug.lua", "return {}");
    let ran = package.run(&[]);
    assert_eq!(
        ran.succeeds().warnings(),
        [
            "the rocks in lua_modules/share/lua/5.1/ are not for Lua 5.4, which does not look \
          there: install them by `luarocks --lua-version 5.4`, or name their Lua by --interpreter"
        ]
    );
    let ran = package.run(&["--interpreter", "luajit-21"]);
    assert!(ran.succeeds().warnings().is_empty(), "{}", ran.stderr);
    assert!(
        package
            .zip()
            .by_name("lua_modules/share/lua/5.1/slug.lua")
            .is_ok()
    );
}

#[test]
fn rocks_for_two_luas_are_packed_for_the_functions() {
    let package = Package::new()
        .file("lua_modules/share/lua/5.1/slug.lua", "return {}")
        .file("lua_modules/share/lua/5.4/slug.lua", "return {}");
    let ran = package.run(&["--strict"]);
    ran.succeeds();
    let names = package.names_in_zip();
    assert_eq!(names, ["app.lua", "lua_modules/share/lua/5.4/slug.lua"]);
}

#[test]
fn strict_makes_no_zip_of_what_has_warnings() {
    let package = Package::new().file("lua_modules/share/lua/5.1/slug.lua", "return {}");
    package.refuses(
        &["--strict"],
        &[
            "warning: the rocks in",
            "1 warning, and --strict makes no zip",
        ],
    );
}

#[test]
fn a_layer_without_a_tree_of_rocks_is_a_warning() {
    let package = Package::new().file("lua_modules/share/lua/5.4/slug.lua", "return {}");
    let ran = package.run(&["--layer"]);
    let warnings = ran.succeeds().warnings();
    assert!(
        warnings[0].starts_with(
            "functions look for modules of layers in share/lua/5.4/, lib/lua/5.4/ and lua/, and"
        ),
        "{warnings:?}"
    );
    for name in ["share/lua/5.4/slug.lua", "lua/slug.lua"] {
        let package = Package::empty().file(name, "return {}");
        package.run(&["--layer", "--strict"]).succeeds();
    }
}
