//! C modules under `moonlayer invoke`: the tool runs the runtime out of its own executable, so it
//! is this executable that must export Lua to them.

#[path = "support/interpreter.rs"]
#[allow(dead_code)]
mod interpreter;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use interpreter::VERSION;

/// Where Debian keeps Lua's C modules.
const FOLDER: &str = if cfg!(target_arch = "aarch64") {
    "/usr/lib/aarch64-linux-gnu/lua"
} else {
    "/usr/lib/x86_64-linux-gnu/lua"
};

/// Runs a handler with this body and Debian's modules.
fn invoke(name: &str, body: &str) -> Output {
    let root = task_root(name);
    let source = format!("return {{ handler = function(event)\n{body}\nend }}");
    fs::write(root.join("main.lua"), source).expect("a folder of our own");
    Command::new(env!("CARGO_BIN_EXE_moonlayer"))
        .args(["invoke", "main.handler", "-d", r#"{"n":1}"#, "--root"])
        .arg(&root)
        // LUA_* of the shell does not reach the function, so it is given as the function's own.
        .args([
            "--env",
            &format!(
                "LUA_PATH=/usr/share/lua/{VERSION}/?.lua;/usr/share/lua/{VERSION}/?/init.lua;;"
            ),
        ])
        .args(["--env", &format!("LUA_CPATH={FOLDER}/{VERSION}/?.so;;")])
        .output()
        .expect("the built binary")
}

fn task_root(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("invoke_c_modules")
        .join(name);
    fs::create_dir_all(&root).expect("a folder for tests");
    root
}

#[track_caller]
fn assert_answer(output: &Output, expected: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("{expected}\n")
    );
}

#[test]
fn cjson_loads() {
    // `require` of Lua 5.1 does not tell the file.
    let body = r#"local file = package.searchpath("cjson", package.cpath)
        return { file, require("cjson").encode(event) }"#;
    let expected = format!(r#"["{FOLDER}/{VERSION}/cjson.so","{{\"n\":1}}"]"#);
    assert_answer(&invoke("cjson", body), &expected);
}

#[test]
fn lpeg_loads() {
    let body = r#"return (require("re").find("abc42", "[0-9]+"))"#;
    assert_answer(&invoke("lpeg", body), "4");
}

#[test]
fn lfs_loads() {
    let body = r#"return require("lfs").attributes("main.lua", "mode")"#;
    assert_answer(&invoke("lfs", body), r#""file""#);
}

#[test]
fn socket_loads() {
    let body = r#"local server = assert(require("socket").bind("127.0.0.1", 0)) return (server:getsockname())"#;
    assert_answer(&invoke("socket", body), r#""127.0.0.1""#);
}
