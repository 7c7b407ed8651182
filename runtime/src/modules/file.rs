//! What Lua's `io` cannot tell of files: `part("file")`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use mlua::{Lua, LuaString, Value};

/// A table of `stat` and `real`.
///
/// `stat(path)` gives `"file"`, `"folder"` or `"other"`, the size in bytes, and a text that changes
/// with the file; nothing where there is none. It opens no device and waits for no pipe. `real(path)`
/// gives the path without symbolic links.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn functions(lua: &Lua) -> mlua::Result<Value> {
    let functions = lua.create_table()?;
    let stat = |_: &Lua, path: LuaString| {
        let Ok(found) = fs::metadata(path_of(&path.as_bytes())) else {
            return Ok((None, None, None));
        };
        let kind = match found.file_type() {
            kind if kind.is_file() => "file",
            kind if kind.is_dir() => "folder",
            _ => "other",
        };
        let (inode, seconds, nanos) = (found.ino(), found.mtime(), found.mtime_nsec());
        let state = format!("{inode} {seconds} {nanos} {}", found.len());
        let size = i64::try_from(found.len()).unwrap_or(i64::MAX);
        Ok((Some(kind), Some(size), Some(state)))
    };
    functions.raw_set("stat", lua.create_function(stat)?)?;
    let real = |lua: &Lua, path: LuaString| match fs::canonicalize(path_of(&path.as_bytes())) {
        Ok(path) => lua
            .create_string(path.into_os_string().into_vec())
            .map(Some),
        Err(_) => Ok(None),
    };
    functions.raw_set("real", lua.create_function(real)?)?;
    Ok(Value::Table(functions))
}

fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
