//! Modules in C, as Debian ships them, load into the runtime and work; those that cannot load say
//! which file it is and what does not fit.

mod support;

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};
use support::{Answer, Event, Function, IS_LUAJIT, LANGUAGE, VERSION};

/// Where Debian keeps Lua's C modules, and how the tests' own architecture and another are named.
const FOLDER: &str = if cfg!(target_arch = "aarch64") {
    "/usr/lib/aarch64-linux-gnu/lua"
} else {
    "/usr/lib/x86_64-linux-gnu/lua"
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

/// The version of the other interpreter.
const OTHER_VERSION: &str = if IS_LUAJIT { "5.4" } else { "5.1" };

/// A handler with this body and Debian's modules of the same Lua, ours after them.
fn debian(body: &str) -> Function {
    let source = format!("return {{ handler = function(event)\n{body}\nend }}");
    Function::new("main.lua", source)
        .env(
            "LUA_PATH",
            &format!("/usr/share/lua/{VERSION}/?.lua;/usr/share/lua/{VERSION}/?/init.lua;;"),
        )
        .env("LUA_CPATH", &format!("{FOLDER}/{VERSION}/?.so;;"))
}

#[track_caller]
fn answer(function: Function, event: &str) -> Value {
    let run = function.invoke(Event::json(event)).run();
    let post = run.post();
    assert!(post.path.ends_with("/response"), "{}", run.transcript());
    post.json()
}

#[test]
fn cjson_of_debian_goes_before_ours_and_shares_its_null() {
    let function = debian(
        r#"
        local json = require("lambda.json")
        local cjson, file = require("cjson"), package.searchpath("cjson", package.cpath)
        local value = cjson.decode('{"a":[1,2,null],"b":"\\u00e9"}')
        assert(value.a[3] == json.null and value.a[3] == cjson.null and value.b == "é")
        return { file, cjson.encode(event), (require("cjson.safe")).decode("{") == nil }
        "#,
    );
    let expected = json!([
        format!("{FOLDER}/{VERSION}/cjson.so"),
        r#"{"k":[1,"x",null]}"#,
        true
    ]);
    assert_eq!(answer(function, r#"{"k":[1,"x",null]}"#), expected);
}

#[test]
fn lpeg_matches() {
    let function = debian(
        r#"
        local lpeg, re = require("lpeg"), require("re")
        local number = lpeg.C(lpeg.R("09") ^ 1) / tonumber
        local list = lpeg.Ct(number * ("," * number) ^ 0)
        -- A pattern that calls back into Lua, and one that raises through C frames.
        local calls = lpeg.P(function(_, at) return at + 1 end)
        local raises = lpeg.P(function() error({ type = "Raised", message = "through C" }) end)
        local ok, err = pcall(lpeg.match, raises, "x")
        return { lpeg.match(list, event), lpeg.match(calls, "x"), re.find("abc42", "[0-9]+"), ok, err.type }
        "#,
    );
    let expected = json!([[1, 22, 333], 2, 4, false, "Raised"]);
    assert_eq!(answer(function, r#""1,22,333""#), expected);
}

#[test]
fn lfs_reads_the_task_root() {
    let function = debian(
        r#"
        local lfs = require("lfs")
        local names = {}
        for name in lfs.dir(".") do
          if name:sub(1, 1) ~= "." then names[#names + 1] = name end
        end
        table.sort(names)
        return { lfs.currentdir(), names, lfs.attributes("data.txt", "size"), (select(2, lfs.attributes("none"))) }
        "#,
    );
    let root = function.root().path().to_owned();
    let function = function.file("data.txt", "12345");
    let expected = json!([
        root,
        ["data.txt", "main.lua"],
        5,
        "cannot obtain information from file 'none': No such file or directory"
    ]);
    assert_eq!(answer(function, "{}"), expected);
}

#[test]
fn socket_talks_over_loopback() {
    let function = debian(
        r#"
        local socket, mime, ltn12 = require("socket"), require("mime"), require("ltn12")
        local server = assert(socket.bind("127.0.0.1", 0))
        local _, port = server:getsockname()
        local client = assert(socket.connect("127.0.0.1", port))
        local peer = assert(server:accept())
        assert(client:send(event .. "\n"))
        local line = assert(peer:receive())
        client:close() peer:close() server:close()
        local pieces = {}
        ltn12.pump.all(ltn12.source.string(line), ltn12.sink.chain(mime.encode("base64"), (ltn12.sink.table(pieces))))
        return { line, table.concat(pieces), require("socket.url").parse("http://h:1/p").port }
        "#,
    );
    assert_eq!(
        answer(function, r#""hello""#),
        json!(["hello", "aGVsbG8=", "1"])
    );
}

#[test]
fn penlight_works_on_top_of_lfs() {
    let function = debian(
        r#"
        local List, stringx = require("pl.List"), require("pl.stringx")
        local path, pretty = require("pl.path"), require("pl.pretty")
        local doubled = List(event):map(function(n) return n * 2 end)
        return { stringx.join("-", doubled), path.isfile("main.lua"), pretty.write({ a = 1 }, "") }
        "#,
    );
    assert_eq!(answer(function, "[1,2,3]"), json!(["2-4-6", true, "{a=1}"]));
}

#[test]
fn a_c_module_serves_event_after_event() {
    let body =
        r#"return require("lpeg").match(require("lpeg").C(require("lpeg").P(1) ^ 0), event)"#;
    let mut function = debian(body);
    for number in 0..100 {
        function = function.invoke(Event::json(format!(r#""{number}""#)));
    }
    let run = function.run();
    let sent: Vec<_> = run.posts().iter().map(|post| post.json()).collect();
    let expected: Vec<_> = (0..100).map(|number| json!(number.to_string())).collect();
    assert_eq!(sent, expected);
}

// --- What does not fit
// ----------------------------------------------------------------------------

/// Requires the module `wrong`, whose library the task root holds; gives the message.
#[track_caller]
fn refusal(function: Function) -> String {
    let run = function.invoke(Event::json("{}")).run();
    let message = run.post().json();
    message.as_str().expect("a string").to_owned()
}

fn wrong(library: impl AsRef<[u8]>) -> Function {
    let body = r#"
        local ok, message = pcall(require, "wrong")
        assert(not ok, "it loaded")
        return message
    "#;
    let source = format!("return {{ handler = function()\n{body}\nend }}");
    Function::new("main.lua", source).file("wrong.so", library)
}

/// lpeg with some bytes of its header changed.
fn patched(changes: &[(usize, u8)]) -> Vec<u8> {
    let mut library =
        fs::read(Path::new(FOLDER).join(format!("{VERSION}/lpeg.so"))).expect("run `tests/setup`");
    for (at, byte) in changes {
        library[*at] = *byte;
    }
    library
}

#[track_caller]
fn assert_names(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "no {part:?} in: {message}");
    }
}

#[test]
fn a_module_for_another_architecture_names_both() {
    // elf.h: e_machine is the 16 bits at 18.
    let message = refusal(wrong(patched(&[(18, OTHER.0), (19, 0)])));
    let built = format!("wrong.so is built for {};", OTHER.1);
    assert_names(&message, &[&built, &format!("this process runs on {OURS}")]);
}

#[test]
fn a_module_of_32_bits_says_so() {
    // elf.h: EI_CLASS is the byte at 4, ELFCLASS32 is 1.
    let message = refusal(wrong(patched(&[(4, 1)])));
    assert_names(
        &message,
        &["wrong.so is a 32-bit library", &format!("64-bit {OURS}")],
    );
}

#[test]
fn modules_for_other_luas_name_both() {
    for (version, module) in [
        (OTHER_VERSION, "cjson"),
        (OTHER_VERSION, "lpeg"),
        (OTHER_VERSION, "lfs"),
        ("5.3", "cjson"),
        ("5.3", "lpeg"),
        ("5.3", "lfs"),
    ] {
        let library = fs::read(format!("{FOLDER}/{version}/{module}.so")).expect("`tests/setup`");
        let body = format!("return select(2, pcall(require, '{module}'))");
        let source = format!("return {{ handler = function() {body} end }}");
        let function = Function::new("main.lua", source).file(&format!("{module}.so"), library);
        let run = function.invoke(Event::json("{}")).run();
        let message = run.post().json();
        let message = message
            .as_str()
            .unwrap_or_else(|| panic!("{module} of {version} loaded"));
        assert_names(
            message,
            &[
                &format!("{module}.so is built for "),
                &format!("this one is {LANGUAGE}"),
                &format!("`luarocks --lua-version {VERSION}`"),
            ],
        );
        if version == OTHER_VERSION {
            assert_names(message, &[&format!("for Lua {version}")]);
        }
    }
}

#[test]
fn a_module_for_a_newer_glibc_names_both() {
    let function = wrong("");
    let root = function.root().path();
    // A C library of the future: one symbol, at a version that no system has yet.
    let build = r#"
        set -e
        cd "$1"
        echo 'void future(void) {}' >libc.c
        echo 'GLIBC_2.99 { global: future; };' >libc.map
        gcc -shared -fPIC -nostdlib -Wl,-soname,libc.so.6 -Wl,--version-script=libc.map \
          -o libc.so.6 libc.c
        echo 'void future(void); int luaopen_wrong(void *l) { future(); return 0; }' >wrong.c
        gcc -shared -fPIC -nostdlib -o wrong.so wrong.c ./libc.so.6
        rm libc.c libc.map libc.so.6 wrong.c
    "#;
    let built = Command::new("sh")
        .args(["-c", build, "sh"])
        .arg(root)
        .output();
    let built = built.expect("a shell");
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let message = refusal(function);
    assert_names(&message, &["wrong.so needs glibc 2.99; this system has 2."]);
}

#[test]
fn a_file_that_is_no_library_says_so() {
    for content in [&b"not a library\n"[..], b"", b"\x7fELF"] {
        let message = refusal(wrong(content));
        assert_names(
            &message,
            &["wrong.so is not a shared library of Linux (ELF)", OURS],
        );
    }
}

#[test]
fn a_library_without_the_modules_function_names_it() {
    let message = refusal(wrong(patched(&[])));
    assert_names(&message, &["wrong.so", "luaopen_wrong"]);
}

#[test]
fn a_library_that_may_not_be_read_says_so() {
    // Root reads everything, so another user is needed.
    let function = wrong(patched(&[])).mode("wrong.so", 0).uid(65_534);
    assert_names(&refusal(function), &["wrong.so", "Permission denied"]);
}

#[test]
fn a_wrong_library_at_load_is_an_init_error() {
    let run = Function::new("main.lua", "require('wrong')")
        .file("wrong.so", patched(&[(18, OTHER.0), (19, 0)]))
        .posted(Answer::accepted())
        .ends()
        .run();
    assert_eq!(run.exit_code(), 1);
    let post = run.post();
    assert_eq!(post.path, "/2018-06-01/runtime/init/error");
    assert_eq!(post.json()["errorType"], "Runtime.ImportModuleError");
    let message = post.json()["errorMessage"].to_string();
    assert_names(&message, &["wrong.so is built for ", OTHER.1, OURS]);
}
