//! A copy of the Terraform modules, and Terraform run in it without any network.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use super::folder::Folder;
use super::tools::project;

/// The version of the AWS provider whose arguments the stand-in has.
const PROVIDER: &str = "6.62.0";

/// A folder with a checkout's `terraform` in it, as `moonlayer/terraform`.
pub struct Module {
    folder: Folder,
}

impl Module {
    /// Copies the modules, and sets Terraform up to find the stand-in of the AWS provider alone.
    pub fn new() -> Self {
        let folder = Folder::new();
        for name in ["terraform", "layer"] {
            folder.copy_from_into(&project().join(name), &format!("moonlayer/{name}"));
        }
        let provider = format!(
            "mirror/registry.terraform.io/hashicorp/aws/{PROVIDER}/{}/terraform-provider-aws_v{PROVIDER}",
            platform()
        );
        fs::create_dir_all(folder.path().join(&provider).parent().expect("a folder"))
            .expect("a new folder");
        let script = folder
            .path()
            .join("moonlayer/terraform/tests/provider/provider.js");
        folder.executable(
            &provider,
            format!("#!/bin/sh\nexec node '{}'\n", script.display()),
        );
        let mirror = folder.path().join("mirror");
        folder.file(
            "terraformrc",
            format!(
                "provider_installation {{\n  filesystem_mirror {{\n    path = {:?}\n  }}\n}}\n",
                mirror.display().to_string()
            ),
        );
        Self { folder }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        self.folder.file(name, content);
    }

    /// Runs Terraform in the folder `within`.
    #[track_caller]
    pub fn terraform(&self, within: &str, arguments: &[&str]) -> Output {
        terraform(arguments)
            .current_dir(self.path().join(within))
            .env("TF_CLI_CONFIG_FILE", self.path().join("terraformrc"))
            // The stand-in speaks without TLS, to this machine alone.
            .env("TF_DISABLE_PLUGIN_TLS", "1")
            .output()
            .expect(
                "terraform is missing: install Terraform 1.9 or newer, so that it is on the PATH",
            )
    }

    /// Runs Terraform in the folder `within`; panics when it fails. Gives what it prints.
    #[track_caller]
    pub fn succeeds(&self, within: &str, arguments: &[&str]) -> String {
        let output = self.terraform(within, arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "terraform {arguments:?}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        said
    }

    /// The errors of a plan in the folder `within` with these variables, in HCL.
    #[track_caller]
    pub fn refused(&self, within: &str, variables: &[(&str, &str)]) -> Vec<String> {
        let variables: String = variables
            .iter()
            .map(|(name, value)| format!("{name} = {value}\n"))
            .collect();
        self.file(&format!("{within}/case.tfvars"), variables);
        let arguments = ["plan", "-json", "-input=false", "-var-file=case.tfvars"];
        let output = self.terraform(within, &arguments);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "it was not refused: {said}");
        said.lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["diagnostic"]["severity"] == "error")
            .map(|line| {
                line["diagnostic"]["detail"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }
}

/// Terraform with these arguments, less what its environment may say.
pub fn terraform(arguments: &[&str]) -> Command {
    let mut command = Command::new("terraform");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TF_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).env("CHECKPOINT_DISABLE", "1");
    command.env("TF_IN_AUTOMATION", "1");
    command
}

/// What Terraform calls this machine.
fn platform() -> String {
    let processor = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{}_{processor}", std::env::consts::OS)
}
