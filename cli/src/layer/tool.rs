//! What compiles and links a layer's `bootstrap`: the compilers that a machine may have.

use std::env;
use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use tempfile::TempDir;

use super::checkout::{Checkout, answer, cargo};
use super::compile::RUNTIME;
use super::elf;
use super::machine_paths::{MachinePaths, not_plain};
use super::variant::{Arch, Interpreter, Variant};

/// A set of compilers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// cargo with the machine's own compilers, for its own processor.
    Native,
    /// cargo with Rust's target for the processor, and a cross compiler for C and the linking.
    Cross,
    /// cargo-zigbuild, which links for an older glibc than the machine's.
    Zigbuild,
    /// What `layer/arm64-toolchain` has brought.
    Arm64Toolchain,
}

impl Tool {
    /// All, in the order in which they are tried.
    pub const ALL: [Self; 4] = [
        Self::Native,
        Self::Cross,
        Self::Zigbuild,
        Self::Arm64Toolchain,
    ];

    /// Whether this machine, for which cargo compiles as `host`, has it and it serves for
    /// `variant`.
    pub fn serves(self, checkout: &Checkout, variant: Variant, host: &str) -> bool {
        let Variant { interpreter, arch } = variant;
        match self {
            Self::Native => host == arch.triple(),
            Self::Cross => {
                host != arch.triple()
                    && host.ends_with("-linux-gnu")
                    && has_target(checkout, arch)
                    && Command::new(arch.cross_compiler())
                        .arg("--version")
                        .stdin(Stdio::null())
                        .output()
                        .is_ok_and(|output| output.status.success())
            }
            // LuaJIT's build links programs of its own, which lack libunwind under zig.
            Self::Zigbuild => {
                interpreter != Interpreter::Luajit21
                    && has_target(checkout, arch)
                    && answer(cargo(&checkout.root).args(["zigbuild", "--help"])).is_ok()
            }
            Self::Arm64Toolchain => {
                arch == Arch::Arm64
                    && host == Arch::X86_64.triple()
                    && checkout.root.join(TOOLCHAIN).join("stamp").is_file()
            }
        }
    }

    /// Why what it made does not run on Amazon Linux: it needs `version` of glibc.
    pub fn too_new(self, version: &str) -> String {
        let amazon = elf::AMAZON_LINUX;
        match self {
            Self::Native => format!(
                "this machine's glibc makes bootstrap need {version}, and Amazon Linux 2023 has \
                 glibc {amazon}"
            ),
            Self::Cross => format!(
                "the cross compiler's glibc makes bootstrap need {version}, and Amazon Linux 2023 \
                 has glibc {amazon}"
            ),
            Self::Zigbuild => format!(
                "bootstrap needs {version} even when cargo-zigbuild links it for glibc {amazon}; \
                 update cargo-zigbuild and zig"
            ),
            Self::Arm64Toolchain => format!(
                "what layer/arm64-toolchain has brought makes bootstrap need {version}, and Amazon \
                 Linux 2023 has glibc {amazon}; remove {TOOLCHAIN} and run it again"
            ),
        }
    }

    /// The command that compiles `variant` into `dir`.
    ///
    /// # Errors
    /// A compiler that cannot be asked for its folders.
    pub fn prepare(
        self,
        checkout: &Checkout,
        variant: Variant,
        dir: &Path,
    ) -> anyhow::Result<Prepared> {
        let Variant { interpreter, arch } = variant;
        let triple = arch.triple();
        let mut command = cargo(&checkout.root);
        let mut rustc = rustc();
        let mut link = None;
        let linker = format!(
            "CARGO_TARGET_{}_LINKER",
            triple.replace('-', "_").to_uppercase()
        );
        if self == Self::Zigbuild {
            let target = format!("{triple}.{}", elf::AMAZON_LINUX);
            command.args(["zigbuild", "--target", &target]);
        } else {
            command.args(["build", "--target", triple]);
        }
        match self {
            Self::Native | Self::Zigbuild => {}
            Self::Cross => {
                command.env(linker, arch.cross_compiler());
            }
            Self::Arm64Toolchain => {
                let mut bin = checkout.root.join(TOOLCHAIN).join("bin");
                rustc = bin.join("rustc").into();
                command.env("RUSTC", &rustc);
                command.env(linker, bin.join(arch.cross_compiler()));
                if bin.display().to_string().contains(not_plain) {
                    let (folder, plain) = plain_name(&bin)?;
                    link = Some(folder);
                    bin = plain;
                }
                command.env("PATH", path_with(&bin)?);
            }
        }
        let paths = MachinePaths::of(checkout, &rustc)?;
        command
            .args([
                "--release",
                "--locked",
                "--package",
                RUNTIME,
                "--bin=bootstrap",
                "--no-default-features",
                "--features",
                interpreter.feature(),
            ])
            .arg("--target-dir")
            .arg(dir)
            .env("CARGO_ENCODED_RUSTFLAGS", paths.rustflags())
            .env("CC_SHELL_ESCAPED_FLAGS", "1")
            .env(
                format!("CFLAGS_{}", triple.replace('-', "_")),
                paths.cflags(interpreter),
            );
        Ok(Prepared {
            command,
            paths,
            _link: link,
        })
    }
}

/// A build that is ready to start.
pub struct Prepared {
    /// cargo, with all that decides the bytes.
    pub command: Command,
    /// What must not stand in the result.
    pub paths: MachinePaths,
    /// Another name of a folder, for as long as the build runs.
    _link: Option<TempDir>,
}

/// What to do on a machine whose compilers cannot make the binary for Amazon Linux.
pub fn ways_out(checkout: &Checkout, variant: Variant, host: &str) -> String {
    let Variant { interpreter, arch } = variant;
    let mut ways = Vec::new();
    if arch == Arch::Arm64
        && host == Arch::X86_64.triple()
        && !checkout.root.join(TOOLCHAIN).join("stamp").is_file()
    {
        ways.push(
            "run `layer/arm64-toolchain` (on Debian and Ubuntu; without root) and repeat this \
             command"
                .to_owned(),
        );
    }
    if host != arch.triple() && host.ends_with("-linux-gnu") {
        ways.push(format!(
            "install the C compiler {} (with a glibc of {} at most) and Rust's target (`rustup \
             target add {}`) and repeat it",
            arch.cross_compiler(),
            elf::AMAZON_LINUX,
            arch.triple()
        ));
    }
    if interpreter != Interpreter::Luajit21 {
        let target = match host == arch.triple() {
            true => String::new(),
            false => format!(
                ", with Rust's target: `rustup target add {}`",
                arch.triple()
            ),
        };
        ways.push(format!(
            "install cargo-zigbuild and zig (`pip install cargo-zigbuild ziglang`{target}) and \
             repeat this command, which then builds with `cargo zigbuild --target {}.{}`",
            arch.triple(),
            elf::AMAZON_LINUX
        ));
    }
    if host != arch.triple() {
        ways.push(format!("build on a machine with {arch} processor"));
    }
    ways.push(format!(
        "build in a container of that platform: `docker build -f Dockerfile.build --platform {} \
         --build-arg INTERPRETER={interpreter} --target layer --output target/layer .`",
        arch.platform()
    ));
    let last = ways.pop().expect("the container is always a way");
    match ways.is_empty() {
        true => last,
        false => format!("either {}, or {last}", ways.join(", or ")),
    }
}

/// Where `layer/arm64-toolchain` puts what it brings.
const TOOLCHAIN: &str = "target/arm64";

/// The compiler that cargo calls.
fn rustc() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// Whether Rust's standard library for `arch` is installed.
fn has_target(checkout: &Checkout, arch: Arch) -> bool {
    let folder = answer(
        Command::new(rustc())
            .args(["--print", "target-libdir", "--target", arch.triple()])
            .current_dir(&checkout.root),
    );
    folder.is_ok_and(|folder| Path::new(String::from_utf8_lossy(&folder).trim_end()).is_dir())
}

/// A link to `folder` under a name that LuaJIT's makefile can spell, and the folder it lies in.
fn plain_name(folder: &Path) -> anyhow::Result<(TempDir, PathBuf)> {
    let home = tempfile::tempdir().context("cannot create a temporary folder")?;
    let link = home.path().join("bin");
    symlink(folder, &link).with_context(|| format!("cannot write {}", link.display()))?;
    ensure!(
        !link.display().to_string().contains(not_plain),
        "the folder of temporary files, {}, has a name that LuaJIT's makefile cannot spell; set \
         TMPDIR to another",
        home.path().display()
    );
    Ok((home, link))
}

/// PATH with `folder` before all others.
fn path_with(folder: &Path) -> anyhow::Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&path));
    env::join_paths(folders).with_context(|| {
        format!(
            "the folder {} has a colon in its name; move the checkout",
            folder.display()
        )
    })
}
