//! `moonlayer layer build`: from the checkout to the zip that Lambda unpacks under `/opt`.

use std::env;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use sha2::{Digest, Sha256};

use super::archive::Content;
use super::checkout::Checkout;
use super::compile;
use super::notices;

/// Arguments of `moonlayer layer build`.
#[derive(Debug, clap::Args)]
pub struct Build {
    /// The processor of the functions
    #[arg(long, value_enum, default_value_t = Arch::X86_64)]
    arch: Arch,
    /// The Lua of the layer
    #[arg(long, value_enum, default_value_t = Interpreter::Lua54)]
    interpreter: Interpreter,
    /// The folder for the zip; target/layer of the checkout unless given
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Fills DIR with the layer's content, as Lambda unpacks it under /opt, in place of a zip
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    unzipped: Option<PathBuf>,
}

/// The processors that a layer can be built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Arch {
    /// Intel and AMD, 64 bits; Lambda's default.
    #[value(name = "x86_64")]
    X86_64,
    /// Graviton; built on an arm64 machine, or by cargo-zigbuild where Rust has its target.
    #[value(name = "arm64")]
    Arm64,
}

impl Arch {
    /// The name of the target in Rust's words.
    pub fn triple(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    /// The machine that the header of an ELF file names.
    pub fn elf_machine(self) -> u16 {
        match self {
            Self::Arm64 => object::elf::EM_AARCH64.0,
            Self::X86_64 => object::elf::EM_X86_64.0,
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        })
    }
}

/// The interpreters that a layer can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Interpreter {
    /// PUC-Rio's Lua 5.4.
    #[value(name = "lua-54")]
    Lua54,
}

impl Interpreter {
    /// How the folder of its sources begins in the crate that ships them.
    pub fn source_folder(self) -> &'static str {
        match self {
            Self::Lua54 => "lua-5.4.",
        }
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lua54 => "lua-54",
        })
    }
}

impl Build {
    /// Builds the layer, and prints where it lies, its size and its SHA-256.
    ///
    /// # Errors
    /// No checkout, a failed build, a binary that Amazon Linux 2023 could not start, or a full
    /// disk.
    pub fn run(self) -> anyhow::Result<()> {
        let here = env::current_dir().context("the current folder is gone; change to another")?;
        let checkout = Checkout::find(&here, self.arch)?;
        let content = Content {
            bootstrap: compile::bootstrap(&checkout, self.arch)?,
            notices: notices::collect(&checkout, self.interpreter)?,
        };
        if let Some(dir) = &self.unzipped {
            content.unzip_into(dir)?;
            println!("{}", dir.display());
            return Ok(());
        }
        let dir = self
            .output
            .unwrap_or_else(|| checkout.root.join("target/layer"));
        create_folder(&dir)?;
        let path = dir.join(format!("{}-{}.zip", self.interpreter, self.arch));
        let zip = content.zip()?;
        super::archive::write_whole(&path, &zip, 0o644)?;
        let path = path.strip_prefix(&here).unwrap_or(&path);
        println!(
            "{}\n{} bytes\nsha256 {}",
            path.display(),
            zip.len(),
            sha256(&zip)
        );
        Ok(())
    }
}

/// Creates `dir` and the folders above it, unless they are there.
pub fn create_folder(dir: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create the folder {}", dir.display()))
}

/// The SHA-256 of `bytes` in lower-case hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
