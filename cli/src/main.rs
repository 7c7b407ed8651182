//! `moonlayer`, the developer's tool.

fn main() -> std::process::ExitCode {
    moonlayer::bootstrap()
}
