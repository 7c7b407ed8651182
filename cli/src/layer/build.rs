//! `moonlayer layer build`: from the checkout to the zips that Lambda unpacks under `/opt`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use sha2::{Digest, Sha256};

use super::archive::{Content, write_together};
use super::checkout::Checkout;
use super::compile::{self, RUNTIME};
use super::interpreter::Sources;
use super::notices;
use super::output;
use super::sbom;
use super::variant::{Arches, Interpreters, Variant};

/// Arguments of `moonlayer layer build`.
#[derive(Debug, clap::Args)]
pub struct Build {
    /// The processor of the functions
    #[arg(long, value_enum, default_value_t = Arches::X86_64)]
    arch: Arches,
    /// The Lua of the layer
    #[arg(long, value_enum, default_value_t = Interpreters::Lua54)]
    interpreter: Interpreters,
    /// The folder for the zip and what goes beside it; target/layer of the checkout unless given
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Fills DIR with the layer's content, as Lambda unpacks it under /opt, in place of a zip
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    unzipped: Option<PathBuf>,
}

impl Build {
    /// Builds the layers, and prints of each where it lies, its size and its SHA-256.
    ///
    /// # Errors
    /// No checkout, no compiler for the processor, a failed build, a binary that Amazon Linux 2023
    /// could not start, or a full disk. Layers built before the one that failed stay.
    pub fn run(self) -> anyhow::Result<()> {
        let here = env::current_dir().context("the current folder is gone; change to another")?;
        let variants = Variant::among(self.interpreter.list(), self.arch.list());
        ensure!(
            self.unzipped.is_none() || variants.len() == 1,
            "--unzipped fills a folder with one layer, and {} were asked for; name one processor \
             and one interpreter",
            variants.len()
        );
        if let [variant] = variants[..] {
            return self.build(variant, &here);
        }
        for variant in variants {
            self.build(variant, &here)
                .with_context(|| format!("cannot build the layer {variant}"))?;
        }
        Ok(())
    }

    fn build(&self, variant: Variant, here: &Path) -> anyhow::Result<()> {
        let checkout = Checkout::find(here, RUNTIME, variant)?;
        let sources = Sources::find(&checkout, variant.interpreter)?;
        // Before the minutes that compiling takes: what they need of the checkout may be missing.
        let notices = notices::collect(&checkout, &sources, "Moonlayer's runtime")?;
        // Held until all is written: the files of two builds would lie beside each other.
        let _turn = compile::turn(&checkout)?;
        let content = Content {
            bootstrap: compile::bootstrap(&checkout, variant)?,
            notices,
        };
        if let Some(dir) = &self.unzipped {
            content.unzip_into(dir)?;
            return output::print(dir.display());
        }
        let default = checkout.root.join("target/layer");
        let dir = self.output.as_ref().unwrap_or(&default);
        create_folder(dir)?;
        let name = format!("{variant}.zip");
        let zip = content.zip()?;
        let digest = sha256(&zip);
        let sbom = sbom::describe(&checkout, variant, &sources, &content.bootstrap, &zip)?;
        let path = dir.join(&name);
        write_together(
            &path,
            &zip,
            &[
                (
                    dir.join(format!("{name}.sha256")),
                    // As sha256sum writes it.
                    format!("{digest}  {name}\n").into_bytes(),
                ),
                (dir.join(format!("{variant}.cdx.json")), sbom),
            ],
        )?;
        let path = path.strip_prefix(here).unwrap_or(&path);
        output::print(format_args!(
            "{}\n{} bytes\nsha256 {digest}",
            path.display(),
            zip.len()
        ))
    }
}

/// Creates `dir` and the folders above it, unless they are there.
pub fn create_folder(dir: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create the folder {}", dir.display()))
}

/// The SHA-256 of `bytes` in lower-case hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
