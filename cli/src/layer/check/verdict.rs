//! What is to be said of an ARN.

use anyhow::ensure;

use super::template::Mention;
use crate::layer::arn::LayerArn;
use crate::layer::regions::Regions;
use crate::layer::variant::Variant;
use crate::layer::versions::Versions;

/// What an ARN is held against.
#[derive(Debug)]
pub struct Judge<'a> {
    /// What is published.
    pub versions: &'a Versions,
    /// What people call the file that says so.
    pub source: &'a str,
    /// Which regions there are.
    pub regions: &'a Regions,
}

/// What is to be said.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Fine,
    /// It cannot be told whether it is right.
    Note(String),
    /// It has to be another.
    Problem(String),
}

impl Judge<'_> {
    /// Sees to it that there is such a region; what is published in one proves it.
    ///
    /// # Errors
    /// There is none, or it is newer than this Moonlayer.
    pub fn knows(&self, region: &str) -> anyhow::Result<()> {
        ensure!(
            self.regions.partition_of(region).is_some() || self.versions.has_region(region),
            self.regions.unknown(region)
        );
        Ok(())
    }

    /// What is to be said of the ARN at that place.
    pub fn verdict(&self, mention: &Mention) -> Verdict {
        let text = &mention.arn;
        if text.contains("${AWS::Region}") || text.contains("${aws:region}") {
            return Verdict::Note("its region is not known here; say it by --region".to_owned());
        }
        if text.contains("${") {
            return Verdict::Note("a part of it is known to the deployment alone".to_owned());
        }
        let arn: LayerArn = match text.parse() {
            Ok(arn) => arn,
            Err(error) => return Verdict::Problem(error.to_string()),
        };
        let Some(name) = Variant::parse(&arn.name) else {
            let names: Vec<_> = Variant::all().iter().map(Variant::to_string).collect();
            let names = names.join(", ");
            return Verdict::Problem(format!("there is no layer {}; there are {names}", arn.name));
        };
        if let Err(unknown) = self.knows(&arn.region) {
            return Verdict::Problem(unknown.to_string());
        }
        if let Some(partition) = self.regions.partition_of(&arn.region)
            && partition != arn.partition
        {
            return Verdict::Problem(format!(
                "{} lies in the partition {partition}, and not in {}",
                arn.region, arn.partition
            ));
        }
        self.of_published(mention, &arn, name)
    }

    fn of_published(&self, mention: &Mention, arn: &LayerArn, name: Variant) -> Verdict {
        let mut reasons = Vec::new();
        let wanted = name.on(mention.arch.unwrap_or(name.arch));
        if wanted != name {
            let function = mention.function.as_deref().unwrap_or("the function");
            let (is, runs) = (name.arch, wanted.arch);
            reasons.push(format!("it is for {is}, and {function} runs on {runs}"));
        }
        let region = mention.region.as_deref().unwrap_or(&arn.region);
        if region != arn.region {
            reasons.push(format!(
                "it is of {}, and the deployment goes to {region}",
                arn.region
            ));
        }
        let wanted = wanted.to_string();
        let published = self.versions.published(&wanted, region);
        let newest = published.map(|published| published.arn());
        if reasons.is_empty() {
            let Some(newest) = &newest else {
                return Verdict::Note(format!(
                    "cannot tell whether it is the newest: {} has no {wanted} in {region}",
                    self.source
                ));
            };
            if newest.account != arn.account {
                return Verdict::Note(format!(
                    "cannot tell whether it is the newest: it is of another account than those in \
                     {}",
                    self.source
                ));
            }
            if newest.version == arn.version {
                return Verdict::Fine;
            }
            if newest.version < arn.version {
                return Verdict::Note(format!(
                    "it is newer than version {} in {}",
                    newest.version, self.source
                ));
            }
            reasons.push(format!(
                "it is old, version {} is published",
                newest.version
            ));
        }
        let remedy = match newest {
            Some(newest) => format!("write {newest}"),
            None => {
                let regions = self.versions.regions_of(&wanted);
                let regions = match regions.is_empty() {
                    true => String::new(),
                    false => format!(" ({wanted} is in {})", regions.join(", ")),
                };
                let Variant { interpreter, arch } =
                    Variant::parse(&wanted).expect("it was made from a name");
                format!(
                    "{} has no {wanted} in {region}{regions}; publish it by `moonlayer layer publish \
                     --regions {region} --interpreter {interpreter} --arch {arch} --yes`",
                    self.source
                )
            }
        };
        Verdict::Problem(format!("{}; {remedy}", reasons.join(", and ")))
    }
}
