//! The checkout of Moonlayer, and what cargo knows of the crates in it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use super::build::Arch;

/// A checkout, with the crates that make up `bootstrap`.
#[derive(Debug)]
pub struct Checkout {
    /// Its folder.
    pub root: PathBuf,
    /// Every crate of the workspace's dependency graph, whatever becomes of it.
    pub packages: Vec<Package>,
    /// Name and version of the crates that are linked into `bootstrap`, sorted.
    pub linked: Vec<(String, String)>,
}

/// A crate, in the words of `cargo metadata`.
#[derive(Debug, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its licence, an SPDX expression.
    pub license: Option<String>,
    /// Who wrote it, where it says so.
    #[serde(default)]
    pub authors: Vec<String>,
    /// Where its Cargo.toml lies.
    pub manifest_path: PathBuf,
}

impl Package {
    /// The folder of its sources.
    pub fn folder(&self) -> &Path {
        self.manifest_path
            .parent()
            .expect("a Cargo.toml lies in a folder")
    }
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

impl Checkout {
    /// The checkout that `here` lies in.
    ///
    /// # Errors
    /// None there, no cargo, or a cargo that cannot read it or fetch its crates.
    pub fn find(here: &Path, arch: Arch) -> anyhow::Result<Self> {
        let root = here
            .ancestors()
            .find(|dir| dir.join("runtime/Cargo.toml").is_file() && dir.join(MAKEFILE).is_file())
            .with_context(|| {
                format!(
                    "the layer is built from a checkout of Moonlayer, and {} lies in none; \
                     clone the project's repository and run this in its folder",
                    here.display()
                )
            })?;
        // rustc sees the folder without its symbolic links, and so must the remapping of paths.
        let root = root
            .canonicalize()
            .with_context(|| format!("cannot read the folder {}", root.display()))?;
        let metadata = answer(cargo(&root).args([
            "metadata",
            "--format-version=1",
            "--locked",
            "--filter-platform",
            arch.triple(),
        ]))?;
        let metadata: Metadata = serde_json::from_slice(&metadata)
            .context("cannot read what `cargo metadata` says; update Rust")?;
        let tree = answer(cargo(&root).args([
            "tree",
            "--locked",
            "--package=moonlayer",
            "--edges=normal,no-proc-macro",
            "--prefix=none",
            "--no-dedupe",
            "--format={p}",
            "--target",
            arch.triple(),
        ]))?;
        let tree = String::from_utf8(tree).context("cannot read what `cargo tree` says")?;
        Ok(Self {
            root,
            packages: metadata.packages,
            linked: crates_in(&tree)?,
        })
    }

    /// The crate of that name and version.
    ///
    /// # Errors
    /// cargo did not name it.
    pub fn package(&self, name: &str, version: &str) -> anyhow::Result<&Package> {
        self.packages
            .iter()
            .find(|package| package.name == name && package.version == version)
            .with_context(|| format!("cargo does not say where {name} {version} lies"))
    }
}

/// What only a checkout of this project has beside its crates.
const MAKEFILE: &str = "layer/Makefile";

/// cargo, with nothing in its environment that would change the bytes it builds.
pub fn cargo(root: &Path) -> Command {
    // `cargo run` and `cargo test` say which cargo they are.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root).stdin(Stdio::null());
    for (name, _) in env::vars_os() {
        let changes_bytes = name.to_str().is_some_and(|name| {
            [
                "CARGO_PROFILE_",
                "CARGO_BUILD_",
                "CFLAGS",
                "TARGET_CFLAGS",
                "HOST_CFLAGS",
            ]
            .iter()
            .any(|prefix| name.starts_with(prefix))
                || ["CARGO_INCREMENTAL", "CARGO_TARGET_DIR", "RUSTFLAGS"].contains(&name)
        });
        if changes_bytes {
            command.env_remove(name);
        }
    }
    command
}

/// What `command` prints, once it has succeeded.
///
/// # Errors
/// It cannot be started, or it fails: then with what it said.
pub fn answer(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = start(command, Command::output)?;
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    if !status.success() {
        bail!(
            "{} failed ({status}):\n{}",
            line(command),
            String::from_utf8_lossy(&stderr).trim()
        );
    }
    Ok(stdout)
}

/// Starts `command` by `how`.
///
/// # Errors
/// There is no such program, or it cannot be run.
pub fn start<T>(
    command: &mut Command,
    how: impl FnOnce(&mut Command) -> std::io::Result<T>,
) -> anyhow::Result<T> {
    how(command).with_context(|| {
        let program = command.get_program().display();
        format!("cannot start {program}; install Rust with its cargo (https://rustup.rs)")
    })
}

/// A command as one would name it: program and subcommand.
pub fn line(command: &Command) -> String {
    let program = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default();
    let verb = command.get_args().next().unwrap_or_default();
    format!("`{} {}`", program.display(), verb.display())
}

/// Name and version of each line of `cargo tree`, as `mlua v0.12.2`, sorted, each once.
fn crates_in(tree: &str) -> anyhow::Result<Vec<(String, String)>> {
    let mut crates = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let mut words = line.split(' ');
        let (name, version) = (
            words.next(),
            words.next().and_then(|word| word.strip_prefix('v')),
        );
        match (name, version) {
            (Some(name), Some(version)) => crates.push((name.to_owned(), version.to_owned())),
            _ => bail!("cannot read the line {line:?} of `cargo tree`; update Rust"),
        }
    }
    ensure!(
        !crates.is_empty(),
        "`cargo tree` names no crate; update Rust"
    );
    crates.sort();
    crates.dedup();
    Ok(crates)
}

#[cfg(test)]
mod tests {
    use super::crates_in;

    #[test]
    fn a_tree_becomes_a_sorted_list_without_repetitions() {
        let tree =
            "moonlayer v0.1.0 (/somewhere/runtime)\nmlua v0.12.2\nlibc v0.2.191\n\nlibc v0.2.191\n";
        let crates = crates_in(tree).expect("the lines are well formed");
        let crates: Vec<_> = crates.iter().map(|(n, v)| format!("{n} {v}")).collect();
        assert_eq!(crates, ["libc 0.2.191", "mlua 0.12.2", "moonlayer 0.1.0"]);
    }

    #[test]
    fn a_tree_in_another_form_is_an_error() {
        assert!(crates_in("").is_err());
        let error = crates_in("mlua@0.12.2")
            .expect_err("it has no version")
            .to_string();
        assert!(error.contains("\"mlua@0.12.2\""), "{error}");
    }
}
