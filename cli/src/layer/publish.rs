//! `moonlayer layer publish`: the built layers, published to an account in many regions.
//!
//! The service itself is the memory of what is done: what a region has is compared with the zip
//! before anything is changed there. So a run after an interruption goes on where that stopped.

mod access;
mod account;
mod report;
mod run;
mod target;
mod zips;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};

use super::aws::Aws;
use super::output::tell;
use super::regions::Regions;
use super::variant::{Arches, Interpreters, Variant};
use super::versions::{Versions, VersionsFile, default_file};
use access::Access;
use account::{Account, Chosen};
use run::Run;
use zips::Zip;

/// Arguments of `moonlayer layer publish`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Publish {
    /// The regions, with commas between them, or `all` that the account has
    #[arg(long, value_name = "all|LIST", required = true, value_delimiter = ',')]
    regions: Vec<String>,
    /// The processors
    #[arg(long, value_enum, default_value_t = Arches::Both)]
    arch: Arches,
    /// The Lua of the layers
    #[arg(long, value_enum, default_value_t = Interpreters::All)]
    interpreter: Interpreters,
    /// Publishes; without it, what would be done is said, and nothing is changed
    #[arg(long)]
    yes: bool,
    /// Opens the layers to the accounts of this organization alone, in place of all accounts
    #[arg(long, value_name = "o-ID", value_parser = organization, conflicts_with = "private")]
    organization: Option<String>,
    /// Opens the layers to no other account
    #[arg(long)]
    private: bool,
    /// The folder with the built zips; target/layer of the checkout unless given
    #[arg(long, value_name = "DIR")]
    zips: Option<PathBuf>,
    /// The file that records what is published; layer/versions.json unless given
    #[arg(long, value_name = "FILE")]
    versions: Option<PathBuf>,
    /// How many layers are worked on at a time; each takes a process of some 60 MB
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Where every call goes, in place of AWS's own addresses
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// The profile of the AWS CLI whose credentials are used
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

const EXAMPLE: &str = "Examples:
  moonlayer layer publish --regions eu-west-1,us-east-1 --arch x86_64 --interpreter lua-54
  moonlayer layer publish --regions all --arch both --yes";

impl Publish {
    /// Publishes what is not published yet, or says what that would be.
    ///
    /// # Errors
    /// What keeps everything from being published: no zips, no credentials, no such region, a
    /// versions.json that cannot be read. What fails in some regions is reported, and the status
    /// is 1.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let regions = Regions::known();
        let wanted = wanted(&self.regions, &regions)?;
        let folder = self
            .zips
            .clone()
            .unwrap_or_else(|| super::home().join("target/layer"));
        let zips = Zip::read_all(&folder, &self.layers())?;
        let path = self.versions.clone().unwrap_or_else(default_file);
        let file = match self.yes {
            true => Some(VersionsFile::lock(&path, || {
                tell(format_args!(
                    "waiting for another publish with {} to end",
                    path.display()
                ));
            })?),
            // It is looked at all the same: better now than when it is too late.
            false if path.exists() => Versions::read(&path).map(|_| None)?,
            false => None,
        };
        let aws = Aws::new(self.profile.clone(), self.endpoint.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start")?;
        let result = runtime.block_on(async {
            let first = wanted
                .as_ref()
                .map(|wanted| wanted[0].clone())
                .or_else(configured_region);
            let account = Account::find(&aws, &regions, first.as_deref()).await?;
            let chosen = account.choose(&aws, &regions, wanted.as_deref()).await?;
            self.announce(&account, &chosen, zips.len());
            let run = Run {
                aws: &aws,
                zips: &zips,
                access: &self.access(),
                chosen: &chosen,
                jobs: self.jobs.into(),
            };
            match &file {
                Some(file) => run.publish(file).await,
                None => run.plan().await,
            }
        });
        // What is still under way ends by itself; nobody waits for it.
        runtime.shutdown_background();
        result
    }

    fn layers(&self) -> Vec<Variant> {
        Variant::among(self.interpreter.list(), self.arch.list())
    }

    fn access(&self) -> Access {
        match &self.organization {
            Some(id) => Access::Organization(id.clone()),
            None if self.private => Access::Private,
            None => Access::All,
        }
    }

    fn announce(&self, account: &Account, chosen: &Chosen, layers: usize) {
        tell(format_args!(
            "account {} ({}), {}, {}, open to {}",
            account.id,
            account.partition,
            report::count(layers, "layer"),
            report::count(chosen.regions.len(), "region"),
            self.access()
        ));
        if !chosen.not_enabled.is_empty() {
            tell(format_args!(
                "not enabled in this account: {}",
                chosen.not_enabled.join(", ")
            ));
        }
    }
}

/// The regions that were asked for, each once; nothing where all are.
fn wanted(asked: &[String], regions: &Regions) -> anyhow::Result<Option<Vec<String>>> {
    let mut wanted: Vec<String> = Vec::new();
    for region in asked
        .iter()
        .map(|region| region.trim())
        .filter(|region| !region.is_empty())
    {
        if region != "all" && regions.partition_of(region).is_none() {
            bail!(regions.unknown(region));
        }
        if !wanted.iter().any(|known| known == region) {
            wanted.push(region.to_owned());
        }
    }
    ensure!(
        !wanted.is_empty(),
        "--regions names no region; give some, or all"
    );
    let all = wanted.iter().any(|region| region == "all");
    ensure!(
        !all || wanted.len() == 1,
        "--regions takes all, or a list of regions, and not both"
    );
    Ok((!all).then_some(wanted))
}

/// The region in the environment. Version 1 of the AWS CLI does not read the first of them.
fn configured_region() -> Option<String> {
    super::region_from(|name| std::env::var(name).ok())
}

/// The id of an organization, as `--organization` takes it.
fn organization(text: &str) -> Result<String, String> {
    let id = text.strip_prefix("o-").unwrap_or_default();
    let letters = id
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    match letters && (10..=32).contains(&id.len()) {
        true => Ok(text.to_owned()),
        false => Err(
            "an organization's id reads o- and 10 to 32 small letters and digits; \
                      `aws organizations describe-organization` tells it"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::{Regions, organization, wanted};

    fn asked(list: &str) -> anyhow::Result<Option<Vec<String>>> {
        let list: Vec<_> = list.split(',').map(str::to_owned).collect();
        wanted(&list, &Regions::known())
    }

    #[test]
    fn regions_are_a_list_or_all() {
        let list = asked("eu-west-1, us-east-1,,eu-west-1").expect("they are regions");
        assert_eq!(list.expect("it is a list"), ["eu-west-1", "us-east-1"]);
        assert_eq!(asked("all").expect("it is a word for them"), None);
        for (list, reason) in [
            ("", "names no region"),
            ("all,eu-west-1", "and not both"),
            ("eu-wst-1", "did you mean eu-west-1?"),
        ] {
            let error = asked(list).expect_err(list).to_string();
            assert!(error.contains(reason), "{list}: {error}");
        }
    }

    #[test]
    fn an_organization_is_told_from_an_account() {
        assert!(organization("o-abcdefghij").is_ok());
        for id in ["", "o-", "123456789012", "o-ABCDEFGHIJ", "o-short"] {
            assert!(organization(id).is_err(), "{id}");
        }
    }
}
