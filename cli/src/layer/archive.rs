//! What the layer holds, as a zip or as a folder.
//!
//! The zip's bytes depend on the content alone: entries in the order of their names, one time and
//! fixed modes. Whatever is written appears whole or not at all.

use std::fs::{self, Permissions};
use std::io::{Cursor, ErrorKind, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::build::create_folder;

/// The name of the runtime; Lambda starts `/opt/bootstrap`.
const BOOTSTRAP: &str = "bootstrap";
/// The stand-alone interpreter: `/opt/bin` is on the functions' PATH.
const LUA: &str = "bin/lua";
/// Where [`LUA`] leads, seen from its folder.
const LUA_TARGET: &str = "../bootstrap";
/// The notices; `/opt` is shared with other layers, hence the folder of our own.
const NOTICES: &str = "share/doc/moonlayer/NOTICES";

/// Above 9 it is Zopfli's: a zip that is made once and loaded by every new sandbox is worth its
/// seconds. More than this wins next to nothing.
const COMPRESSION_LEVEL: i64 = 15;

/// What a layer is made of.
#[derive(Debug)]
pub struct Content {
    /// The runtime, an executable.
    pub bootstrap: Vec<u8>,
    /// The licence notices of all that is linked into the runtime.
    pub notices: String,
}

impl Content {
    /// The layer as a zip; the same bytes for the same content.
    pub fn zip(&self) -> anyhow::Result<Vec<u8>> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(COMPRESSION_LEVEL))
            .last_modified_time(DateTime::default());
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.add_symlink(LUA, LUA_TARGET, options.unix_permissions(0o777))?;
        zip.start_file(BOOTSTRAP, options.unix_permissions(0o755))?;
        zip.write_all(&self.bootstrap)?;
        zip.start_file(NOTICES, options.unix_permissions(0o644))?;
        zip.write_all(self.notices.as_bytes())?;
        Ok(zip.finish()?.into_inner())
    }

    /// Fills `dir` with what Lambda unpacks under `/opt`.
    ///
    /// # Errors
    /// The file system's; each file is there whole or not at all.
    pub fn unzip_into(&self, dir: &Path) -> anyhow::Result<()> {
        for name in [BOOTSTRAP, LUA, NOTICES] {
            create_folder(
                dir.join(name)
                    .parent()
                    .expect("each name lies below the folder"),
            )?;
        }
        write_whole(&dir.join(BOOTSTRAP), &self.bootstrap, 0o755)?;
        write_whole(&dir.join(NOTICES), self.notices.as_bytes(), 0o644)?;
        link_whole(&dir.join(LUA), LUA_TARGET)
    }
}

/// Writes `bytes` to `path` with `mode`: under another name first, then renamed, so that nobody
/// sees half of it.
///
/// # Errors
/// The file system's, a full disk among them; `path` is then what it was.
pub fn write_whole(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    put(stage(path, bytes, mode)?, path)
}

/// Writes a zip and its companions, each whole or not at all. Nobody sees a zip with the
/// companions of another.
///
/// # Errors
/// The file system's. Where there is no room for one of them, all are what they were.
pub fn write_together(
    path: &Path,
    zip: &[u8],
    companions: &[(PathBuf, Vec<u8>)],
) -> anyhow::Result<()> {
    let staged_zip = stage(path, zip, 0o644)?;
    let mut staged = Vec::new();
    for (path, bytes) in companions {
        staged.push((stage(path, bytes, 0o644)?, path));
    }
    for (path, _) in companions {
        match fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot replace {}", path.display()));
            }
            _ => {}
        }
    }
    put(staged_zip, path)?;
    for (file, path) in staged {
        put(file, path)?;
    }
    Ok(())
}

/// A file with `bytes` and `mode` beside `path`, gone unless [`put`] there.
fn stage(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<NamedTempFile> {
    let write = || -> std::io::Result<NamedTempFile> {
        let mut file = NamedTempFile::new_in(folder_of(path))?;
        file.write_all(bytes)?;
        file.as_file()
            .set_permissions(Permissions::from_mode(mode))?;
        // Some file systems say only now that they are full.
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

fn put(file: NamedTempFile, path: &Path) -> anyhow::Result<()> {
    file.persist(path)
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

/// Makes `path` a symbolic link to `target`, in place of what was there.
fn link_whole(path: &Path, target: &str) -> anyhow::Result<()> {
    let link = || -> std::io::Result<()> {
        let folder = tempfile::tempdir_in(folder_of(path))?;
        let link = folder.path().join("link");
        symlink(target, &link)?;
        fs::rename(&link, path)
    };
    link().with_context(|| format!("cannot link {} to {target}", path.display()))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().expect("what is written lies in a folder")
}
