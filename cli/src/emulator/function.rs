//! What Lambda knows about a function before it runs.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A function's configuration, as one would give it to the service.
#[derive(Debug, Clone)]
pub struct Function {
    /// The handler setting, `file.function`.
    pub handler: String,
    /// The folder that the service would unpack to `/var/task`; absolute.
    pub root: PathBuf,
    /// How long one event may take.
    pub timeout: Duration,
    /// The memory size, in MB.
    pub memory_mb: u32,
    /// The environment that the process would have without Lambda: the shell's.
    pub inherited: BTreeMap<OsString, OsString>,
    /// The function's own variables, which win over `inherited` and over the service's defaults.
    pub variables: BTreeMap<OsString, OsString>,
}

impl Function {
    /// The function's name: its folder's, in the characters that the service allows.
    pub fn name(&self) -> String {
        let folder = self.root.file_name().unwrap_or_default().to_string_lossy();
        let name: String = folder
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '_' {
                    c
                } else {
                    '-'
                }
            })
            .take(64)
            .collect();
        if name.is_empty() {
            "function".to_owned()
        } else {
            name
        }
    }

    /// The region the function believes it is in; `us-east-1` unless one is set.
    pub fn region(&self) -> String {
        ["AWS_REGION", "AWS_DEFAULT_REGION"]
            .iter()
            .find_map(|name| {
                let name = OsStr::new(name);
                self.variables
                    .get(name)
                    .or_else(|| self.inherited.get(name))
            })
            .and_then(|value| value.to_str())
            .filter(|value| !value.is_empty())
            .unwrap_or("us-east-1")
            .to_owned()
    }

    /// The ARN the function is invoked by, in the account of AWS's documentation.
    pub fn arn(&self) -> String {
        format!(
            "arn:aws:lambda:{}:123456789012:function:{}",
            self.region(),
            self.name()
        )
    }

    /// How the service starts the function: what `AWS_LAMBDA_INITIALIZATION_TYPE` says, or follows
    /// from `AWS_LAMBDA_MAX_CONCURRENCY`.
    pub fn initialization(&self) -> Initialization {
        let variable = |name| self.variables.get(OsStr::new(name))?.to_str();
        variable(INITIALIZATION_TYPE)
            .and_then(Initialization::named)
            .unwrap_or(match self.is_concurrent() {
                true => Initialization::ManagedInstances,
                false => Initialization::OnDemand,
            })
    }

    /// Whether the runtime asks for many events at once.
    pub fn is_concurrent(&self) -> bool {
        let concurrency = self.variables.get(OsStr::new(MAX_CONCURRENCY));
        let concurrency = concurrency.and_then(|value| value.to_str()?.parse::<u32>().ok());
        concurrency.is_some_and(|count| count > 1)
    }

    /// The task root.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

/// The way in which the service starts a function's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initialization {
    /// For the event that needs it.
    OnDemand,
    /// Ahead of events.
    Provisioned,
    /// Once, to be frozen; events meet what is restored from that.
    SnapStart,
    /// On instances of the account, for many events at once.
    ManagedInstances,
}

impl Initialization {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::OnDemand,
        Self::Provisioned,
        Self::SnapStart,
        Self::ManagedInstances,
    ];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Its name, the value of `AWS_LAMBDA_INITIALIZATION_TYPE`.
    pub fn name(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::Provisioned => "provisioned-concurrency",
            Self::SnapStart => "snap-start",
            Self::ManagedInstances => "lambda-managed-instances",
        }
    }

    /// How long the service lets a function load.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>
    pub fn limit(self) -> Duration {
        match self {
            Self::OnDemand => Duration::from_secs(10),
            Self::Provisioned | Self::SnapStart | Self::ManagedInstances => {
                Duration::from_secs(130)
            }
        }
    }
}

/// The variable that names an [`Initialization`].
pub const INITIALIZATION_TYPE: &str = "AWS_LAMBDA_INITIALIZATION_TYPE";

/// The variable that says how many events a process is given at once.
pub const MAX_CONCURRENCY: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
