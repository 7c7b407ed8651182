//! Lua on AWS Lambda: the runtime behind `/opt/bootstrap`.

pub mod json;
pub mod modules;
mod standalone;
mod state;

use std::process::ExitCode;

/// Runs the Lambda runtime: `bootstrap`.
pub fn bootstrap() -> ExitCode {
    ExitCode::SUCCESS
}

/// Runs the stand-alone Lua interpreter: `lua`.
pub fn standalone() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    let lua = state::bare(standalone::ignores_environment(&args));
    standalone::run(&lua, args)
}
