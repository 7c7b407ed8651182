//! `moonlayer`, the developer's tool.
//!
//! Called by the name `bootstrap` it is the Lambda runtime, and by the name `lua` the stand-alone
//! interpreter: so it runs functions with nothing else installed.

mod bootstrap;
mod emulator;
mod event;
mod invoke;
mod layer;
mod package;
mod samples;
mod variables;

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Lua on AWS Lambda: run functions on this machine as Lambda would.
///
/// Results go to stdout, logs and errors to stderr. The exit status is 0 only on success.
#[derive(Debug, Parser)]
#[command(name = "moonlayer", version, max_term_width = 100, after_help = EXAMPLE)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// One file of this crate each.
#[derive(Debug, Subcommand)]
enum Command {
    Invoke(Box<invoke::Args>),
    /// The layer that functions share
    Layer(layer::Layer),
    Package(Box<package::Package>),
}

fn main() -> ExitCode {
    let name = std::env::args_os().next().unwrap_or_default();
    match file_name(&name).to_str() {
        Some("bootstrap") => moonlayer::bootstrap(),
        Some("lua") => moonlayer::standalone(),
        // A wrapper starts the bootstrap by its file's name, which is ours.
        _ if moonlayer::is_wrapped() => moonlayer::bootstrap(),
        _ => run(Cli::parse()),
    }
}

fn run(cli: Cli) -> ExitCode {
    let result = match cli.command {
        Command::Invoke(args) => invoke::run(*args),
        Command::Layer(layer) => layer.run(),
        Command::Package(package) => package.run().map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        // Whoever reads it may be gone, which is no reason to panic.
        let _ = writeln!(io::stderr(), "error: {error:#}");
        ExitCode::FAILURE
    })
}

fn file_name(path: &OsString) -> &OsStr {
    Path::new(path).file_name().unwrap_or_default()
}

const EXAMPLE: &str = r#"Example:
  moonlayer invoke hello.handler --root sample-functions/hello -d '{"name":"Ada"}'"#;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
