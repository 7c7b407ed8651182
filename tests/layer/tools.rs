//! The tools of the tests, for programs that look for theirs on PATH.

use std::ffi::OsString;

use super::support::tool;

/// PATH with the programs that `tests/setup` has installed: cargo-zigbuild where the machine's
/// own linker will not do.
pub fn path_with_tools() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(tool("venv/bin")).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).expect("no folder has a colon in its name")
}
