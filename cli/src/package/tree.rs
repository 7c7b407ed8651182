//! The files of a folder that go into a zip, and those that do not.
//!
//! Symbolic links are followed, as long as they lead to something in the folder: the zip holds what
//! they lead to, under their names, so that every program that unpacks it gets the same.

use std::fs::{self, DirEntry, Metadata};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use super::rules::{Kind, Rules};
use crate::layer::Interpreter;

/// What a folder holds, in the order of the names' bytes.
#[derive(Debug, Default)]
pub struct Tree {
    /// The folder, without symbolic links in its path.
    pub root: PathBuf,
    /// What goes in.
    pub entries: Vec<Entry>,
    /// What does not.
    pub left_out: Vec<LeftOut>,
}

/// A file that goes into the zip.
#[derive(Debug)]
pub struct Entry {
    /// Its path in the zip.
    pub name: String,
    /// Its size when the folder was read.
    pub bytes: u64,
    /// Whether anyone may execute it.
    pub executable: bool,
}

/// A file, or a whole folder, whose name ends in a slash then, that stays out.
#[derive(Debug)]
pub struct LeftOut {
    /// Its path, as it would be in the zip.
    pub name: String,
    /// The rule that says so.
    pub rule: String,
}

impl Tree {
    /// Reads the folder `root`; `output` is the zip to be made, which does not go into itself.
    ///
    /// # Errors
    /// What cannot be read, or cannot be in a zip: each with its name and a way out.
    pub fn read(
        root: &Path,
        kind: Kind,
        interpreter: Interpreter,
        output: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let mut walk = Walk {
            tree: Self {
                root: root.to_owned(),
                ..Self::default()
            },
            rules: Rules::new(root, kind, interpreter)?,
            output,
            above: Vec::new(),
        };
        walk.folder(Path::new(""), root.to_owned())?;
        let mut tree = walk.tree;
        tree.entries.sort_by(|a, b| a.name.cmp(&b.name));
        tree.left_out.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(tree)
    }

    /// Where the content of `entry` is.
    pub fn path(&self, entry: &Entry) -> PathBuf {
        self.root.join(&entry.name)
    }
}

struct Walk<'a> {
    tree: Tree,
    rules: Rules,
    output: Option<&'a Path>,
    /// The folders on the way here, without symbolic links in their paths.
    above: Vec<PathBuf>,
}

impl Walk<'_> {
    /// Reads the folder `name`, which is `real` when links are followed.
    fn folder(&mut self, name: &Path, real: PathBuf) -> anyhow::Result<()> {
        let path = self.tree.root.join(name);
        let shown = match name.as_os_str().is_empty() {
            true => String::new(),
            false => format!("{}/", name.display()),
        };
        let cannot = || {
            let shown = path.display();
            format!(
                "cannot read the folder {shown}; make it readable, or leave it out by a line in \
                 .moonignore"
            )
        };
        // Before its rules, for whose file a folder that cannot be read would be blamed.
        let entries = fs::read_dir(&path).with_context(cannot)?;
        self.rules.enter(&path, &shown)?;
        self.above.push(real);
        for entry in entries {
            let entry = entry.with_context(cannot)?;
            self.entry(&name.join(entry.file_name()), &entry)?;
        }
        self.above.pop();
        self.rules.leave();
        Ok(())
    }

    fn entry(&mut self, name: &Path, entry: &DirEntry) -> anyhow::Result<()> {
        let shown = name.display();
        let path = self.tree.root.join(name);
        let kind = entry
            .file_type()
            .with_context(|| format!("cannot read {shown}"))?;
        let followed = kind.is_symlink().then(|| fs::metadata(&path));
        let is_folder = match &followed {
            Some(metadata) => metadata.as_ref().is_ok_and(Metadata::is_dir),
            None => kind.is_dir(),
        };
        if let Some(rule) = self.rules.leaving_out(&path, is_folder) {
            self.leave_out(name, is_folder, rule);
            return Ok(());
        }

        let here = self.above.last().expect("an entry lies in a folder");
        let real = match &followed {
            Some(_) => self.target(name, &path)?,
            None => here.join(entry.file_name()),
        };
        if is_folder {
            // A way round passes a link again, so plain folders need no look at all those above.
            ensure!(
                followed.is_none() || !self.above.contains(&real),
                "the link {shown} leads to a folder that it lies in, so that the zip would have no \
                 end; {LINK_REMEDY}"
            );
            return self.folder(name, real);
        }
        if self.output == Some(&real) {
            self.leave_out(name, false, "the zip to be made".to_owned());
            return Ok(());
        }
        let metadata = fs::metadata(&path).with_context(|| format!("cannot read {shown}"))?;
        ensure!(
            metadata.is_file(),
            "{shown} is {}, which no zip can hold; remove it, or leave it out by a line in \
             .moonignore",
            special(&metadata)
        );
        self.tree.entries.push(Entry {
            name: portable(name)?,
            bytes: metadata.len(),
            executable: metadata.permissions().mode() & 0o111 != 0,
        });
        Ok(())
    }

    fn leave_out(&mut self, name: &Path, is_folder: bool, rule: String) {
        let slash = if is_folder { "/" } else { "" };
        self.tree.left_out.push(LeftOut {
            name: format!("{}{slash}", name.display()),
            rule,
        });
    }

    /// What a link leads to at last.
    fn target(&self, name: &Path, path: &Path) -> anyhow::Result<PathBuf> {
        let shown = name.display();
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let target = fs::read_link(path).unwrap_or_default();
                bail!(
                    "the link {shown} leads to {}, which is not there; {LINK_REMEDY}",
                    target.display()
                )
            }
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot follow the link {shown}; {LINK_REMEDY}"));
            }
        };
        ensure!(
            real.starts_with(&self.tree.root),
            "the link {shown} leads out of the folder, to {}; copy that to where the link is, or \
             leave the link out by a line in .moonignore",
            real.display()
        );
        Ok(real)
    }
}

/// The name as a zip has it, which every system must read as the same path.
fn portable(name: &Path) -> anyhow::Result<String> {
    let remedy = "rename it, or leave it out by a line in .moonignore";
    let Some(text) = name.to_str() else {
        bail!("the name {name:?} is not UTF-8, as names in a zip are; {remedy}");
    };
    ensure!(
        !text.contains('\\'),
        "the name {text} has a backslash, which parts folders where some zips are unpacked; \
         {remedy}"
    );
    Ok(text.to_owned())
}

/// What is neither a file nor a folder.
fn special(metadata: &Metadata) -> &'static str {
    let kind = metadata.file_type();
    match () {
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

const LINK_REMEDY: &str = "remove the link, or leave it out by a line in .moonignore";
