//! The layer as it is released: built by this machine's cargo.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use super::outcome::{entry, open, succeeds};
use super::support::{Folder, Process, project};
use super::tools::path_with_tools;

/// Runs `moonlayer layer build` in this checkout.
fn build(arguments: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moonlayer"));
    command
        .args(["layer", "build"])
        .args(arguments)
        .current_dir(project())
        // Where the machine's own glibc is too new, cargo-zigbuild is among the tools.
        .env("PATH", path_with_tools());
    succeeds(&command.output().expect("the built binary"));
}

/// The layer, as Lambda unpacks it under `/opt`.
fn unzipped() -> Folder {
    let opt = Folder::new();
    build(&["--unzipped", &opt.path().display().to_string()]);
    opt
}

#[test]
fn the_real_layer_is_small_and_runs_without_its_zip() {
    let opt = unzipped();
    let zips = Folder::new();
    build(&["--output", &zips.path().display().to_string()]);
    let path = zips.path().join("lua-54-x86_64.zip");
    let size = fs::metadata(&path).expect("the zip").len();
    assert!(size < 2_000_000, "{size} bytes");
    let bootstrap = fs::read(opt.path().join("bootstrap")).expect("the runtime");
    assert!(
        entry(&mut open(&path), "bootstrap") == bootstrap,
        "the zip's is another"
    );
    let lua = Command::new(opt.path().join("bin/lua"))
        .args(["-e", "io.write(_VERSION)"])
        .output()
        .expect("the interpreter");
    assert_eq!(succeeds(&lua), "Lua 5.4");
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
