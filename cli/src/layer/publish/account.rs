//! Whose credentials these are, and which of its regions the account has.

use std::collections::BTreeSet;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use crate::layer::aws::{Aws, Call, Failure, Kind};
use crate::layer::regions::Regions;

/// The account that is published to.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its twelve digits.
    pub id: String,
    /// `aws`, `aws-cn`, …: credentials are good for one partition.
    pub partition: String,
}

/// The regions to publish in.
#[derive(Debug)]
pub struct Chosen {
    /// Their names, in the order they were asked for.
    pub regions: Vec<String>,
    /// Those left out since the account has not enabled them.
    pub not_enabled: Vec<String>,
    /// Whether a region that refuses the credentials is one that is not enabled: all were asked
    /// for, and the account may not be asked which it has.
    pub told_by_refusal: bool,
}

/// A region of each partition that every account in it has. Other partitions are reached through
/// a region that is named.
const HOMES: [(&str, &str); 4] = [
    ("aws", "us-east-1"),
    ("aws-cn", "cn-north-1"),
    ("aws-us-gov", "us-gov-west-1"),
    ("aws-eusc", "eusc-de-east-1"),
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CallerIdentity {
    account: String,
    arn: String,
}

impl Account {
    /// The account of the credentials. `region` is one that they should be good for, where one is
    /// known; else the one that `aws` is configured for.
    ///
    /// # Errors
    /// No credentials, or such as no partition takes.
    pub async fn find(aws: &Aws, regions: &Regions, region: Option<&str>) -> anyhow::Result<Self> {
        let home = region.map(|region| {
            let partition = regions.partition_of(region);
            let home = HOMES.iter().find(|(name, _)| Some(*name) == partition);
            home.map_or(region, |(_, home)| *home)
        });
        // Credentials of another partition are unknown where they do not belong.
        let others = HOMES
            .iter()
            .map(|(_, other)| Some(*other))
            .filter(|other| *other != home);
        let mut refused: Option<Failure> = None;
        for region in std::iter::once(home).chain(others) {
            match identity(aws, region).await {
                Ok(identity) => return Self::of(&identity),
                Err(failure) if failure.kind == Kind::NoRegion => {}
                Err(failure) if failure.kind == Kind::InvalidCredentials => {
                    refused.get_or_insert(failure);
                }
                // Another partition that is out of reach says nothing of the credentials.
                Err(failure) => return Err(refused.unwrap_or(failure).into()),
            }
        }
        Err(refused.expect("there is a region to ask in").into())
    }

    fn of(identity: &CallerIdentity) -> anyhow::Result<Self> {
        let partition = identity
            .arn
            .split(':')
            .nth(1)
            .filter(|partition| !partition.is_empty());
        let partition = partition
            .with_context(|| format!("cannot read the caller's ARN {:?}", identity.arn))?;
        Ok(Self {
            id: identity.account.clone(),
            partition: partition.to_owned(),
        })
    }

    /// The regions of `wanted`, or those that the account has where all are wanted.
    ///
    /// # Errors
    /// A region of another partition, or a partition that we know no region of.
    pub async fn choose(
        &self,
        aws: &Aws,
        regions: &Regions,
        wanted: Option<&[String]>,
    ) -> anyhow::Result<Chosen> {
        if let Some(wanted) = wanted {
            for region in wanted {
                let partition = regions.partition_of(region).unwrap_or_default();
                if partition != self.partition {
                    bail!(
                        "{region} lies in the partition {partition}, and these credentials are of \
                         the account {} in {}; publish there by a command of its own, with an \
                         account of that partition (--profile)",
                        self.id,
                        self.partition
                    );
                }
            }
            return Ok(Chosen {
                regions: wanted.to_vec(),
                not_enabled: Vec::new(),
                told_by_refusal: false,
            });
        }
        let all = regions.of(&self.partition);
        ensure!(
            !all.is_empty(),
            "this Moonlayer knows no region of the partition {}; update it",
            self.partition
        );
        let absent = self.regions_not_enabled(aws, &all[0]).await;
        let told_by_refusal = absent.is_none();
        let absent = absent.unwrap_or_default();
        let (not_enabled, regions) = all
            .iter()
            .cloned()
            .partition(|region| absent.contains(region));
        Ok(Chosen {
            regions,
            not_enabled,
            told_by_refusal,
        })
    }

    /// The regions that the account has not enabled; nothing where it may not be asked.
    async fn regions_not_enabled(&self, aws: &Aws, any: &str) -> Option<BTreeSet<String>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Described {
            regions: Vec<Region>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Region {
            region_name: String,
            opt_in_status: Option<String>,
        }

        let home = HOMES.iter().find(|(name, _)| *name == self.partition);
        let call = Call {
            region: Some(home.map_or(any, |(_, home)| *home)),
            arguments: &["ec2", "describe-regions", "--all-regions"],
            input: None,
            asks: false,
        };
        let described: Described = aws.call(call).await.ok()?;
        let absent = described
            .regions
            .into_iter()
            .filter(|region| region.opt_in_status.as_deref() == Some("not-opted-in"));
        Some(absent.map(|region| region.region_name).collect())
    }
}

async fn identity(aws: &Aws, region: Option<&str>) -> Result<CallerIdentity, Failure> {
    let call = Call {
        region,
        arguments: &["sts", "get-caller-identity"],
        input: None,
        asks: true,
    };
    aws.call(call).await
}
