//! `bootstrap`; called by the name `lua`, the stand-alone interpreter.

use std::path::Path;

fn main() -> std::process::ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    if Path::new(&name)
        .file_name()
        .is_some_and(|name| name == "lua")
    {
        moonlayer::standalone()
    } else {
        moonlayer::bootstrap()
    }
}
