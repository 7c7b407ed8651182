//! `moonlayer layer check`: the layers' ARNs in a template, held against versions.json.

mod document;
mod resolve;
mod template;
mod verdict;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;

use super::input;
use super::output::{print, tell};
use super::regions::Regions;
use super::versions::Versions;
use document::Document;
use template::Template;
use verdict::{Judge, Verdict};

/// Arguments of `moonlayer layer check`.
#[derive(Debug, clap::Args)]
pub struct Check {
    /// Templates of SAM or CloudFormation in YAML or JSON, and serverless.yml
    #[arg(required = true, value_name = "TEMPLATE")]
    templates: Vec<PathBuf>,
    /// The region of the deployment; the provider's in serverless.yml or AWS_REGION's unless given
    #[arg(long)]
    region: Option<String>,
    /// The file that `layer publish` wrote; layer/versions.json unless given
    #[arg(long, value_name = "FILE")]
    versions: Option<PathBuf>,
}

/// No template is larger; CloudFormation takes 1 MB.
const LARGEST_BYTES: u64 = 8 * 1024 * 1024;

impl Check {
    /// Prints each ARN that has to be another one, with its line and what to write instead.
    ///
    /// # Errors
    /// No readable template or versions.json, or an unknown region.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let (versions, source) = Versions::find(self.versions.as_deref())?;
        let regions = Regions::known();
        let judge = Judge {
            versions: &versions,
            source: &source,
            regions: &regions,
        };
        if let Some(region) = &self.region {
            judge.knows(region)?;
        }
        let environment = super::region_from(|name| std::env::var(name).ok());
        let mut problems = 0;
        for path in &self.templates {
            problems += self
                .check(path, environment.as_deref(), &judge)
                .with_context(|| format!("cannot check {}", path.display()))?;
        }
        Ok(if problems == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    /// Checks one template, and gives the number of ARNs that have to be others.
    fn check(
        &self,
        path: &Path,
        environment: Option<&str>,
        judge: &Judge<'_>,
    ) -> anyhow::Result<usize> {
        let document = Document::parse(&text_of(path)?)
            .context("it is neither YAML nor JSON that a template could be")?;
        let mut mentions = Vec::new();
        for root in &document.roots {
            let template = Template::new(&document, *root);
            let own = || {
                let own = template.own_region()?;
                Some((own, "its provider's region"))
            };
            let environment = || Some((environment?.to_owned(), "AWS_REGION"));
            let region = match &self.region {
                Some(region) => Some(region.clone()),
                None => match own().or_else(environment) {
                    Some((region, source)) => {
                        judge.knows(&region).context(source)?;
                        Some(region)
                    }
                    None => None,
                },
            };
            mentions.extend(template.mentions(region.as_deref(), judge.regions)?);
        }
        let mut problems = BTreeSet::new();
        let mut notes = BTreeSet::new();
        let mut places = BTreeSet::new();
        for mention in mentions {
            places.insert((mention.line, mention.arn.clone()));
            match judge.verdict(&mention) {
                Verdict::Fine => {}
                Verdict::Note(note) => {
                    notes.insert((mention.line, mention.arn, note));
                }
                Verdict::Problem(problem) => {
                    problems.insert((mention.line, mention.arn, problem));
                }
            }
        }
        let path = path.display();
        for (line, arn, problem) in &problems {
            print(format_args!("{path}:{line}: {arn}: {problem}"))?;
        }
        for (line, arn, note) in &notes {
            tell(format_args!("{path}:{line}: note: {arn}: {note}"));
        }
        let wrong: BTreeSet<_> = problems.iter().map(|(line, arn, _)| (line, arn)).collect();
        match (places.len(), wrong.len()) {
            (0, _) => tell(format_args!(
                "{path}: names no layer of Moonlayer by its ARN"
            )),
            (all, 0) => tell(format_args!(
                "{path}: nothing to change in {all} of Moonlayer's ARNs"
            )),
            (all, wrong) => tell(format_args!(
                "{path}: {wrong} of {all} of Moonlayer's ARNs to change"
            )),
        }
        Ok(wrong.len())
    }
}

fn text_of(path: &Path) -> anyhow::Result<String> {
    let file = File::open(path).context("cannot read it")?;
    let bytes = input::read(file, LARGEST_BYTES)?.with_context(|| {
        let most = LARGEST_BYTES / (1024 * 1024);
        format!("it is larger than {most} MB, which no template is")
    })?;
    let text = String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'));
    let text = text.context("it is not text in UTF-8")?;
    Ok(text
        .strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text))
}
