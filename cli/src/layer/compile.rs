//! Compiles `bootstrap` so that its bytes depend on the sources and the compilers alone, and run
//! on Amazon Linux 2023.

use std::fs::{self, File, OpenOptions};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use nix::fcntl::{Flock, FlockArg};

use super::build::create_folder;
use super::checkout::{Checkout, answer, cargo, line, start};
use super::elf;
use super::tool::{Tool, ways_out};
use super::variant::Variant;

/// The crate of the runtime.
pub const RUNTIME: &str = "moonlayer";

/// Waits until no other build is at work in `checkout`; until the lock is dropped, none begins.
///
/// # Errors
/// The file system's.
pub fn turn(checkout: &Checkout) -> anyhow::Result<Flock<File>> {
    let folder = folder(checkout);
    create_folder(&folder)?;
    let path = folder.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    Flock::lock(file, FlockArg::LockExclusive)
        .map_err(|(_, errno)| errno)
        .with_context(|| format!("cannot lock {}", path.display()))
}

/// The bytes of `bootstrap`, compiled for `variant` by the one whose turn it is.
///
/// # Errors
/// cargo failed, or the executable would not start on Amazon Linux 2023.
pub fn bootstrap(checkout: &Checkout, variant: Variant) -> anyhow::Result<Vec<u8>> {
    let target_dir = folder(checkout);
    let triple = variant.arch.triple();
    let built = target_dir.join(triple).join("release/bootstrap");
    let host = host(checkout)?;
    let mut why = format!("this machine builds for {host}, not for {triple}");
    for tool in Tool::ALL {
        if !tool.serves(checkout, variant, &host) {
            continue;
        }
        let mut build = tool.prepare(checkout, variant, &target_dir)?;
        run(&mut build.command)?;
        let executable = fs::read(&built)
            .with_context(|| format!("cannot read what cargo built, {}", built.display()))?;
        build.paths.assert_absent(&executable)?;
        match elf::too_new(&executable, variant.arch)? {
            None => return Ok(executable),
            Some(version) => why = tool.too_new(&version),
        }
    }
    bail!("{why}; {}", ways_out(checkout, variant, &host))
}

/// Runs `command`, whose output is for the person at the terminal.
fn run(command: &mut Command) -> anyhow::Result<()> {
    // cargo talks on stderr; stdout is for our own result.
    let status = start(command.stdout(Stdio::null()), Command::status)?;
    ensure!(
        status.success(),
        "{} failed ({status}); what it said stands above",
        line(command)
    );
    Ok(())
}

/// The target that cargo builds for unless told otherwise.
fn host(checkout: &Checkout) -> anyhow::Result<String> {
    let version = answer(cargo(&checkout.root).arg("-vV"))?;
    String::from_utf8_lossy(&version)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .context("`cargo -vV` does not say which machine this is; update Rust")
}

/// Where cargo compiles. One folder for all: what two of them have in common is compiled once, and
/// cargo keeps the rest apart.
fn folder(checkout: &Checkout) -> PathBuf {
    checkout.root.join("target/layer-build")
}
