//! `moonlayer layer …`: the layer that functions share.

mod archive;
mod build;
mod checkout;
mod compile;
pub mod elf;
mod interpreter;
mod machine_paths;
mod notices;
mod sbom;
mod tool;
mod variant;

pub use variant::{Arch, Interpreter};

/// Arguments of `moonlayer layer`.
#[derive(Debug, clap::Args)]
pub struct Layer {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Builds the layers' zips from a checkout of Moonlayer
    Build(build::Build),
}

impl Layer {
    /// Runs the subcommand that was asked for.
    ///
    /// # Errors
    /// What kept the subcommand from its result, in words for the person who typed it.
    pub fn run(self) -> anyhow::Result<()> {
        match self.command {
            Command::Build(build) => build.run(),
        }
    }
}
