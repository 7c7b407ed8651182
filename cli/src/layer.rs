//! `moonlayer layer …`: the layer that functions share.

mod archive;
mod arn;
mod aws;
mod build;
mod check;
mod checkout;
mod compile;
pub mod elf;
mod input;
mod interpreter;
mod list;
mod machine_paths;
mod notices;
mod output;
mod publish;
mod regions;
mod sbom;
mod tool;
mod variant;
mod versions;

use std::path::PathBuf;
use std::process::ExitCode;

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
    /// Finds the layers' ARNs in templates, and says which are old or of another region or processor
    Check(check::Check),
    /// Lists the published layers
    List(list::List),
    /// Prints the licence notices of what is linked into this tool, for its archive
    #[command(hide = true)]
    Notices,
    /// Publishes the built layers to an AWS account, in many regions
    Publish(Box<publish::Publish>),
}

impl Layer {
    /// Runs the subcommand that was asked for.
    ///
    /// # Errors
    /// What kept the subcommand from its result, in words for the person who typed it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Build(build) => build.run().map(|()| ExitCode::SUCCESS),
            Command::Check(check) => check.run(),
            Command::List(list) => list.run(),
            Command::Notices => notices::print_of_tool().map(|()| ExitCode::SUCCESS),
            Command::Publish(publish) => publish.run(),
        }
    }
}

/// The folder that holds `layer/` and `target/`: the checkout's, or else the current one.
fn home() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let checkout = here
        .ancestors()
        .find(|folder| folder.join("layer/Makefile").is_file());
    match checkout {
        Some(checkout) if checkout != here => checkout.to_owned(),
        _ => PathBuf::new(),
    }
}

/// The region in the environment that `variable` reads.
fn region_from(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"]
        .into_iter()
        .find_map(|name| variable(name).filter(|region| !region.is_empty()))
}
