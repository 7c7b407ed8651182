//! The checkout of Moonlayer, and what cargo knows of the crates in it.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use super::variant::Variant;

/// A checkout, with the crates that make up one of its programs.
#[derive(Debug)]
pub struct Checkout {
    /// Its folder.
    pub root: PathBuf,
    /// Every crate of the workspace's dependency graph, whatever becomes of it.
    pub packages: Vec<Package>,
    /// The crates that are linked into the program, sorted, each with those it calls for itself.
    pub linked: BTreeMap<Crate, BTreeSet<Crate>>,
}

/// A crate by its name and version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crate {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl fmt::Display for Crate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.version)
    }
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
    /// The checkout that `here` lies in, and of what the program of the crate `package` is made
    /// for `variant`.
    ///
    /// # Errors
    /// None there, no cargo, or a cargo that cannot read it or fetch its crates.
    pub fn find(here: &Path, package: &str, variant: Variant) -> anyhow::Result<Self> {
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
            "--no-default-features",
            "--features",
            variant.interpreter.feature(),
            "--filter-platform",
            variant.arch.triple(),
        ]))?;
        let metadata: Metadata = serde_json::from_slice(&metadata)
            .context("cannot read what `cargo metadata` says; update Rust")?;
        let tree = answer(cargo(&root).args([
            "tree",
            "--locked",
            "--package",
            package,
            "--no-default-features",
            "--features",
            variant.interpreter.feature(),
            "--edges=normal,no-proc-macro",
            "--prefix=depth",
            "--no-dedupe",
            "--format={p}",
            "--target",
            variant.arch.triple(),
        ]))?;
        let tree = String::from_utf8(tree).context("cannot read what `cargo tree` says")?;
        Ok(Self {
            root,
            packages: metadata.packages,
            linked: crates_in(&tree)?,
        })
    }

    /// What cargo knows of a crate that is linked.
    ///
    /// # Errors
    /// cargo did not name it.
    pub fn package(&self, linked: (&Crate, &BTreeSet<Crate>)) -> anyhow::Result<&Package> {
        let (linked, _) = linked;
        self.packages
            .iter()
            .find(|package| package.name == linked.name && package.version == linked.version)
            .with_context(|| format!("cargo does not say where {linked} lies"))
    }
}

/// What only a checkout of this project has beside its crates.
const MAKEFILE: &str = "layer/Makefile";

/// What LuaJIT's makefile takes from the environment, and what changes the compiled code.
const OF_LUAJIT: [&str; 16] = [
    "ASOPTIONS",
    "CCDEBUG",
    "CCOPT",
    "CCOPTIONS",
    "CCWARN",
    "HOST_XCFLAGS",
    "LMULTILIB",
    "MULTILIB",
    "PREFIX",
    "STATIC_CC",
    "TARGET_ARCH",
    "TARGET_CC",
    "TARGET_FLAGS",
    "TARGET_LFSFLAGS",
    "TARGET_STCC",
    "TARGET_XCFLAGS",
];

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
                // `cargo run` and `cargo test` set it for what they start. It changes no bytes, but
                // ring asks to be compiled anew when it differs, and all that needs ring is too.
                || name == "OUT_DIR"
                || OF_LUAJIT.contains(&name)
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

/// The crates in the lines of `cargo tree`, as `1mlua v0.12.2`, each with those that stand one
/// deeper below it.
fn crates_in(tree: &str) -> anyhow::Result<BTreeMap<Crate, BTreeSet<Crate>>> {
    let mut crates = BTreeMap::<Crate, BTreeSet<Crate>>::new();
    // The way from the root to the line before.
    let mut way: Vec<Crate> = Vec::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let found = parse(line, way.len())
            .with_context(|| format!("cannot read the line {line:?} of `cargo tree`; update Rust"));
        let (depth, found) = found?;
        way.truncate(depth);
        if let Some(above) = way.last() {
            crates
                .entry(above.clone())
                .or_default()
                .insert(found.clone());
        }
        crates.entry(found.clone()).or_default();
        way.push(found);
    }
    ensure!(
        !crates.is_empty(),
        "`cargo tree` names no crate; update Rust"
    );
    Ok(crates)
}

/// Depth and crate of a line that is at most `deepest` deep: one more than the line before.
fn parse(line: &str, deepest: usize) -> Option<(usize, Crate)> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (depth, rest) = line.split_at(digits);
    let depth = depth.parse().ok().filter(|depth| *depth <= deepest)?;
    let mut words = rest.split(' ');
    let name = words.next().filter(|name| !name.is_empty())?.to_owned();
    let version = words.next()?.strip_prefix('v')?.to_owned();
    Some((depth, Crate { name, version }))
}

#[cfg(test)]
mod tests {
    use super::crates_in;

    #[test]
    fn a_tree_becomes_a_sorted_list_without_repetitions() {
        let tree = "0moonlayer v0.1.0 (/somewhere/runtime)\n1mlua v0.12.2\n2libc v0.2.191\n\
                    1itoa v1.0.18\n1libc v0.2.191\n\n";
        let crates = crates_in(tree).expect("the lines are well formed");
        let crates: Vec<_> = crates
            .iter()
            .map(|(found, below)| {
                let below: Vec<_> = below.iter().map(ToString::to_string).collect();
                format!("{found}: {}", below.join(", "))
            })
            .collect();
        assert_eq!(
            crates,
            [
                "itoa 1.0.18: ",
                "libc 0.2.191: ",
                "mlua 0.12.2: libc 0.2.191",
                "moonlayer 0.1.0: itoa 1.0.18, libc 0.2.191, mlua 0.12.2"
            ]
        );
    }

    #[test]
    fn a_tree_in_another_form_is_an_error() {
        assert!(crates_in("").is_err());
        for line in [
            "mlua@0.12.2",
            "0mlua@0.12.2",
            "mlua v0.12.2",
            "1mlua v0.12.2",
            "0 v1",
        ] {
            let error = crates_in(line).expect_err("no such line").to_string();
            assert!(error.contains(&format!("{line:?}")), "{error}");
        }
    }
}
