//! `bootstrap`; called by the name `lua`, the stand-alone interpreter.

fn main() -> std::process::ExitCode {
    moonlayer::bootstrap()
}
