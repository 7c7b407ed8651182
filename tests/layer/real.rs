//! The layer as it is released: built by this machine's cargo.

use std::env;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::checkout::copy_project;
use super::outcome::succeeds;
use super::support::{Event, Folder, Function, Process, project};
use super::tools::path_with_tools;

/// The processor of this machine, in Lambda's words.
const ARCH: &str = if cfg!(target_arch = "aarch64") {
    "arm64"
} else {
    "x86_64"
};

/// `moonlayer layer build` in a checkout, for this machine's processor.
fn building(checkout: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moonlayer"));
    command
        .args(["layer", "build", "--arch", ARCH])
        .args(arguments)
        .current_dir(checkout)
        // Where the machine's own glibc is too new, cargo-zigbuild is among the tools.
        .env("PATH", path_with_tools());
    command
}

/// Runs `moonlayer layer build` in this checkout.
#[track_caller]
fn build(arguments: &[&str]) {
    let mut command = building(&project(), arguments);
    succeeds(&command.output().expect("the built binary"));
}

/// The layer, as Lambda unpacks it under `/opt`.
fn unzipped() -> Folder {
    let opt = Folder::new();
    build(&["--unzipped", &opt.path().display().to_string()]);
    opt
}

/// Builds the zip of the layer with `interpreter`, which is small, and unpacks it.
#[track_caller]
fn zipped(interpreter: &str) -> Folder {
    let zips = Folder::new();
    let dir = zips.path().display().to_string();
    build(&["--interpreter", interpreter, "--output", &dir]);
    let path = zips.path().join(format!("{interpreter}-{ARCH}.zip"));
    let size = fs::metadata(&path).expect("the zip").len();
    assert!(size < 2_000_000, "{size} bytes");
    let mut unzip = Command::new("unzip");
    unzip
        .arg("-q")
        .arg(path)
        .arg("-d")
        .arg(zips.path().join("opt"));
    succeeds(&unzip.output().expect("unzip"));
    zips
}

/// The newest version of glibc that the symbols of `executable` are of, as binutils read it.
fn newest_glibc(executable: &Path) -> String {
    let output = Command::new("objdump").arg("-T").arg(executable).output();
    let symbols = succeeds(&output.expect("binutils come with gcc"));
    let versions = symbols
        .split(|c: char| c.is_whitespace() || "()".contains(c))
        .filter_map(|word| word.strip_prefix("GLIBC_"))
        .map(|version| {
            version
                .split('.')
                .map(|part| part.parse().expect("a number"))
        });
    let newest: Vec<u32> = versions
        .map(Iterator::collect)
        .max()
        .expect("it calls libc");
    newest
        .iter()
        .map(u32::to_string)
        .collect::<Vec<_>>()
        .join(".")
}

/// What the interpreter of the layer in `opt` prints for `code`.
#[track_caller]
fn prints(opt: &Path, code: &str) -> String {
    let mut lua = Command::new(opt.join("bin/lua"));
    succeeds(&lua.args(["-e", code]).output().expect("the interpreter"))
}

#[test]
fn the_real_layer_is_small_and_runs_without_its_zip() {
    let opt = unzipped();
    let zipped = zipped("lua-54");
    let bootstrap = fs::read(opt.path().join("bootstrap")).expect("the runtime");
    let other = fs::read(zipped.path().join("opt/bootstrap")).expect("the runtime");
    assert!(other == bootstrap, "the zip's is another");
    assert_eq!(prints(opt.path(), "io.write(_VERSION)"), "Lua 5.4");
    assert_eq!(newest_glibc(&opt.path().join("bootstrap")), "2.34");
}

#[test]
fn another_folder_another_user_and_other_flags_give_the_same_bytes() {
    let folder = Folder::new();
    let other = folder.path().join("another, longer place/checkout");
    copy_project(&other);
    // Of another user too: the crates have other paths, though nothing is fetched again.
    let theirs = folder.path().join("cargo");
    fs::create_dir(&theirs).expect("a new folder");
    for name in ["config.toml", "registry"] {
        if cargo_home().join(name).exists() {
            symlink(cargo_home().join(name), theirs.join(name)).expect("a new link");
        }
    }
    let out = folder.path().join("out");
    let mut command = building(&other, &["--output", &out.display().to_string()]);
    command
        .env("CARGO_HOME", theirs)
        .env("CFLAGS", "-O1 -DLUAI_MAXCCALLS=100")
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("RUSTFLAGS", "-C target-cpu=native");
    succeeds(&command.output().expect("the built binary"));

    let zips = Folder::new();
    build(&["--output", &zips.path().display().to_string()]);
    for name in [".cdx.json", ".zip", ".zip.sha256"].map(|end| format!("lua-54-{ARCH}{end}")) {
        let [one, two] = [zips.path(), &out].map(|dir| fs::read(dir.join(&name)).expect("a file"));
        assert!(one == two, "{name} is another");
    }
}

/// Where cargo keeps the sources of the crates.
fn cargo_home() -> PathBuf {
    let set = env::var_os("CARGO_HOME").map(PathBuf::from);
    set.unwrap_or_else(|| PathBuf::from(env::var_os("HOME").expect("a home")).join(".cargo"))
}

#[test]
fn the_real_layer_of_luajit_is_small_and_compiles_while_it_runs() {
    let zipped = zipped("luajit-21");
    let opt = zipped.path().join("opt");
    let code = "io.write(_VERSION, ' ', jit.version:sub(1, 10), ' ', tostring(jit.status()))";
    assert_eq!(prints(&opt, code), "Lua 5.1 LuaJIT 2.1 true");
    assert_eq!(newest_glibc(&opt.join("bootstrap")), "2.34");
    // A loop that is compiled looks at no hook, unless LuaJIT was built to have it look.
    let source = "return { handler = function() local n = 0 while true do n = n + 1 end end }";
    let run = Function::new("app.lua", source)
        .program(opt.join("bootstrap"))
        .invoke(Event::json("{}").left(Duration::from_millis(300)))
        .run();
    assert_eq!(run.post().json()["errorType"], "Function.Timeout");
}

#[test]
fn a_function_at_rest_occupies_less_than_3_5_mb() {
    let opt = unzipped();
    let task = Folder::new();
    task.file(
        "echo.lua",
        "return { handler = function(event) return event end }",
    );
    let api = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = api.local_addr().expect("it listens");
    // The kernel maps more of a file that was written in large pieces, and lies so in the page cache:
    // written page by page, it is the program's doing alone how much is touched.
    let bootstrap = task.path().join("bootstrap");
    let mut copy = File::create(&bootstrap).expect("a new file");
    for page in fs::read(opt.path().join("bootstrap"))
        .expect("the runtime")
        .chunks(4096)
    {
        copy.write_all(page).expect("room for a copy");
    }
    drop(copy);
    task.mode("bootstrap", 0o755);
    let mut command = Command::new(bootstrap);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("LAMBDA_TASK_ROOT", task.path())
        .env("_HANDLER", "echo.handler");
    // Should it end early, the connection that is awaited is this one, without a request.
    let process = Process::spawn(&mut command, move || drop(TcpStream::connect(address)));
    let (mut connection, _) = api.accept().expect("a connection");
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if connection.read(&mut byte).expect("a readable connection") == 0 {
            let (status, _, stderr, _) = process.kill();
            panic!("{status}: {}", String::from_utf8_lossy(&stderr));
        }
        request.extend(byte);
    }
    assert!(request.starts_with(b"GET /2018-06-01/runtime/invocation/next "));

    let status = fs::read_to_string(format!("/proc/{}/status", process.id())).expect("it runs");
    let kilobytes: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"))
        .and_then(|number| number.trim().parse().ok())
        .expect("the kernel says how much it occupies");
    assert!(kilobytes <= 3_500, "{kilobytes} kB");
}
