//! Links `bootstrap`: with Lua's C API exported, since C modules (rocks) resolve `lua_*` in the
//! program that loads them, and with what every start touches in one place (`layout.ld`).

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=layout.ld");
    println!("cargo:rustc-link-arg-bins=-rdynamic");
    if env::var_os("CARGO_FEATURE_LUAJIT").is_some() {
        assert_hooks_are_checked();
    }

    let layout = Path::new(&variable("CARGO_MANIFEST_DIR")).join("layout.ld");
    let Some(layout) = layout.to_str().map(|path| format!("-T{path}")) else {
        return leave_out("the path of the checkout is not UTF-8");
    };
    if links(&layout) {
        println!("cargo:rustc-link-arg-bins={layout}");
    } else {
        leave_out("the linker is neither GNU ld nor lld");
    }
}

/// Stops a build of LuaJIT whose compiled loops would look at no hook: they would run over every
/// deadline. `.cargo/config.toml` passes the flag, in the checkout alone.
///
/// Only those variables count whose changes have LuaJIT compiled again: with another, what was
/// compiled before it was set would be linked.
fn assert_hooks_are_checked() {
    const FLAG: &str = "-DLUAJIT_ENABLE_CHECKHOOK";
    let target = variable("TARGET").to_string_lossy().into_owned();
    let flags = [
        "CFLAGS".to_owned(),
        format!("CFLAGS_{}", target.replace('-', "_")),
        format!("CFLAGS_{target}"),
    ];
    let compilers = ["STATIC_CC", "TARGET_CC", "TARGET_STCC"];
    for name in flags.iter().map(String::as_str).chain(compilers) {
        println!("cargo:rerun-if-env-changed={name}");
    }
    // The makefile takes CFLAGS itself; the others come as a part of the compiler's name, unless
    // that is set.
    let named = compilers.iter().any(|name| env::var_os(name).is_some());
    let read = if named { &flags[..1] } else { &flags };
    let passed = read.iter().any(|name| {
        let value = env::var_os(name).unwrap_or_default();
        value.to_string_lossy().contains(FLAG)
    });
    assert!(
        passed,
        "LuaJIT has to be built with {FLAG}, or no deadline interrupts compiled loops: \
         build in the checkout, whose .cargo/config.toml says so, or add it to CFLAGS"
    );
}

/// Whether the linker that rustc will call takes `argument`: mold and gold know no INSERT.
fn links(argument: &str) -> bool {
    let dir = PathBuf::from(variable("OUT_DIR"));
    let source = dir.join("probe.rs");
    fs::write(&source, "fn main() {}\n").expect("cargo has made OUT_DIR writable");
    let mut rustc = Command::new(variable("RUSTC"));
    if let Some(flags) = env::var("CARGO_ENCODED_RUSTFLAGS")
        .ok()
        .filter(|flags| !flags.is_empty())
    {
        rustc.args(flags.split('\u{1f}'));
    }
    if let Some(linker) = env::var_os("RUSTC_LINKER") {
        let mut option = OsString::from("linker=");
        option.push(linker);
        rustc.arg("-C").arg(option);
    }
    rustc
        .arg("--target")
        .arg(variable("TARGET"))
        .arg("-C")
        .arg(format!("link-arg={argument}"))
        .arg("-o")
        .arg(dir.join("probe"))
        .arg(&source)
        .output()
        .is_ok_and(|output| output.status.success())
}

/// Says that `bootstrap` is built without the layout.
fn leave_out(why: &str) {
    println!("cargo:warning=bootstrap will work, but occupy 0.7 MB more: {why}");
}

/// A variable that cargo sets for every build script.
fn variable(name: &str) -> OsString {
    env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}"))
}
