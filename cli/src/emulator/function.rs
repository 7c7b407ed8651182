//! What Lambda knows about a function before it runs.

use std::collections::BTreeMap;
use std::ffi::OsString;
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
                let name = std::ffi::OsStr::new(name);
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

    /// The task root.
    pub fn root(&self) -> &Path {
        &self.root
    }
}
