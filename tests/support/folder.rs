//! Folders that are gone when the test is.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

/// A new folder, readable by everyone, removed when dropped.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes an empty folder under the system's folder for temporary files.
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("moonlayer-{}-{number}", std::process::id());
        // Resolved, because a process sees its working directory without symbolic links.
        let temporary = std::env::temp_dir()
            .canonicalize()
            .expect("a temporary folder");
        let path = temporary.join(name);
        fs::create_dir(&path).expect("a new folder");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our own folder");
        Self { path }
    }

    /// Where it is: absolute, without symbolic links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a file, and the folders above it; gives its whole path.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().expect("a name inside")).expect("a folder inside");
        fs::write(&path, content).unwrap_or_else(|error| panic!("cannot write {name}: {error}"));
        path
    }

    /// Writes a file that may be executed; gives its whole path.
    pub fn executable(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let written = self.file(&format!("{name}.written"), content);
        let path = self.program(name, &written);
        fs::remove_file(written).expect("our own file");
        path
    }

    /// Copies a program; gives its whole path.
    ///
    /// Another process does it: a file that we hold open for writing may be in the hands of a child
    /// that a test beside this one has just forked, and then it cannot be executed ("text file
    /// busy").
    pub fn program(&self, name: &str, source: &Path) -> PathBuf {
        let path = self.path.join(name);
        let copied = Command::new("cp")
            .arg(source)
            .arg(&path)
            .status()
            .expect("cp is everywhere");
        assert!(copied.success(), "cannot copy {}", source.display());
        self.mode(name, 0o755);
        path
    }

    /// Sets the permission bits of what is already there.
    pub fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path.join(name), fs::Permissions::from_mode(mode))
            .unwrap_or_else(|error| panic!("cannot set the mode of {name}: {error}"));
    }

    /// Copies a whole folder into this one.
    pub fn copy_from(&self, source: &Path) {
        copy(source, &self.path);
    }

    /// Copies a whole folder to the folder `name` in this one.
    pub fn copy_from_into(&self, source: &Path, name: &str) {
        copy(source, &self.path.join(name));
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system; the test's verdict does not rest on it.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn copy(source: &Path, target: &Path) {
    fs::create_dir_all(target).expect("a folder of our own");
    let entries =
        fs::read_dir(source).unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    for entry in entries {
        let entry = entry.expect("a readable folder");
        let to = target.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).expect("a readable file");
        }
    }
}
