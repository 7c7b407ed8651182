//! `bootstrap`, and by the name `lua` the stand-alone interpreter: one binary, told apart by how it
//! is called.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let program = std::env::args_os().next().unwrap_or_default();
    if Path::new(&program).file_name() == Some(OsStr::new("lua")) {
        moonlayer::standalone()
    } else {
        moonlayer::bootstrap()
    }
}
