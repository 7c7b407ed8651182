//! The folders of this machine, which compilers write into binaries and which must not stand there.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use super::checkout::{Checkout, answer};
use super::variant::Interpreter;

/// The folders of this machine that compilers write into binaries, each with the name that stands
/// for it.
pub struct MachinePaths {
    /// Longest last: of the prefixes that fit, rustc and C compilers take the last.
    names: Vec<(PathBuf, String)>,
    /// The folders of crates and of the compiler, which must not be found in the binary.
    forbidden: Vec<PathBuf>,
}

impl MachinePaths {
    /// Those of a build of `checkout` by `rustc`.
    ///
    /// # Errors
    /// The compiler cannot be asked.
    pub fn of(checkout: &Checkout, rustc: &OsStr) -> anyhow::Result<Self> {
        let ask = |argument: &[&str]| -> anyhow::Result<String> {
            let answer = answer(
                Command::new(rustc)
                    .args(argument)
                    .current_dir(&checkout.root),
            )?;
            String::from_utf8(answer)
                .context("the folder of the compiler has a name that is not UTF-8; move it")
        };
        let version = ask(&["-vV"])?;
        let commit = version
            .lines()
            .find_map(|line| line.strip_prefix("commit-hash: "));
        // Where rustup has installed the standard library's sources, rustc names them in place of
        // their usual name.
        let library =
            Path::new(ask(&["--print", "sysroot"])?.trim_end()).join("lib/rustlib/src/rust");
        let mut names = vec![
            (checkout.root.clone(), "moonlayer".to_owned()),
            (
                library.clone(),
                format!("/rustc/{}", commit.unwrap_or("unknown")),
            ),
        ];
        let mut forbidden = vec![checkout.root.join("target"), library];
        for package in &checkout.packages {
            let folder = package.folder();
            forbidden.push(folder.to_owned());
            if let Some(registry) = folder.parent()
                && !folder.starts_with(&checkout.root)
                && !names.iter().any(|(path, _)| path == registry)
            {
                names.push((registry.to_owned(), "crates".to_owned()));
            }
        }
        names.sort_by_key(|(path, _)| path.as_os_str().len());
        Ok(Self { names, forbidden })
    }

    /// For rustc, in the form of `CARGO_ENCODED_RUSTFLAGS`; takes the place of flags set elsewhere.
    pub fn rustflags(&self) -> OsString {
        let mut flags = OsString::new();
        for (path, name) in &self.names {
            if !flags.is_empty() {
                flags.push("\u{1f}");
            }
            flags.push("--remap-path-prefix=");
            flags.push(path);
            flags.push(format!("={name}"));
        }
        flags
    }

    /// For the C compiler, quoted as a shell wants it.
    ///
    /// LuaJIT's makefile takes flags apart at each space, whatever the quotes: its folders lie
    /// below these, but it compiles by names that do not begin with them.
    pub fn cflags(&self, interpreter: Interpreter) -> OsString {
        // Has LuaJIT's compiled loops look whether a hook is set: runtime/build.rs. Lua 5.4 is given it
        // too, or each change of interpreter would have all C code compiled again.
        let mut flags = OsString::from("-DLUAJIT_ENABLE_CHECKHOOK ");
        for (path, name) in &self.names {
            let path = path.display().to_string();
            if interpreter == Interpreter::Luajit21 && path.contains(not_plain) {
                continue;
            }
            let path = path.replace('\'', r"'\''");
            flags.push(format!("'-ffile-prefix-map={path}={name}' "));
        }
        flags
    }

    /// Checks that another machine would build the same bytes.
    ///
    /// # Errors
    /// A path of this machine stands in `executable`, which another machine would then build with
    /// other bytes.
    pub fn assert_absent(&self, executable: &[u8]) -> anyhow::Result<()> {
        for path in &self.forbidden {
            let mut folder = path.as_os_str().as_encoded_bytes().to_owned();
            folder.push(b'/');
            ensure!(
                memchr::memmem::find(executable, &folder).is_none(),
                "the path {} of this machine stands in bootstrap, so that its bytes would differ \
                 elsewhere; find the crate that embeds it (`strings`) and remap it",
                path.display()
            );
        }
        Ok(())
    }
}

/// Whether a shell or make would take `character` for something else than a part of a name.
pub fn not_plain(character: char) -> bool {
    !(character.is_alphanumeric() || "/._-+,@:=".contains(character))
}
