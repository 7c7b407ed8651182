//! Files that people name, read as far as they can be what they should.

use std::fs::File;
use std::io::Read;

use anyhow::{Context, ensure};

/// The bytes of `file`; none where it has more than `most_bytes`.
///
/// # Errors
/// It is no file, or cannot be read.
pub fn read(file: File, most_bytes: u64) -> anyhow::Result<Option<Vec<u8>>> {
    ensure!(
        file.metadata().context("cannot read it")?.is_file(),
        "it is not a file"
    );
    let mut bytes = Vec::new();
    file.take(most_bytes + 1)
        .read_to_end(&mut bytes)
        .context("cannot read it")?;
    Ok((bytes.len() as u64 <= most_bytes).then_some(bytes))
}
