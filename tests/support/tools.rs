//! What `tests/setup` has put on the machine.

use std::path::{Path, PathBuf};

/// The folder of the project.
pub fn project() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .parent()
        .expect("a crate lies in the project")
        .to_owned()
}

/// A program or file below `target/test-tools`; panics with the remedy when it is not there.
#[track_caller]
pub fn tool(name: &str) -> PathBuf {
    let path = project().join("target/test-tools").join(name);
    assert!(
        path.exists(),
        "{} is missing: run `tests/setup`",
        path.display()
    );
    path
}
