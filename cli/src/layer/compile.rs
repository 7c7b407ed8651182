//! Compiles `bootstrap` so that its bytes depend on the sources and the compilers alone, and run
//! on Amazon Linux 2023.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use nix::fcntl::{Flock, FlockArg};

use super::build::{Arch, create_folder};
use super::checkout::{Checkout, answer, cargo, line, start};
use super::elf;

/// The bytes of `bootstrap`, compiled for `arch`.
///
/// # Errors
/// cargo failed, or the executable would not start on Amazon Linux 2023.
pub fn bootstrap(checkout: &Checkout, arch: Arch) -> anyhow::Result<Vec<u8>> {
    let paths = MachinePaths::of(checkout)?;
    let target_dir = checkout.root.join("target/layer-build");
    create_folder(&target_dir)?;
    // Held until the bytes are read: another build may be about to replace them.
    let _turn = lock(&target_dir.join("lock"))?;
    let built = target_dir.join(arch.triple()).join("release/bootstrap");
    let compile = |tool: Tool| -> anyhow::Result<Vec<u8>> {
        run(&mut tool.command(checkout, arch, &paths, &target_dir))?;
        let executable = fs::read(&built)
            .with_context(|| format!("cannot read what cargo built, {}", built.display()))?;
        paths.assert_absent(&executable)?;
        Ok(executable)
    };

    let host = host(checkout)?;
    let why = if host == arch.triple() {
        let executable = compile(Tool::Cargo)?;
        match elf::too_new(&executable, arch)? {
            None => return Ok(executable),
            Some(version) => format!(
                "this machine's glibc makes bootstrap need {version}, and Amazon Linux 2023 has \
                 glibc {}",
                elf::AMAZON_LINUX
            ),
        }
    } else {
        format!("this machine builds for {host}, not for {}", arch.triple())
    };
    if !has_zigbuild(checkout) {
        bail!("{why}; {}", ways_out(arch));
    }
    let executable = compile(Tool::Zigbuild)?;
    if let Some(version) = elf::too_new(&executable, arch)? {
        bail!(
            "bootstrap needs {version} even when cargo-zigbuild links it for glibc {}; \
             update cargo-zigbuild and zig, or build with Dockerfile.build",
            elf::AMAZON_LINUX
        );
    }
    Ok(executable)
}

/// What to do on a machine whose own linker cannot make the binary for Amazon Linux.
fn ways_out(arch: Arch) -> String {
    format!(
        "either install cargo-zigbuild and zig (`pip install cargo-zigbuild ziglang`) and repeat \
         this command, which then builds with `cargo zigbuild --target {}.{}`, or build in a \
         container of that platform: `docker build -f Dockerfile.build --target layer --output \
         target/layer .`",
        arch.triple(),
        elf::AMAZON_LINUX
    )
}

/// What compiles and links.
#[derive(Clone, Copy)]
enum Tool {
    /// cargo with the machine's own linker.
    Cargo,
    /// cargo-zigbuild, which links for an older glibc than the machine's.
    Zigbuild,
}

impl Tool {
    fn command(self, checkout: &Checkout, arch: Arch, paths: &MachinePaths, dir: &Path) -> Command {
        let mut command = cargo(&checkout.root);
        let target = match self {
            Self::Cargo => command.arg("build").arg("--target").arg(arch.triple()),
            Self::Zigbuild => command.arg("zigbuild").arg("--target").arg(format!(
                "{}.{}",
                arch.triple(),
                elf::AMAZON_LINUX
            )),
        };
        target
            .args([
                "--release",
                "--locked",
                "--package=moonlayer",
                "--bin=bootstrap",
            ])
            .arg("--target-dir")
            .arg(dir)
            .env("CARGO_ENCODED_RUSTFLAGS", paths.rustflags())
            .env("CC_SHELL_ESCAPED_FLAGS", "1")
            .env(
                format!("CFLAGS_{}", arch.triple().replace('-', "_")),
                paths.cflags(),
            );
        command
    }
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

fn has_zigbuild(checkout: &Checkout) -> bool {
    answer(cargo(&checkout.root).args(["zigbuild", "--help"])).is_ok()
}

/// The target that cargo builds for unless told otherwise.
fn host(checkout: &Checkout) -> anyhow::Result<String> {
    let version = answer(cargo(&checkout.root).arg("-vV"))?;
    String::from_utf8_lossy(&version)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .context("`cargo -vV` does not say which machine this is; update Rust")
}

/// Waits until no other build uses the folder.
fn lock(path: &Path) -> anyhow::Result<Flock<File>> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path);
    let file = file.with_context(|| format!("cannot write {}", path.display()))?;
    Flock::lock(file, FlockArg::LockExclusive)
        .map_err(|(_, errno)| errno)
        .with_context(|| format!("cannot lock {}", path.display()))
}

/// The folders of this machine that compilers write into binaries, each with the name that stands
/// for it.
struct MachinePaths {
    /// Longest last: of the prefixes that fit, rustc and C compilers take the last.
    names: Vec<(PathBuf, String)>,
    /// The folders of crates and of the compiler, which must not be found in the binary.
    forbidden: Vec<PathBuf>,
}

impl MachinePaths {
    fn of(checkout: &Checkout) -> anyhow::Result<Self> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let ask = |argument: &[&str]| -> anyhow::Result<String> {
            let answer = answer(
                Command::new(&rustc)
                    .args(argument)
                    .current_dir(&checkout.root),
            )?;
            String::from_utf8(answer)
                .context("the folder of the compiler has a name that is not UTF-8; move it")
        };
        let version = ask(&["-vV"])?;
        let commit = version
            .lines()
            .find_map(|line| line.strip_prefix("commit-hash: "));
        // Where rustup has installed the standard library's sources, rustc names them in place of
        // their usual name.
        let library =
            Path::new(ask(&["--print", "sysroot"])?.trim_end()).join("lib/rustlib/src/rust");
        let mut names = vec![
            (checkout.root.clone(), "moonlayer".to_owned()),
            (
                library.clone(),
                format!("/rustc/{}", commit.unwrap_or("unknown")),
            ),
        ];
        let mut forbidden = vec![checkout.root.join("target"), library];
        for package in &checkout.packages {
            let folder = package.folder();
            forbidden.push(folder.to_owned());
            if let Some(registry) = folder.parent()
                && !folder.starts_with(&checkout.root)
                && !names.iter().any(|(path, _)| path == registry)
            {
                names.push((registry.to_owned(), "crates".to_owned()));
            }
        }
        names.sort_by_key(|(path, _)| path.as_os_str().len());
        Ok(Self { names, forbidden })
    }

    /// For rustc, in the form of `CARGO_ENCODED_RUSTFLAGS`; takes the place of flags set elsewhere.
    fn rustflags(&self) -> OsString {
        let mut flags = OsString::new();
        for (path, name) in &self.names {
            if !flags.is_empty() {
                flags.push("\u{1f}");
            }
            flags.push("--remap-path-prefix=");
            flags.push(path);
            flags.push(format!("={name}"));
        }
        flags
    }

    /// For the C compiler that builds Lua, quoted as a shell wants it.
    fn cflags(&self) -> OsString {
        let mut flags = OsString::new();
        for (path, name) in &self.names {
            let path = path.display().to_string().replace('\'', r"'\''");
            flags.push(format!("'-ffile-prefix-map={path}={name}' "));
        }
        flags
    }

    /// # Errors
    /// A path of this machine stands in `executable`, which another machine would then build with
    /// other bytes.
    fn assert_absent(&self, executable: &[u8]) -> anyhow::Result<()> {
        for path in &self.forbidden {
            let mut folder = path.as_os_str().as_encoded_bytes().to_owned();
            folder.push(b'/');
            ensure!(
                memchr::memmem::find(executable, &folder).is_none(),
                "the path {} of this machine stands in bootstrap, so that its bytes would differ \
                 elsewhere; find the crate that embeds it (`strings`) and remap it",
                path.display()
            );
        }
        Ok(())
    }
}
