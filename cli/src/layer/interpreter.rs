//! The sources of the interpreter, which a crate carries, and what they say of themselves.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use super::checkout::Checkout;
use super::notices::read;
use super::variant::Interpreter;

/// The C sources of an interpreter.
#[derive(Debug)]
pub struct Sources {
    /// Its name as its authors write it.
    pub title: &'static str,
    /// Its name in a package URL.
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// Its licence notice.
    pub notice: String,
}

impl Sources {
    /// The sources that `bootstrap` is compiled from.
    ///
    /// # Errors
    /// The crate that carries them is not there, or looks otherwise than we know it.
    pub fn find(checkout: &Checkout, interpreter: Interpreter) -> anyhow::Result<Self> {
        match interpreter {
            Interpreter::Lua54 => Self::lua(&folder(checkout, "lua-src")?),
            Interpreter::Luajit21 => Self::luajit(&folder(checkout, "luajit-src")?),
        }
    }

    /// PUC-Rio's Lua: a folder for each version, the notice at the end of its header `lua.h`.
    fn lua(folder: &Path) -> anyhow::Result<Self> {
        const FOLDER: &str = "lua-5.4.";
        let mut found = Vec::new();
        let cause = || format!("cannot read {}", folder.display());
        for entry in fs::read_dir(folder).with_context(cause)? {
            let name = entry.with_context(cause)?.file_name();
            let name = name.to_string_lossy().into_owned();
            if name.starts_with(FOLDER) {
                found.push(name);
            }
        }
        ensure!(
            found.len() == 1,
            "{} holds {} folders named {FOLDER}…, where one was to be expected",
            folder.display(),
            found.len()
        );
        let header = folder.join(&found[0]).join("lua.h");
        Ok(Self {
            title: "Lua",
            name: "lua",
            version: found[0].trim_start_matches("lua-").to_owned(),
            notice: notice_at_the_end(&read(&header)?)
                .with_context(|| format!("{} does not end with Lua's licence", header.display()))?,
        })
    }

    /// LuaJIT, in OpenResty's branch: a rolling release, numbered by the time of its last commit.
    fn luajit(folder: &Path) -> anyhow::Result<Self> {
        let time = folder.join("luajit_relver.txt");
        let release = read(&time)?.trim().to_owned();
        ensure!(
            !release.is_empty() && release.bytes().all(|byte| byte.is_ascii_digit()),
            "{} holds no number: {release:?}",
            time.display()
        );
        let copyright = folder.join("luajit2/COPYRIGHT");
        let notice = read(&copyright)?;
        ensure!(
            notice.contains("Mike Pall") && notice.contains("Permission is hereby granted"),
            "{} is not LuaJIT's licence",
            copyright.display()
        );
        Ok(Self {
            title: "LuaJIT",
            name: "luajit2",
            version: format!("2.1.{release}"),
            notice,
        })
    }
}

/// The folder of the crate `name`.
fn folder(checkout: &Checkout, name: &str) -> anyhow::Result<PathBuf> {
    let package = checkout
        .packages
        .iter()
        .find(|package| package.name == name)
        .with_context(|| format!("cargo does not name {name}, whose sources are to be compiled"))?;
    Ok(package.folder().to_owned())
}

/// The last comment of a C header, without its stars, if it grants permission.
fn notice_at_the_end(header: &str) -> Option<String> {
    let comment = &header[header.rfind("/****")?..];
    let comment = &comment[..comment.find("*/")?];
    let lines = comment
        .lines()
        .map(|line| line.trim_start_matches(['/', '*']).trim());
    let notice = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
    (notice.contains("Copyright") && notice.contains("Permission is hereby granted"))
        .then_some(notice)
}

#[cfg(test)]
mod tests {
    use super::notice_at_the_end;

    #[test]
    fn the_notice_of_a_header_is_its_last_comment_without_stars() {
        let header = "/* first */\n/******\n* Copyright (C) 1994 Lua.org.\n*\n\
                      * Permission is hereby granted\n* to all.\n******/\n\n#endif\n";
        let notice = notice_at_the_end(header).expect("the comment is a notice");
        assert_eq!(
            notice,
            "Copyright (C) 1994 Lua.org.\n\nPermission is hereby granted\nto all."
        );
        assert_eq!(
            notice_at_the_end("/******\n* something else\n******/"),
            None
        );
    }
}
