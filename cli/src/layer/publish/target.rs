//! One layer in one region: what is there, what has to be done, and doing it.

use serde::Deserialize;
use serde_json::Value;

use super::access::{ACTION, Access, Policy, STATEMENT};
use super::zips::Zip;
use crate::layer::arn::LayerArn;
use crate::layer::aws::{Aws, Call, Failure, Kind};

/// A layer in a region.
#[derive(Debug)]
pub struct Target<'a> {
    /// How to call.
    pub aws: &'a Aws,
    /// The region.
    pub region: &'a str,
    /// The layer.
    pub zip: &'a Zip,
    /// Whom it is to be open to.
    pub access: &'a Access,
}

/// What a region has of a layer, and what follows from it.
#[derive(Debug)]
pub enum State {
    /// Another version has to be published; the newest that is there, if any.
    Behind(Option<u64>),
    /// The newest version is this zip.
    Current {
        /// Its ARN.
        arn: LayerArn,
        /// Who may use it.
        policy: Policy,
    },
}

/// What became of a target.
#[derive(Debug)]
pub struct Done {
    /// The newest version.
    pub arn: LayerArn,
    /// What was done, for people.
    pub what: &'static str,
    /// What people should know about it, besides.
    pub note: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    layer_versions: Vec<ListedVersion>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListedVersion {
    layer_version_arn: String,
    version: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    layer_version_arn: String,
    content: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Content {
    code_sha256: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyAnswer {
    policy: String,
}

impl Target<'_> {
    /// What the region has of the layer.
    ///
    /// # Errors
    /// The service's.
    pub async fn state(&self) -> Result<State, Failure> {
        let name = self.zip.name.to_string();
        let listed: Listed = self
            .ask(&["list-layer-versions", "--layer-name", &name])
            .await?;
        let newest = listed
            .layer_versions
            .iter()
            .max_by_key(|listed| listed.version);
        let Some(newest) = newest else {
            return Ok(State::Behind(None));
        };
        let arn = parsed(&newest.layer_version_arn)?;
        let there = self.version(&arn).await?;
        if there.content.code_sha256 != self.zip.code_sha256() {
            return Ok(State::Behind(Some(newest.version)));
        }
        let policy = self.policy(&arn).await?;
        Ok(State::Current { arn, policy })
    }

    /// Brings the region to where its newest version is the zip, open to whom it should be.
    ///
    /// # Errors
    /// The service's, or what is read back is not what was published.
    pub async fn publish(&self) -> Result<Done, Failure> {
        let (arn, policy, published) = match self.state().await? {
            State::Current { arn, policy } => (arn, policy, false),
            State::Behind(_) => (self.publish_version().await?, Policy::default(), true),
        };
        let replaced = policy.has_another_of_ours(self.access) && *self.access != Access::Private;
        if replaced {
            self.change(&["remove-layer-version-permission"], &arn)
                .await?;
        }
        let opened = replaced || !policy.opens_to(self.access);
        if opened {
            self.open(&arn).await?;
        }
        // What is unchanged has just been read.
        let policy = match published || opened {
            true => self.read_back(&arn).await?,
            false => policy,
        };
        let what = match (published, opened) {
            (true, _) => "published",
            (false, true) => "unchanged, its permission set",
            (false, false) => "unchanged",
        };
        let note = policy.wider_than(self.access).map(|(statement, access)| {
            format!(
                "it stays open to {access} by its statement {statement:?}; close it by `aws lambda \
                 remove-layer-version-permission --region {} --layer-name {} --version-number {} \
                 --statement-id {statement}`",
                self.region, arn.name, arn.version
            )
        });
        Ok(Done { arn, what, note })
    }

    async fn publish_version(&self) -> Result<LayerArn, Failure> {
        let name = self.zip.name;
        let description = format!("Moonlayer {}: {name}", env!("CARGO_PKG_VERSION"));
        let file = self.zip.open().map_err(|error| {
            Failure::new(
                Kind::Other,
                format!("cannot open the copy of {name}.zip: {error}"),
            )
        })?;
        let call = Call {
            region: Some(self.region),
            arguments: &[
                "lambda",
                "publish-layer-version",
                "--layer-name",
                &name.to_string(),
                "--description",
                &description,
                "--license-info",
                LICENSE,
                "--compatible-runtimes",
                "provided.al2023",
                "--compatible-architectures",
                &name.arch.to_string(),
                "--zip-file",
                "fileb:///dev/stdin",
            ],
            input: Some(file),
            asks: false,
        };
        let published: Version = self.aws.call(call).await?;
        parsed(&published.layer_version_arn)
    }

    async fn open(&self, arn: &LayerArn) -> Result<(), Failure> {
        let add = [
            "add-layer-version-permission",
            "--action",
            ACTION,
            "--principal",
            "*",
        ];
        match self.access {
            Access::All => self.change(&add, arn).await,
            Access::Organization(id) => {
                self.change(&[&add[..], &["--organization-id", id]].concat(), arn)
                    .await
            }
            Access::Private => Ok(()),
        }
    }

    /// An operation on our statement in the version's policy.
    async fn change(&self, operation: &[&str], arn: &LayerArn) -> Result<(), Failure> {
        let (layer, version) = (arn.layer(), arn.version.to_string());
        let which = [
            "--layer-name",
            &layer,
            "--version-number",
            &version,
            "--statement-id",
            STATEMENT,
        ];
        let _: Value = self.ask(&[operation, &which].concat()).await?;
        Ok(())
    }

    /// The version and its policy as the service has them, by the ARN that people will name.
    async fn read_back(&self, arn: &LayerArn) -> Result<Policy, Failure> {
        let wrong = |what: &str| {
            let text = format!("{arn} is published, but {what}; run the same command again");
            Failure::new(Kind::Other, text)
        };
        let there = self.version(arn).await?;
        if there.content.code_sha256 != self.zip.code_sha256() {
            let what = format!(
                "its SHA-256 reads {} and not {}",
                there.content.code_sha256,
                self.zip.code_sha256()
            );
            return Err(wrong(&what));
        }
        let policy = self.policy(arn).await?;
        if !policy.opens_to(self.access) {
            return Err(wrong(&format!(
                "its policy does not open it to {}",
                self.access
            )));
        }
        Ok(policy)
    }

    async fn version(&self, arn: &LayerArn) -> Result<Version, Failure> {
        let (layer, version) = (arn.layer(), arn.version.to_string());
        self.ask(&[
            "get-layer-version",
            "--layer-name",
            &layer,
            "--version-number",
            &version,
        ])
        .await
    }

    async fn policy(&self, arn: &LayerArn) -> Result<Policy, Failure> {
        let (layer, version) = (arn.layer(), arn.version.to_string());
        let asked = [
            "get-layer-version-policy",
            "--layer-name",
            &layer,
            "--version-number",
            &version,
        ];
        match self.ask::<PolicyAnswer>(&asked).await {
            Ok(answer) => Policy::parse(&answer.policy).map_err(|error| {
                Failure::new(
                    Kind::Other,
                    format!("cannot read the policy of {arn}: {error}"),
                )
            }),
            // A version has no policy before the first statement.
            Err(failure) if failure.kind == Kind::NotFound => Ok(Policy::default()),
            Err(failure) => Err(failure),
        }
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, arguments: &[&str]) -> Result<T, Failure> {
        let arguments = [&["lambda"], arguments].concat();
        let call = Call {
            region: Some(self.region),
            arguments: &arguments,
            input: None,
            asks: false,
        };
        self.aws.call(call).await
    }

    /// What would be done in this state.
    pub fn plan(&self, state: &State) -> String {
        let (arn, policy) = match state {
            State::Behind(None) => return "to be published, the first version".to_owned(),
            State::Behind(Some(newest)) => {
                return format!("to be published, after version {newest}, which differs");
            }
            State::Current { arn, policy } => (arn, policy),
        };
        let another = policy.has_another_of_ours(self.access);
        let then = match (policy.opens_to(self.access), another, self.access) {
            (true, true, Access::Private) => ", and stays open to others".to_owned(),
            (true, false, _) => String::new(),
            _ => format!(", to be opened to {}", self.access),
        };
        format!("version {} is unchanged{then}", arn.version)
    }
}

fn parsed(arn: &str) -> Result<LayerArn, Failure> {
    arn.parse().map_err(|error| {
        Failure::new(
            Kind::Other,
            format!("cannot read the ARN {arn:?} of the answer: {error}"),
        )
    })
}

/// What every layer of ours is under.
const LICENSE: &str = "MIT OR Apache-2.0";
