//! A copy of the checkout whose cargo compiles nothing: it hands out executables made by the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::support::{Folder, project};

/// Answers `build` and `zigbuild` from the folder `made`, and that it is on x86-64, wherever the test
/// runs; the rest is real.
///
/// It fails when two of them build at once, and notes what it was asked in the file `asked`, with
/// the compilers and flags that it was told to take.
const CARGO: &str = r#"#!/bin/sh
here=$(dirname "$0")
# A limit on the size of files is for the program under test.
ulimit -S -f unlimited
case "$1" in
  build | zigbuild) ;;
  -vV) echo "host: x86_64-unknown-linux-gnu"; exit ;;
  *) exec "REAL" "$@" ;;
esac
if [ ! -e "$here/made/$1" ]; then
  echo "error: made to fail: $1" >&2
  exit 101
fi
if [ "$2" = --help ]; then
  exit 0
fi
echo "$@" "RUSTC=$RUSTC" "LINKER=$CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER" \
  "CFLAGS=$CFLAGS_x86_64_unknown_linux_gnu" "PREFIX=$PREFIX" "TARGET_CC=$TARGET_CC" \
  "OUT_DIR=$OUT_DIR" >> "$here/asked"
for argument; do
  case "$last" in
    --target) triple=${argument%.2.34} ;;
    --target-dir) folder=$argument ;;
  esac
  last=$argument
done
folder=$folder/$triple/release
mkdir -p "$folder"
if ! mkdir "$here/busy"; then
  echo "error: two builds at once" >&2
  exit 101
fi
cp "$here/made/$1" "$folder/bootstrap"
rmdir "$here/busy"
"#;

/// Has Rust's target for arm64 where the test says so, in the folder `target`; the rest is real.
const RUSTC: &str = r#"#!/bin/sh
case "$*" in
  *target-libdir*aarch64*) echo "$(dirname "$0")/target" ;;
  *target-libdir*) echo / ;;
  *) exec rustc "$@" ;;
esac
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
        copy_project(&folder.path().join("checkout"));
        folder.executable("cargo", CARGO.replace("REAL", env!("CARGO")));
        folder.executable("rustc", RUSTC);
        Self { folder }
    }

    /// Gives it Rust's target for arm64.
    pub fn with_target(self) -> Self {
        self.folder.file("target/libstd.rlib", "");
        self
    }

    /// Gives it a C compiler for arm64.
    pub fn with_cross_compiler(self) -> Self {
        self.folder
            .executable("bin/aarch64-linux-gnu-gcc", "#!/bin/sh\n");
        self
    }

    /// Gives it what `layer/arm64-toolchain` brings.
    pub fn with_toolchain(self) -> Self {
        let toolchain = "checkout/target/arm64";
        self.folder.executable(
            &format!("{toolchain}/bin/rustc"),
            "#!/bin/sh\nexec rustc \"$@\"\n",
        );
        self.folder.file(&format!("{toolchain}/stamp"), "");
        self
    }

    /// Gives it a cargo-zigbuild that makes `executable`.
    pub fn zigbuilding(self, executable: impl AsRef<[u8]>) -> Self {
        self.folder.file("made/zigbuild", executable);
        self
    }

    /// Has `cargo build` give `executable` from now on.
    pub fn now_building(&self, executable: impl AsRef<[u8]>) {
        self.folder.file("made/build", executable);
    }

    /// Its folder.
    pub fn root(&self) -> PathBuf {
        self.folder.path().join("checkout")
    }

    /// Where the zip is to be.
    pub fn zip(&self) -> PathBuf {
        self.beside("lua-54-x86_64.zip")
    }

    /// A file in the folder of the zips.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.root().join("target/layer").join(name)
    }

    /// The command lines of the builds, a line each.
    pub fn asked(&self) -> String {
        fs::read_to_string(self.folder.path().join("asked")).unwrap_or_default()
    }

    /// `moonlayer layer build`, to be run in the checkout.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.folder.path().join("bin"));
        let path = std::env::join_paths(folders.chain(std::env::split_paths(&path)));
        command
            .current_dir(self.root())
            .env("CARGO", self.folder.path().join("cargo"))
            .env("RUSTC", self.folder.path().join("rustc"))
            .env("PATH", path.expect("no folder has a colon in its name"));
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

/// Makes `root` a copy of what the layer is built from.
pub fn copy_project(root: &Path) {
    fs::create_dir_all(root).expect("a folder of our own");
    for name in ["Cargo.toml", "Cargo.lock", "LICENSE-APACHE", "LICENSE-MIT"] {
        fs::copy(project().join(name), root.join(name)).expect(name);
    }
    for name in [".cargo", "cli", "runtime", "layer", "tests"] {
        copy(&project().join(name), &root.join(name));
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
