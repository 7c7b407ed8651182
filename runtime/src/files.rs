//! `Files`: the Lua files of one state, found by templates and compiled under short names.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use mlua::{Function, Lua};

use crate::memory::is_out_of_memory;

/// The files of one Lua state.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    /// Whether the working directory is the task root: `./x.lua` is then the file `x.lua` there.
    working_in_root: bool,
    /// The message of the last syntax error met, by which init errors know their kind.
    syntax_error: RefCell<String>,
}

/// Why a file did not become a function.
#[derive(Debug)]
pub enum LoadError {
    /// It does not parse; the message starts with file and line.
    Syntax(String),
    /// Lua is out of memory.
    OutOfMemory,
    /// Anything else, for people.
    Other(String),
}

impl Files {
    /// The files of a process that works in `root`, an absolute path.
    pub fn working_in(root: PathBuf) -> Self {
        Self {
            root,
            working_in_root: true,
            syntax_error: RefCell::default(),
        }
    }

    /// The files of a process that works anywhere.
    pub fn beside(root: PathBuf) -> Self {
        Self {
            working_in_root: false,
            ..Self::working_in(root)
        }
    }

    /// The task root.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether `message` came of a file that does not parse.
    pub fn is_syntax_error(&self, message: &str) -> bool {
        !message.is_empty() && *self.syntax_error.borrow() == message
    }

    /// Compiles the file, named in errors by its path relative to the task root.
    ///
    /// # Errors
    /// When it cannot be read or does not parse.
    pub fn load(&self, lua: &Lua, file: &Path) -> Result<Function, LoadError> {
        let shown = self.shown(file);
        let source = fs::read(file)
            .map_err(|error| LoadError::Other(format!("cannot read {shown}: {error}")))?;
        let chunk = lua
            .load(without_first_line_marks(&source))
            .set_name(format!("@{shown}"));
        chunk.into_function().map_err(|error| match error {
            mlua::Error::SyntaxError { message, .. } => {
                self.syntax_error.replace(message.clone());
                LoadError::Syntax(message)
            }
            error if is_out_of_memory(&error) => LoadError::OutOfMemory,
            error => LoadError::Other(error.to_string()),
        })
    }

    /// `file` relative to the task root where it is under it.
    pub fn shown(&self, file: &Path) -> String {
        file.strip_prefix(&self.root)
            .unwrap_or(file)
            .to_string_lossy()
            .into_owned()
    }

    /// The first file of `templates` that can be read; else a line for each that was tried.
    pub fn find(&self, templates: &[u8], module: &[u8]) -> Result<PathBuf, Vec<String>> {
        let mut tried: Vec<PathBuf> = Vec::new();
        let mut lines = Vec::new();
        for template in templates
            .split(|byte| *byte == b';')
            .filter(|it| !it.is_empty())
        {
            let mut path = Vec::with_capacity(template.len() + module.len());
            for byte in template {
                match byte {
                    b'?' => path.extend_from_slice(module),
                    byte => path.push(*byte),
                }
            }
            let path = PathBuf::from(OsStr::from_bytes(&path));
            let path = if self.working_in_root {
                self.root.join(path.strip_prefix(".").unwrap_or(&path))
            } else {
                path
            };
            if tried.contains(&path) {
                continue;
            }
            match readable(&path) {
                Ok(()) => return Ok(path),
                Err(line) => lines.push(line),
            }
            tried.push(path);
        }
        Err(lines)
    }
}

/// Whether the file can be read; else a line in the form of Lua's own about it.
pub fn readable(path: &Path) -> Result<(), String> {
    let name = path.display();
    match fs::File::open(path).and_then(|file| file.metadata()) {
        Ok(metadata) if metadata.is_dir() => Err(format!("'{name}' is a directory")),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(format!("no file '{name}'"))
        }
        Err(error) => Err(format!("cannot read '{name}': {error}")),
    }
}

/// The source without byte-order mark and `#` line; the line's end stays, so that lines count true.
fn without_first_line_marks(source: &[u8]) -> &[u8] {
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    if source.first() != Some(&b'#') {
        return source;
    }
    let line = source
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(source.len());
    // Compiled chunks start right behind the line.
    let rest = &source[line..];
    if rest.get(1) == Some(&0x1b) {
        &rest[1..]
    } else {
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_before_the_code_are_skipped_and_lines_still_count() {
        assert_eq!(
            without_first_line_marks(b"\xef\xbb\xbfreturn 1"),
            b"return 1"
        );
        assert_eq!(without_first_line_marks(b"#!/usr/bin/lua\nx"), b"\nx");
        assert_eq!(without_first_line_marks(b"\xef\xbb\xbf#!lua\nx"), b"\nx");
        assert_eq!(without_first_line_marks(b"#only"), b"");
        assert_eq!(without_first_line_marks(b"#!lua\n\x1bLua"), b"\x1bLua");
        assert_eq!(without_first_line_marks(b"x = #t"), b"x = #t");
    }
}
