//! What is left out, and what brings it back.

use super::harness::Package;

fn list(package: &Package) -> String {
    package.run(&["--list"]).succeeds().stdout.clone()
}

#[test]
fn the_list_says_what_is_left_out_by_which_rule_and_makes_no_zip() {
    let package = Package::new()
        .file(".git/config", "")
        .file("README.md", "")
        .file("spec/app_spec.lua", "this need not parse")
        .file("template.yaml", "")
        .file("notes.txt", "")
        .file(".moonignore", "# Mine\nnotes.*\n")
        .file("lua_modules/lib/luarocks/rocks-5.4/manifest", "")
        .file("lua_modules/share/lua/5.4/slug.lua", "return {}");
    let expected = "\
- .git/  (default: .*)
- .moonignore  (default: .*)
- README.md  (default: /README*)
+ app.lua
- lua_modules/lib/luarocks/  (default: /lua_modules/lib/luarocks/)
+ lua_modules/share/lua/5.4/slug.lua
- notes.txt  (.moonignore: notes.*)
- spec/  (default: /spec/)
- template.yaml  (default: /template.yaml)
";
    assert_eq!(list(&package), expected);
    package.has_no_zip();
}

#[test]
fn moonignore_leaves_out_as_gitignore_does() {
    let package = Package::new()
        .file("docs/a.txt", "")
        .file("src/docs/a.txt", "")
        .file("src/a.tmp", "")
        .file("deep/er/b.tmp", "")
        .file("keep.tmp", "")
        .file(
            ".moonignore",
            "\u{feff}/docs\r\n*.tmp\r\n!keep.tmp\r\n\r\n# *.lua\r\n",
        );
    assert_eq!(
        package.names(&[]),
        ["app.lua", "keep.tmp", "src/docs/a.txt"]
    );
}

#[test]
fn an_exclamation_mark_brings_back_what_the_defaults_leave_out() {
    let package = Package::new()
        .file(".well-known/key", "")
        .file(".hidden/key", "")
        .file("README.md", "")
        .file("data.zip", "PK")
        .file("lua_modules/share/lua/5.1/old.lua", "return {}")
        .file(
            ".moonignore",
            "!.well-known/\n!/README.md\n!/data.zip\n!/lua_modules/share/lua/5.1/\n",
        );
    assert_eq!(
        package.names(&[]),
        [
            ".well-known/key",
            "README.md",
            "app.lua",
            "data.zip",
            "lua_modules/share/lua/5.1/old.lua"
        ]
    );
}

#[test]
fn a_moonignore_deeper_down_wins_over_those_above_it() {
    let package = Package::new()
        .file("a/x.txt", "")
        .file("a/y.txt", "")
        .file("b/x.txt", "")
        .file(".moonignore", "*.txt\n")
        .file("a/.moonignore", "!x.txt\n");
    assert_eq!(package.names(&[]), ["a/x.txt", "app.lua"]);
    assert!(list(&package).contains("- a/y.txt  (.moonignore: *.txt)\n"));
}

#[test]
fn a_moonignore_deeper_down_is_named_by_its_path() {
    let package = Package::new()
        .file("a/y.txt", "")
        .file("a/.moonignore", "y.txt\n");
    assert!(list(&package).contains("- a/y.txt  (a/.moonignore: y.txt)\n"));
}

#[test]
fn gitignore_does_not_count_since_rocks_are_in_it() {
    let package = Package::new()
        .file(".gitignore", "lua_modules\n*.lua\n")
        .file(".ignore", "*.lua\n")
        .file("lua_modules/share/lua/5.4/slug.lua", "return {}");
    assert_eq!(
        package.names(&[]),
        ["app.lua", "lua_modules/share/lua/5.4/slug.lua"]
    );
}

#[test]
fn what_luarocks_init_makes_stays_out_and_modules_of_those_names_go_in() {
    let scripts = Package::new()
        .file("lua", "#!/bin/sh")
        .file("luarocks", "#!/bin/sh");
    assert_eq!(scripts.names(&[]), ["app.lua"]);
    let folders = Package::new()
        .file("lua/x.lua", "")
        .file("luarocks/x.lua", "");
    assert_eq!(
        folders.names(&[]),
        ["app.lua", "lua/x.lua", "luarocks/x.lua"]
    );
}

#[test]
fn a_name_with_a_line_break_stays_on_one_line_of_the_list() {
    let package = Package::new().file("a\nb.txt", "");
    assert!(list(&package).starts_with("+ a\\nb.txt\n"));
}

#[test]
fn a_moonignore_that_is_no_list_of_patterns_is_refused() {
    let package = Package::new().file(".moonignore", "*.txt\na{b\n");
    package.refuses(&[], &["error: .moonignore:2: no pattern"]);
    let package = Package::new().file("sub/.moonignore", b"\xff\xfe");
    package.refuses(
        &[],
        &["sub/.moonignore is not UTF-8; save it in that encoding"],
    );
    let package = Package::new().file(".moonignore/x", "");
    package.refuses(
        &[],
        &[".moonignore is not a file; make it a file of patterns"],
    );
    let package = Package::new().file(".moonignore", "x\n".repeat(600_000));
    package.refuses(
        &[],
        &[".moonignore has 1200000 bytes, and at most 1048576 are read"],
    );
}
