//! Modules in C that the function could not load: known by their headers alone.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use object::read::elf::ElfFile64;
use object::{Endianness, Object, ObjectSymbol};

use super::harness::Package;

/// Where Debian keeps Lua's C modules and libraries; the architecture of this machine and another.
const DEBIAN: &str = if cfg!(target_arch = "aarch64") {
    "/usr/lib/aarch64-linux-gnu"
} else {
    "/usr/lib/x86_64-linux-gnu"
};
const OURS: &str = if cfg!(target_arch = "aarch64") {
    "arm64"
} else {
    "x86_64"
};
/// Another architecture: its number in an ELF header, its name.
const OTHER: (u8, &str) = if cfg!(target_arch = "aarch64") {
    (62, "x86_64")
} else {
    (183, "arm64")
};

fn debian(version: &str, module: &str) -> Vec<u8> {
    let path = Path::new(DEBIAN).join(format!("lua/{version}/{module}.so"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}; `tests/setup`", path.display()))
}

/// lpeg with some bytes of its header changed.
fn patched(changes: &[(usize, u8)]) -> Vec<u8> {
    let mut library = debian("5.4", "lpeg");
    for (at, byte) in changes {
        library[*at] = *byte;
    }
    library
}

/// lpeg for the other architecture, by elf.h: e_machine is the 16 bits at 18.
fn foreign() -> Vec<u8> {
    patched(&[(18, OTHER.0), (19, 0)])
}

/// The warnings about a function with this file.
#[track_caller]
fn warnings(name: &str, library: impl AsRef<[u8]>, arguments: &[&str]) -> Vec<String> {
    let package = Package::new().file(name, library);
    let ran = package.run(arguments);
    ran.succeeds()
        .warnings()
        .into_iter()
        .map(str::to_owned)
        .collect()
}

#[track_caller]
fn assert_one(warnings: &[String], parts: &[&str]) {
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for part in parts {
        assert!(warnings[0].contains(part), "no {part:?} in {warnings:?}");
    }
}

#[test]
fn modules_that_fit_raise_no_warning() {
    for module in ["cjson", "lfs", "lpeg", "socket/core", "mime/core"] {
        let library = debian("5.4", module);
        let found = warnings("x.so", library, &["--arch", OURS, "--strict"]);
        assert!(found.is_empty(), "{module}: {found:?}");
    }
    for module in ["cjson", "lfs", "lpeg", "socket/core", "mime/core"] {
        let library = debian("5.1", module);
        let found = warnings("x.so", library, &["--interpreter", "luajit-21", "--strict"]);
        assert!(found.is_empty(), "{module}: {found:?}");
    }
}

#[test]
fn modules_for_other_luas_name_both_and_what_shows_it() {
    for module in ["cjson", "lfs", "lpeg"] {
        for (version, theirs) in [("5.1", "Lua 5.1 or LuaJIT"), ("5.3", "Lua 5.2 or 5.3")] {
            let built = format!("x.so is built for {theirs} (it needs lua");
            assert_one(
                &warnings("x.so", debian(version, module), &[]),
                &[
                    &built,
                    "and the function has Lua 5.4: install it by `luarocks --lua-version 5.4`",
                ],
            );
        }
        let found = warnings(
            "x.so",
            debian("5.4", module),
            &["--interpreter", "luajit-21"],
        );
        assert_one(
            &found,
            &[
                "x.so is built for Lua 5.2, 5.3 or 5.4 (it needs lua",
                "has LuaJIT 2.1",
                "5.1`",
            ],
        );
    }
}

#[test]
fn a_module_for_another_architecture_names_both() {
    let name = "lua_modules/lib/lua/5.4/lpeg.so";
    let built = format!(
        "{name} is built for {}, and the function is to run on {OURS}",
        OTHER.1
    );
    assert_one(&warnings(name, foreign(), &["--arch", OURS]), &[&built]);
    assert!(warnings(name, foreign(), &["--arch", OTHER.1]).is_empty());
}

#[test]
fn modules_for_two_architectures_are_a_warning_when_none_is_named() {
    let package = Package::new()
        .file("a.so", foreign())
        .file("b.so", patched(&[]));
    let ran = package.run(&[]);
    let warnings = ran.succeeds().warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let parts = [
        format!("a.so is built for {}", OTHER.1),
        format!("b.so is built for {OURS}"),
    ];
    for part in parts {
        let part = part.replace(" is built", "");
        assert!(
            warnings[0].replace(" is built", "").contains(&part),
            "{warnings:?}"
        );
    }
    assert!(warnings[0].contains("a function has one architecture: name it by --arch"));
}

#[test]
fn modules_for_arm64_alone_say_which_architecture_the_function_must_have() {
    let machine = patched(&[(18, 183), (19, 0)]);
    let package = Package::new().file("a.so", machine);
    let ran = package.run(&["--strict"]);
    ran.succeeds();
    ran.says(&["note: a.so is built for arm64: the function's architecture must be arm64"]);
}

#[test]
fn a_module_for_a_newer_glibc_names_both() {
    let package = Package::new();
    // A C library of the future: one symbol, at a version that no system has yet.
    let build = r#"
        set -e
        cd "$1"
        echo 'void future(void) {}' >libc.c
        echo 'GLIBC_2.99 { global: future; };' >libc.map
        gcc -shared -fPIC -nostdlib -Wl,-soname,libc.so.6 -Wl,--version-script=libc.map \
          -o libc.so.6 libc.c
        echo 'void future(void); int luaopen_new(void *l) { future(); return 0; }' >new.c
        gcc -shared -fPIC -nostdlib -o new.so new.c ./libc.so.6
        rm libc.c libc.map libc.so.6 new.c
    "#;
    build_in(&package, build);
    let ran = package.run(&[]);
    assert_eq!(
        ran.succeeds().warnings(),
        [
            "new.so needs a newer glibc (GLIBC_2.99) than Amazon Linux 2023 has (2.34): install it \
          on Amazon Linux 2023 or on an older system, such as Debian 11"
        ]
    );
}

#[test]
fn a_library_that_is_not_on_lambda_is_named_unless_it_is_in_the_zip() {
    let package = Package::new();
    let build = r#"
        set -e
        cd "$1"
        mkdir lib
        echo 'int query(void) { return 1; }' >query.c
        gcc -shared -fPIC -Wl,-soname,libquery.so.3 -o lib/libquery.so.3 query.c
        echo 'int query(void); int luaopen_db(void *l) { return query(); }' >db.c
        gcc -shared -fPIC -o db.so db.c lib/libquery.so.3
        rm query.c db.c
    "#;
    build_in(&package, build);
    assert!(package.run(&["--strict"]).succeeds().warnings().is_empty());
    fs::remove_file(package.path("lib/libquery.so.3")).expect("the library");
    assert_eq!(
        package.run(&[]).succeeds().warnings(),
        [
            "db.so needs libquery.so.3, which is neither in the zip nor surely on Lambda: put it \
          into the folder lib of the function, or into a layer's"
        ]
    );
}

#[test]
fn files_that_are_no_libraries_of_linux_say_what_they_are() {
    let not_elf = "x.so is not a shared library of Linux (ELF), which the function cannot load";
    for (content, part) in [
        (&b"not a library\n"[..], not_elf),
        (b"", not_elf),
        (b"\x7fELF", not_elf),
        (b"\x7fELF\x02\x01\x01", "x.so is a damaged library"),
        (&patched(&[(4, 1)]), "x.so is a 32-bit library"),
        (
            &patched(&[(18, 243)]),
            "x.so is built for another processor (ELF machine 243)",
        ),
        (&patched(&[])[..2000], "x.so is a damaged library"),
        (
            &b"\xcf\xfa\xed\xfe\x0c\0\0\x01"[..],
            "x.so is a library for macOS",
        ),
        (b"\xca\xfe\xba\xbe\0\0\0\x02", "x.so is a library for macOS"),
        (b"MZ\x90\0\x03\0\0\0", "x.so is a library for Windows"),
    ] {
        assert_one(&warnings("x.so", content, &[]), &[part]);
    }
}

#[test]
fn no_damage_to_a_header_ends_the_tool() {
    let library = debian("5.4", "lpeg");
    let headers = 64..library.len();
    let mut package = Package::new();
    // Each damaged copy has bytes of its own place turned round.
    for number in 0..200 {
        let at = headers.start + number * (headers.len() / 200);
        let mut copy = library.clone();
        for byte in &mut copy[at..(at + 16).min(headers.end)] {
            *byte = !*byte;
        }
        package = package.file(&format!("{number}.so"), copy);
    }
    let mut lost = library.clone();
    lost[0x28..0x30].fill(0xff);
    package.file("sections.so", lost).run(&[]).succeeds();
}

#[test]
fn the_lists_of_luas_functions_are_what_the_interpreters_export() {
    let lists = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/package/api");
    let own = if cfg!(feature = "luajit") {
        "luajit-21"
    } else {
        "lua-54"
    };
    for (name, program) in [
        (own, env!("CARGO_BIN_EXE_moonlayer").to_owned()),
        ("luajit-21", format!("{DEBIAN}/libluajit-5.1.so.2")),
    ] {
        let list = fs::read_to_string(lists.join(format!("{name}.txt"))).expect("the list");
        let listed: BTreeSet<_> = list.lines().map(str::to_owned).collect();
        assert_eq!(exports(&program), listed, "{program}");
    }
}

fn exports(program: &str) -> BTreeSet<String> {
    let bytes = fs::read(program).unwrap_or_else(|error| panic!("{program}: {error}"));
    let file = ElfFile64::<Endianness>::parse(&*bytes).expect("an executable");
    let names = file
        .dynamic_symbols()
        .filter(|symbol| symbol.is_definition());
    let names = names.map(|symbol| symbol.name().expect("a name").to_owned());
    names.filter(|name| name.starts_with("lua")).collect()
}

#[track_caller]
fn build_in(package: &Package, script: &str) {
    let built = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(package.path(""))
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
}
