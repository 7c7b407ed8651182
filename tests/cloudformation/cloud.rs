//! moto's stand-in for AWS, and the AWS CLI that asks it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

use super::support::{Folder, Process, free_address, tool};

/// A server of moto's; ended when dropped.
pub struct Cloud {
    address: SocketAddr,
    _process: Process,
}

impl Cloud {
    /// Starts one without any resource in it.
    pub fn new() -> Self {
        let address = free_address();
        let mut command = Command::new(tool("aws/bin/moto_server"));
        command
            .args(["-H", "127.0.0.1", "-p", &address.port().to_string()])
            .env("AWS_DEFAULT_REGION", "eu-west-1");
        let mut process = Process::spawn(&mut command, || ());
        process.listens(address);
        Self {
            address,
            _process: process,
        }
    }

    /// Runs a script of bash in `folder`, whose `aws` asks this cloud.
    #[track_caller]
    pub fn run(&self, folder: &Folder, script: &str) -> Output {
        let tools = tool("aws/bin");
        Command::new("bash")
            .args(["-euc", script])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", tools.display()))
            .env("HOME", folder.path())
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address))
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "eu-west-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_PAGER", "")
            .output()
            .expect("bash is everywhere")
    }

    /// The same, which has to succeed; gives what it prints.
    #[track_caller]
    pub fn succeeds(&self, folder: &Folder, script: &str) -> String {
        let output = self.run(folder, script);
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let wrong = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}\n{said}\n{wrong}");
        said
    }
}

/// What a checker of templates says of the one at `path`; panics when it finds anything.
#[track_caller]
pub fn clean(program: &str, arguments: &[&str], path: &Path, place: &str) {
    let output = Command::new(tool(program))
        .args(arguments)
        .arg(path)
        .env("SAM_CLI_TELEMETRY", "0")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .current_dir(path.parent().expect("a template lies in a folder"))
        .output()
        .expect("an installed tool");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let found = !output.status.success() || said.contains("[W") || said.contains("[E");
    assert!(!found, "{place}: {program}: {said}");
}
