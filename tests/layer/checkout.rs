//! A copy of the checkout whose cargo compiles nothing: it hands out executables made by the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::support::{Folder, project};

/// Answers `build` and `zigbuild` from the folder `made`; the rest is real.
///
/// It fails when two of them build at once, and notes what it was asked in the file `asked`.
const CARGO: &str = r#"#!/bin/sh
here=$(dirname "$0")
# A limit on the size of files is for the program under test.
ulimit -S -f unlimited
case "$1" in
  build | zigbuild) ;;
  *) exec "REAL" "$@" ;;
esac
if [ ! -e "$here/made/$1" ]; then
  echo "error: made to fail: $1" >&2
  exit 101
fi
if [ "$2" = --help ]; then
  exit 0
fi
echo "$@" >> "$here/asked"
for argument; do
  if [ "$last" = --target-dir ]; then
    folder=$argument/x86_64-unknown-linux-gnu/release
  fi
  last=$argument
done
mkdir -p "$folder"
if ! mkdir "$here/busy"; then
  echo "error: two builds at once" >&2
  exit 101
fi
cp "$here/made/$1" "$folder/bootstrap"
rmdir "$here/busy"
"#;

/// The copy, gone when dropped.
pub struct Checkout {
    folder: Folder,
}

impl Checkout {
    /// A checkout whose `cargo build` gives `executable`; it has no cargo-zigbuild.
    pub fn building(executable: impl AsRef<[u8]>) -> Self {
        let checkout = Self::failing();
        checkout.folder.file("made/build", executable);
        checkout
    }

    /// A checkout whose `cargo build` fails.
    pub fn failing() -> Self {
        let folder = Folder::new();
        let root = folder.path().join("checkout");
        for name in ["Cargo.toml", "Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT"] {
            folder.file(
                &format!("checkout/{name}"),
                fs::read(project().join(name)).expect(name),
            );
        }
        for name in ["cli", "runtime", "layer", "tests"] {
            copy(&project().join(name), &root.join(name));
        }
        folder.executable("cargo", CARGO.replace("REAL", env!("CARGO")));
        Self { folder }
    }

    /// Gives it a cargo-zigbuild that makes `executable`.
    pub fn zigbuilding(self, executable: impl AsRef<[u8]>) -> Self {
        self.folder.file("made/zigbuild", executable);
        self
    }

    /// Its folder.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("checkout")
    }

    /// Where the zip is to be.
    pub fn zip(&self) -> PathBuf {
        self.root().join("target/layer/lua-54-x86_64.zip")
    }

    /// The command lines of the builds, a line each.
    pub fn asked(&self) -> String {
        fs::read_to_string(self.folder.path().join("asked")).unwrap_or_default()
    }

    /// `moonlayer layer build`, to be run in the checkout.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.root())
            .env("CARGO", self.folder.path().join("cargo"));
        command
    }

    /// Runs `moonlayer layer build` with more arguments.
    pub fn build(&self, arguments: &[&str]) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_moonlayer"));
        command
            .args(["layer", "build"])
            .args(arguments)
            .output()
            .expect("the built binary")
    }
}

/// Copies a folder, but not what builds leave in it.
fn copy(source: &Path, target: &Path) {
    fs::create_dir_all(target).expect("a folder of our own");
    for entry in fs::read_dir(source).expect("a folder of the project") {
        let entry = entry.expect("a readable folder");
        let to = target.join(entry.file_name());
        if entry.file_name() == "target" {
            continue;
        }
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).expect("a readable file");
        }
    }
}
