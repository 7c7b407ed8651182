//! A folder with built zips and a versions.json, and the command run in it.

use std::ffi::OsString;
use std::fs;
use std::io::{Cursor, Write};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use sha2::{Digest, Sha256};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::cloud::{Cloud, credentials};
use super::elf;
use super::support::{Folder, tool};

/// The folder; what lies in it is as `layer build` leaves it in a checkout.
pub struct Workplace {
    pub folder: Folder,
}

impl Workplace {
    /// With a zip of `lua-54-x86_64` whose content is `filling`.
    pub fn with(filling: &str) -> Self {
        let folder = Folder::new();
        folder.file("layer/versions.json", "{\"layers\": {}}\n");
        let workplace = Self { folder };
        workplace.zip("lua-54-x86_64", &runtime(elf::X86_64, filling));
        workplace
    }

    /// Puts a zip where `layer build` would, and its checksum as `layer build` writes it.
    pub fn zip(&self, layer: &str, bytes: &[u8]) {
        let name = format!("target/layer/{layer}.zip");
        let digest = Sha256::digest(bytes);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.file(&name, bytes);
        let sum = format!("{digest}  {layer}.zip\n");
        self.folder.file(&format!("{name}.sha256"), sum);
    }

    /// The command for `lua-54-x86_64`, ready to run.
    pub fn command(&self, cloud: &Cloud, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moonlayer"));
        command
            .args([
                "layer",
                "publish",
                "--interpreter",
                "lua-54",
                "--arch",
                "x86_64",
            ])
            .args(["--endpoint", &cloud.endpoint()])
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        credentials(&mut command).env("PATH", path_with_aws());
        command
    }

    /// Runs it.
    pub fn publish(&self, cloud: &Cloud, arguments: &[&str]) -> Outcome {
        Outcome::of(
            self.command(cloud, arguments)
                .output()
                .expect("the built binary"),
        )
    }

    /// What versions.json says.
    pub fn versions(&self) -> Value {
        let text = fs::read(self.folder.path().join("layer/versions.json")).expect("the file");
        serde_json::from_slice(&text).expect("JSON")
    }

    /// The version of `lua-54-x86_64` that versions.json has for the region.
    pub fn recorded(&self, region: &str) -> Option<String> {
        let entry = &self.versions()["layers"]["lua-54-x86_64"][region]["arn"];
        entry.as_str().map(str::to_owned)
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What it printed, once it has succeeded.
    #[track_caller]
    pub fn succeeds(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self.stdout
    }

    /// What it said on stderr, once it has failed.
    #[track_caller]
    pub fn fails_with(self, reasons: &[&str]) -> String {
        assert_eq!(self.code, Some(1), "{}{}", self.stdout, self.stderr);
        for reason in reasons {
            assert!(
                self.stderr.contains(reason),
                "{reason:?} is missing in {}",
                self.stderr
            );
        }
        self.stderr
    }
}

/// PATH with the AWS CLI of the tests.
pub fn path_with_aws() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(tool("aws/bin")).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).expect("no folder has a colon in its name")
}

/// A zip with a runtime for the machine.
pub fn runtime(machine: u16, filling: &str) -> Vec<u8> {
    zip_of(&[(
        "bootstrap",
        0o755,
        &elf::needing(&["GLIBC_2.34"], machine, filling.as_bytes()),
    )])
}

/// A zip of those files, with their modes.
pub fn zip_of(files: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, bytes) in files {
        let options = SimpleFileOptions::default().unix_permissions(*mode);
        zip.start_file(*name, options).expect("a new entry");
        zip.write_all(bytes).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}
