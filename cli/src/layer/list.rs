//! `moonlayer layer list`: what versions.json says is published.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;

use super::output::print;
use super::regions::Regions;
use super::versions::{Published, Versions};

/// Arguments of `moonlayer layer list`.
#[derive(Debug, clap::Args)]
pub struct List {
    /// The region; AWS_REGION's unless given, and every region without either
    #[arg(long)]
    region: Option<String>,
    /// The file that `layer publish` wrote; layer/versions.json unless given
    #[arg(long, value_name = "FILE")]
    versions: Option<PathBuf>,
}

impl List {
    /// Prints a line for each layer in each region: its name, the region, the ARN, Moonlayer's
    /// version.
    ///
    /// # Errors
    /// No readable versions.json, an unknown region, nothing published there, or nobody who reads.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (versions, source) = Versions::find(self.versions.as_deref())?;
        if versions.is_empty() {
            bail!("{source} names no layer; {PUBLISH_FIRST}");
        }
        let region = self
            .region
            .or_else(|| super::region_from(|name| std::env::var(name).ok()));
        let mut regions = Vec::new();
        let mut found = false;
        for (layer, published) in &versions.layers {
            for (in_region, entry) in published {
                regions.push(in_region.as_str());
                if region.as_ref().is_none_or(|region| region == in_region) {
                    found = true;
                    let Published { arn, version, .. } = entry;
                    print(format_args!("{layer}\t{in_region}\t{arn}\t{version}"))?;
                }
            }
        }
        if let (false, Some(region)) = (found, region) {
            let known = Regions::known();
            if known.partition_of(&region).is_none() && !regions.contains(&region.as_str()) {
                bail!(known.unknown(&region));
            }
            regions.sort_unstable();
            regions.dedup();
            bail!(
                "no layer is published in {region} according to {source}; there are some in {}; \
                 `moonlayer layer publish --regions {region}` adds it",
                regions.join(", ")
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What to do before there are ARNs.
const PUBLISH_FIRST: &str = "a layer has to be published first, by `moonlayer layer publish` to \
                             your own account";
