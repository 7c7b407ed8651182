//! A function's folder, the tool run on it, and the zip that comes of it.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use zip::ZipArchive;

use super::support::Folder;

/// A folder `f` with a function, in a folder where the tool runs.
pub struct Package {
    outer: Folder,
    uid: Option<u32>,
}

/// What the tool has said.
pub struct Ran {
    pub stdout: String,
    pub stderr: String,
    pub code: Option<i32>,
}

impl Package {
    /// A function with one script.
    pub fn new() -> Self {
        Self::empty().file(
            "app.lua",
            "return { handler = function(event) return event end }\n",
        )
    }

    /// A folder with nothing in it.
    pub fn empty() -> Self {
        let outer = Folder::new();
        std::fs::create_dir(outer.path().join("f")).expect("a new folder");
        Self { outer, uid: None }
    }

    /// Adds a file to the function.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.outer.file(&format!("f/{name}"), content);
        self
    }

    /// Adds a symbolic link to the function.
    pub fn link(self, name: &str, target: &str) -> Self {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::os::unix::fs::symlink(target, path).expect("a new link");
        self
    }

    /// Sets the permission bits of a file or folder.
    pub fn mode(self, name: &str, mode: u32) -> Self {
        self.outer.mode(&format!("f/{name}"), mode);
        self
    }

    /// Runs the tool as another user, who may write to the outer folder, where only root may do all;
    /// a user who may not is that other one.
    pub fn uid(mut self, uid: u32) -> Self {
        self.outer.mode(".", 0o777);
        let process = std::fs::metadata("/proc/self").expect("Linux");
        self.uid = (process.uid() == 0).then_some(uid);
        self
    }

    /// The path of something in the function's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.outer.path().join("f").join(name)
    }

    /// The path of something in the folder where the tool runs.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.outer.path().join(name)
    }

    /// `moonlayer package f` with these arguments, ready to be started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moonlayer"));
        command.args(["package", "f"]).args(arguments);
        command.current_dir(self.outer.path());
        // Users other than root do not reach the tool's own folder.
        if let Some(uid) = self.uid {
            let copy = self.outer.path().join("tool");
            if !copy.exists() {
                self.outer
                    .program("tool", env!("CARGO_BIN_EXE_moonlayer").as_ref());
            }
            command = Command::new(copy);
            command.args(["package", "f"]).args(arguments).uid(uid);
            command.current_dir(self.outer.path());
        }
        command
    }

    /// Runs `moonlayer package f` with these arguments.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::from(self.command(arguments).output().expect("the built tool"))
    }

    /// Runs it, and gives the names in the zip.
    #[track_caller]
    pub fn names(&self, arguments: &[&str]) -> Vec<String> {
        self.run(arguments).succeeds();
        self.names_in_zip()
    }

    /// The names in the zip that was made, in their order.
    #[track_caller]
    pub fn names_in_zip(&self) -> Vec<String> {
        let zip = self.zip();
        let name = |name: zip::result::ZipResult<Cow<'_, str>>| name.expect("a name").into_owned();
        zip.file_names().map(name).collect()
    }

    /// Runs it, and gives the zip's bytes.
    #[track_caller]
    pub fn bytes(&self, arguments: &[&str]) -> Vec<u8> {
        self.run(arguments).succeeds();
        std::fs::read(self.beside("f.zip")).expect("the zip")
    }

    /// The zip that was made.
    #[track_caller]
    pub fn zip(&self) -> ZipArchive<File> {
        let file = File::open(self.beside("f.zip")).expect("the zip");
        ZipArchive::new(file).expect("a whole zip")
    }

    /// The content of a file in the zip that was made.
    #[track_caller]
    pub fn content(&self, name: &str) -> String {
        let mut zip = self.zip();
        let mut text = String::new();
        let mut file = zip
            .by_name(name)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        file.read_to_string(&mut text).expect("text");
        text
    }

    /// Nothing was left where a zip, or a part of one, might be.
    #[track_caller]
    pub fn has_no_zip(&self) {
        let names = std::fs::read_dir(self.outer.path()).expect("the folder");
        let mut names: Vec<_> = names
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("text")
            })
            .filter(|name| name != "tool")
            .collect();
        names.sort();
        assert_eq!(names, ["f"]);
    }

    /// It fails with an error that has these parts, and leaves no zip.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str], parts: &[&str]) {
        let ran = self.run(arguments);
        assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
        assert_eq!(ran.stdout, "");
        ran.says(parts);
        self.has_no_zip();
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Self {
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            code: output.status.code(),
        }
    }
}

impl Ran {
    /// It has succeeded.
    #[track_caller]
    pub fn succeeds(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// These parts are on stderr.
    #[track_caller]
    pub fn says(&self, parts: &[&str]) -> &Self {
        for part in parts {
            assert!(self.stderr.contains(part), "no {part:?} in {}", self.stderr);
        }
        self
    }

    /// The lines of warnings on stderr.
    pub fn warnings(&self) -> Vec<&str> {
        let lines = self.stderr.lines();
        lines
            .filter_map(|line| line.strip_prefix("warning: "))
            .collect()
    }
}
