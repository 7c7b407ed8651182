//! Many events in one process before AWS's own emulator, in the form of Lambda Managed Instances.
//!
//! First the runtime is played by hand, so that the emulator shows what the protocol is; then the
//! emulator runs the real bootstrap. Both follow the same cases.

mod support;

#[path = "rie_concurrent/protocol.rs"]
mod protocol;
#[path = "rie_concurrent/runtime.rs"]
mod runtime;

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use support::Folder;

/// Makes a named pipe that every user may open.
fn pipe(folder: &Folder, name: &str) {
    let path = folder.path().join(name);
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo is everywhere").success());
    fs::set_permissions(path, fs::Permissions::from_mode(0o666)).expect("our own pipe");
}
