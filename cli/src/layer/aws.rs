//! Calls to AWS, through the `aws` command: whatever way of credentials works there works here.
//!
//! Version 1 and version 2 of the command serve alike.

mod failure;

use std::ffi::OsStr;
use std::fs::File;
use std::io::ErrorKind;
use std::process::Stdio;

use serde::de::DeserializeOwned;
use tokio::process::Command;

pub use failure::{Failure, Kind};

/// Whose credentials the calls have, and where they go.
#[derive(Debug, Clone)]
pub struct Aws {
    profile: Option<String>,
    endpoint: Option<String>,
}

/// One call.
#[derive(Debug)]
pub struct Call<'a> {
    /// The region that is asked; the one that `aws` is configured for, where there is none.
    pub region: Option<&'a str>,
    /// The service and the operation, like `["lambda", "get-layer-version"]`, then their options.
    pub arguments: &'a [&'a str],
    /// The file that the command finds as `/dev/stdin`.
    pub input: Option<File>,
    /// Whether a person may be asked, for the code of a second factor.
    pub asks: bool,
}

impl Aws {
    /// Calls with the credentials of `profile`, to `endpoint` for every service; each as `aws` is
    /// configured, where there is none.
    pub fn new(profile: Option<String>, endpoint: Option<String>) -> Self {
        Self { profile, endpoint }
    }

    /// Makes a call, and gives the answer.
    ///
    /// # Errors
    /// There is no `aws`, or it failed: then in the service's words.
    pub async fn call<T: DeserializeOwned>(&self, call: Call<'_>) -> Result<T, Failure> {
        let arguments = call.arguments;
        let output = self.command(call).output().await;
        let output = output.map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure::new(
                Kind::NoCommand,
                "there is no `aws` on the PATH; install the AWS CLI, version 1 or 2 \
                 (https://aws.amazon.com/cli/)",
            ),
            _ => Failure::new(Kind::NoCommand, format!("cannot start `aws`: {error}")),
        })?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::from_stderr(&said, output.status));
        }
        // An operation without an answer prints nothing.
        let text: &[u8] = match output.stdout.trim_ascii() {
            b"" => b"null",
            text => text,
        };
        serde_json::from_slice(text).map_err(|error| {
            let said = String::from_utf8_lossy(text);
            let said: String = said.chars().take(200).collect();
            let what = arguments.join(" ");
            Failure::new(
                Kind::Other,
                format!("cannot read the answer of `aws {what}`: {error}: {said}"),
            )
        })
    }

    fn command(&self, call: Call<'_>) -> Command {
        let mut command = Command::new("aws");
        command.args(["--output", "json", "--cli-connect-timeout", "10"]);
        for (option, value) in [
            ("--region", call.region),
            ("--profile", self.profile.as_deref()),
            ("--endpoint-url", self.endpoint.as_deref()),
        ] {
            command.args(value.map(|value| [option, value]).into_iter().flatten());
        }
        command.args(call.arguments.iter().map(OsStr::new));
        // Version 2 would show the answer in a pager, or ask for missing options.
        command
            .env("AWS_PAGER", "")
            .env("AWS_CLI_AUTO_PROMPT", "off");
        if std::env::var_os("AWS_RETRY_MODE").is_none() {
            command.env("AWS_RETRY_MODE", "standard");
        }
        if !call.asks {
            // Ctrl-C is for us alone: what is under way comes to its end.
            command.process_group(0);
        }
        command
            .stdin(match (call.input, call.asks) {
                (Some(file), _) => file.into(),
                (None, true) => Stdio::inherit(),
                (None, false) => Stdio::null(),
            })
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}
