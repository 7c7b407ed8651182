//! How a run went: counts, ARNs, and what failed with its reason.

use std::collections::BTreeMap;
use std::process::ExitCode;

use super::account::Chosen;
use super::target::Done;
use crate::layer::aws::{Failure, Kind};
use crate::layer::output::{print, tell};
use crate::layer::variant::Variant;

/// What is known so far.
#[derive(Debug)]
pub struct Report<'a> {
    chosen: &'a Chosen,
    /// The ARNs of what is published, by layer and region.
    arns: BTreeMap<(String, String), String>,
    /// How often something was done, by its name.
    counts: BTreeMap<&'static str, usize>,
    /// The layers that failed, by region and reason.
    failed: BTreeMap<(String, String), Vec<String>>,
    /// How many those are.
    failures: usize,
    /// The regions that refused the credentials, and are not enabled, then; how many layers each.
    refused: BTreeMap<String, usize>,
}

impl<'a> Report<'a> {
    /// A report on those regions.
    pub fn new(chosen: &'a Chosen) -> Self {
        Self {
            chosen,
            arns: BTreeMap::new(),
            counts: BTreeMap::new(),
            failed: BTreeMap::new(),
            failures: 0,
            refused: BTreeMap::new(),
        }
    }

    /// Something was looked at, and is to be published or not.
    pub fn planned(&mut self, publish: bool) {
        *self
            .counts
            .entry(if publish {
                "to publish"
            } else {
                "there already"
            })
            .or_default() += 1;
    }

    /// Something is published, now or before.
    pub fn done(&mut self, done: Done) {
        *self.counts.entry(done.what).or_default() += 1;
        let place = (done.arn.name.clone(), done.arn.region.clone());
        self.arns.insert(place, done.arn.to_string());
    }

    /// A layer that failed in a region.
    pub fn failed(&mut self, region: &str, layer: Variant, failure: Failure) {
        if self.chosen.told_by_refusal && failure.kind == Kind::InvalidCredentials {
            *self.refused.entry(region.to_owned()).or_default() += 1;
            return;
        }
        self.fail(region, layer, failure.to_string());
    }

    /// A layer that is published, which could not be recorded.
    pub fn not_recorded(&mut self, region: &str, layer: Variant, error: &anyhow::Error) {
        self.fail(
            region,
            layer,
            format!("published, but not recorded: {error:#}"),
        );
    }

    fn fail(&mut self, region: &str, layer: Variant, reason: String) {
        tell(format_args!("{region} {layer}: failed"));
        self.failures += 1;
        self.failed
            .entry((region.to_owned(), reason))
            .or_default()
            .push(layer.to_string());
    }

    /// How many layers and regions there is a verdict on.
    pub fn settled(&self) -> usize {
        let failed = self.failures + self.refused.values().sum::<usize>();
        // What could not be recorded counts as done and as failed.
        let twice = self.failed.iter().flat_map(|((region, _), layers)| {
            layers.iter().map(|layer| (layer.clone(), region.clone()))
        });
        failed + self.arns.len() - twice.filter(|place| self.arns.contains_key(place)).count()
    }

    /// Prints the ARNs to stdout and the rest to stderr, and gives the exit status.
    ///
    /// # Errors
    /// The ARNs cannot be printed; the rest is told all the same.
    pub fn finish(self) -> anyhow::Result<ExitCode> {
        let printed = self.arns.values().try_for_each(print);
        if !self.refused.is_empty() {
            let regions: Vec<_> = self.refused.keys().map(String::as_str).collect();
            tell(format_args!(
                "not enabled in this account: {}",
                regions.join(", ")
            ));
        }
        let mut counts: Vec<_> = self
            .counts
            .iter()
            .map(|(what, number)| format!("{number} {what}"))
            .collect();
        if self.failures > 0 {
            counts.push(format!("{} failed", self.failures));
        }
        if counts.is_empty() {
            counts.push("nothing done".to_owned());
        }
        tell(counts.join("; "));
        for ((region, reason), layers) in &self.failed {
            tell(format_args!(
                "error: {region} ({}): {reason}",
                layers.join(", ")
            ));
        }
        printed?;
        Ok(match self.failures {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })
    }
}

/// A number and what it counts.
pub fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
