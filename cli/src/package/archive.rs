//! The zip: the same bytes for the same names, contents and executable bits.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek};

use anyhow::{Context, bail, ensure};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::rules::Kind;
use super::tree::{Entry, Tree};

/// A zip that is written and not yet in its place.
pub struct Zip {
    /// It.
    pub file: NamedTempFile,
    /// Its size.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hexadecimal digits.
    pub sha256: String,
}

/// Writes the zip of `tree` to `file`.
///
/// # Errors
/// A file that cannot be read any more, or a full disk.
pub fn write(tree: &Tree, file: NamedTempFile) -> anyhow::Result<Zip> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(DateTime::default());
    let mut zip = ZipWriter::new(BufWriter::new(file));
    for entry in &tree.entries {
        let name = &entry.name;
        let cannot = || {
            format!(
                "cannot read {name}; make it readable, or leave it out by a line in .moonignore"
            )
        };
        let content = File::open(tree.path(entry)).with_context(cannot)?;
        let mode = if entry.executable { 0o755 } else { 0o644 };
        zip.start_file(name.as_str(), options.unix_permissions(mode))
            .with_context(|| format!("cannot pack {name}"))?;
        // One byte more shows that it grew; one that never stops growing would have no end.
        let copied = io::copy(&mut content.take(entry.bytes + 1), &mut zip)
            .with_context(|| format!("cannot pack {name}"))?;
        ensure!(
            copied == entry.bytes,
            "{name} changed its size while it was packed; pack again when nothing writes to it, or \
             leave it out by a line in .moonignore"
        );
    }
    let cannot = "cannot write the zip";
    let written = zip.finish().context(cannot)?;
    let mut file = written
        .into_inner()
        .map_err(io::IntoInnerError::into_error)
        .context(cannot)?;

    file.rewind().context(cannot)?;
    let mut sum = Sha256::new();
    let bytes = copy_into(&mut file, &mut sum).context("cannot read the zip back")?;
    let sha256 = sum
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Zip {
        file,
        bytes,
        sha256,
    })
}

fn copy_into(file: &mut NamedTempFile, sum: &mut Sha256) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(total),
            count => {
                sum.update(&buffer[..count]);
                total += count as u64;
            }
        }
    }
}

/// Refuses what Lambda would refuse after the upload.
///
/// # Errors
/// Files that are too large together; the largest are named.
pub fn check_size(entries: &[Entry]) -> anyhow::Result<()> {
    let total: u64 = entries.iter().map(|entry| entry.bytes).sum();
    if total <= LARGEST_UNZIPPED_BYTES {
        return Ok(());
    }
    let mut by_size: Vec<_> = entries.iter().collect();
    by_size.sort_by_key(|entry| std::cmp::Reverse(entry.bytes));
    let largest: Vec<_> = by_size
        .iter()
        .take(3)
        .map(|entry| format!("{} ({} bytes)", entry.name, entry.bytes))
        .collect();
    bail!(
        "the files are {total} bytes, and Lambda takes {LARGEST_UNZIPPED_BYTES} (250 MB) unzipped, \
         layers included; the largest are {}: leave them out by lines in .moonignore, read them \
         from S3, or deploy a container image",
        largest.join(", ")
    )
}

/// What to do with a zip that no call of Lambda's API can carry.
pub fn too_large_for_upload(bytes: u64, kind: Kind) -> Option<String> {
    let command = match kind {
        Kind::Function => "aws lambda update-function-code --s3-bucket … --s3-key …",
        Kind::Layer => "aws lambda publish-layer-version --content S3Bucket=…,S3Key=…",
    };
    (bytes > LARGEST_UPLOAD_BYTES).then(|| {
        format!(
            "the zip has {bytes} bytes, and Lambda takes {LARGEST_UPLOAD_BYTES} (50 MB) directly: \
             copy it to S3, and name it there (`{command}`)"
        )
    })
}

/// "50 MB (zipped, for direct upload)" in Lambda's quotas.
const LARGEST_UPLOAD_BYTES: u64 = 50 << 20;
/// "250 MB (unzipped)" in Lambda's quotas: "must be smaller than 262144000 bytes".
const LARGEST_UNZIPPED_BYTES: u64 = 250 << 20;

#[cfg(test)]
mod tests {
    use super::*;

    /// What packing a file of four bytes says if it had `bytes` when the folder was read.
    fn packed(bytes: u64) -> Result<u64, String> {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("app.log"), "four").expect("a file");
        let tree = Tree {
            root: folder.path().to_owned(),
            entries: vec![Entry {
                name: "app.log".to_owned(),
                bytes,
                executable: false,
            }],
            left_out: Vec::new(),
        };
        let file = NamedTempFile::new().expect("a file");
        write(&tree, file)
            .map(|zip| zip.bytes)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_that_changes_its_size_while_it_is_packed_makes_no_zip() {
        assert!(packed(4).is_ok());
        for before in [3, 5] {
            let error = packed(before).unwrap_err();
            assert!(
                error.starts_with("app.log changed its size while it was packed; pack again"),
                "{error}"
            );
        }
    }
}
