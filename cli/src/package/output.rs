//! Where the zip goes: nobody sees half of it, and nothing else is lost for it.

use std::env;
use std::fs::{self, File, Permissions};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use tempfile::{Builder, NamedTempFile};

/// The place of a zip that is not there yet, or is from an earlier run.
#[derive(Debug)]
pub struct Output {
    /// As the user knows it.
    shown: PathBuf,
    /// Without symbolic links in it.
    path: PathBuf,
}

impl Output {
    /// The place that `--output` says, a file or a folder, for the zip of `root`.
    ///
    /// # Errors
    /// A place where something else is, or can be nothing.
    pub fn find(asked: Option<&Path>, root: &Path) -> anyhow::Result<Self> {
        let shown = match asked {
            Some(path) if path.as_os_str().is_empty() => {
                bail!("--output is empty; name a file or a folder")
            }
            Some(path) if path.is_dir() || ends_in_slash(path) => path.join(default_name(root)?),
            Some(path) => path.to_owned(),
            None => default_name(root)?,
        };
        let path = env::current_dir()
            .context("the current folder is gone; change to another")?
            .join(&shown);
        let Some(name) = path.file_name() else {
            bail!("--output {} names no file", shown.display());
        };
        let folder = path.parent().context("a file lies in a folder")?;
        // A folder that is not there yet has nothing that could go into the zip.
        let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let path = match fs::canonicalize(folder.join(name)) {
            Ok(there) => there,
            // Renaming puts the zip in the place of a link that leads nowhere.
            Err(_) => folder.join(name),
        };
        check_there(&path, &shown)?;
        Ok(Self { shown, path })
    }

    /// The zip's path, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file beside the zip's place, which is gone unless it is kept; makes the folder for it.
    ///
    /// # Errors
    /// A folder that cannot be made or written to.
    pub fn open(&self) -> anyhow::Result<NamedTempFile> {
        let folder = self.path.parent().context("a file lies in a folder")?;
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create the folder {}", folder.display()))?;
        Builder::new()
            .prefix(".moonlayer-")
            .tempfile_in(folder)
            .with_context(|| format!("cannot write to the folder {}", folder.display()))
    }

    /// Puts the finished file in its place; gives the path for people.
    ///
    /// # Errors
    /// A full disk, or a folder that has lost its right to be written to.
    pub fn keep(self, file: NamedTempFile) -> anyhow::Result<PathBuf> {
        let write = || -> std::io::Result<()> {
            file.as_file()
                .set_permissions(Permissions::from_mode(0o644))?;
            // Some file systems say only now that they are full.
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().with_context(|| format!("cannot write {}", self.shown.display()))?;
        Ok(self.shown)
    }
}

/// Whatever is there already must be a zip: a slip in `--output` costs no source.
fn check_there(path: &Path, shown: &Path) -> anyhow::Result<()> {
    let shown = shown.display();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("cannot write {shown}")),
    };
    ensure!(
        metadata.is_file(),
        "{shown} is there, and is not a file; name another by --output"
    );
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(2).read_to_end(&mut start))
        .with_context(|| format!("cannot read {shown}, which is there already"))?;
    ensure!(
        start.is_empty() || start == b"PK",
        "{shown} is there, and is no zip; name another by --output, or remove it"
    );
    Ok(())
}

fn default_name(root: &Path) -> anyhow::Result<PathBuf> {
    let Some(name) = root.file_name() else {
        bail!("the folder has no name of its own; name the zip by --output");
    };
    let mut name = name.to_owned();
    name.push(".zip");
    Ok(name.into())
}

fn ends_in_slash(path: &Path) -> bool {
    path.as_os_str().as_encoded_bytes().ends_with(b"/")
}
