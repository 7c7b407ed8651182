//! Links `bootstrap`: with Lua's C API exported, since C modules (rocks) resolve `lua_*` in the
//! program that loads them, and with what every start touches in one place (`layout.ld`). And lists
//! the built-in modules that are written in Lua.

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
    embed_lua();

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

/// Writes `lua.rs`: the files below `lua/` as sorted lists, with their code in one piece, which lies
/// by itself in the binary (`layout.ld`).
///
/// Each function that requires one would have to compile it, at 30 KB a millisecond: so Lua 5.4 is
/// given what it has made of the text here. LuaJIT is given the text without comments and
/// indentation, and with its lines where they were: it reads faster, and what it dumps is not the
/// same from one run to the next.
fn embed_lua() {
    println!("cargo:rerun-if-changed=lua");
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("lua");
    let out = PathBuf::from(variable("OUT_DIR"));
    let mut files = Vec::new();
    lua_files(&root, &mut files);
    files.sort();
    let (mut modules, mut parts, mut code) = (String::new(), String::new(), Vec::new());
    for path in &files {
        let name = path.strip_prefix(&root).expect("it was found there");
        let name = name.with_extension("");
        let name = name.to_str().expect("UTF-8");
        let text = fs::read_to_string(path).expect("a built-in is UTF-8");
        // Lines within a long bracket would be changed.
        assert!(
            !text.contains("[[") && !text.contains("[="),
            "{}: long brackets are not for built-ins",
            path.display()
        );
        let lines = text.lines().map(str::trim);
        let lines: Vec<_> = lines
            .map(|line| if line.starts_with("--") { "" } else { line })
            .collect();
        let chunk = chunk_name(name);
        let start = code.len();
        code.extend(compiled(&chunk, &lines.join("\n")));
        let list = match name.starts_with("lambda/") {
            true => &mut modules,
            false => &mut parts,
        };
        list.push_str(&format!(
            "Source {{ name: {name:?}, chunk: {chunk:?}, code: {start}..{} }},\n",
            code.len()
        ));
    }
    let list = format!(
        "const MODULES: &[Source] = &[\n{modules}];\n\
         const PARTS: &[Source] = &[\n{parts}];\n\
         static CODE: [u8; {}] = *include_bytes!(\"lua.bin\");\n",
        code.len()
    );
    fs::write(out.join("lua.bin"), code).expect("OUT_DIR is writable");
    fs::write(out.join("lua.rs"), list).expect("OUT_DIR is writable");
}

/// Frames of sources with such a name are left out of stack traces.
fn chunk_name(name: &str) -> String {
    let name = name.strip_prefix("lambda/").unwrap_or(name);
    format!("=lambda.{}", name.replace('/', "."))
}

#[cfg(not(feature = "lua54"))]
fn compiled(_: &str, text: &str) -> Vec<u8> {
    text.into()
}

/// Lua's own binary form, for any processor of 64 bits in little-endian order; the text for others.
#[cfg(feature = "lua54")]
fn compiled(chunk: &str, text: &str) -> Vec<u8> {
    if variable("CARGO_CFG_TARGET_ENDIAN") != "little"
        || variable("CARGO_CFG_TARGET_POINTER_WIDTH") != "64"
    {
        return text.into();
    }
    moonlayer_compiler::compile(chunk, text)
}

fn lua_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the sources of the built-ins") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            lua_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "lua") {
            // What editors and systems leave beside them is no built-in.
            files.push(path);
        }
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
