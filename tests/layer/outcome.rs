//! How a build ended, and the zip that it left.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Output;

use zip::ZipArchive;

use super::checkout::Checkout;
use super::elf;

/// Runs on Amazon Linux 2023, by its headers.
pub fn good() -> Vec<u8> {
    elf::needing(
        &["GLIBC_2.2.5", "GLIBC_2.34", "GLIBC_2.17"],
        elf::X86_64,
        b"",
    )
}

/// Linked on a machine whose glibc is newer.
pub fn new() -> Vec<u8> {
    elf::needing(&["GLIBC_2.34", "GLIBC_2.38", "GLIBC_2.4"], elf::X86_64, b"")
}

#[track_caller]
/// What was printed, once the program has succeeded.
pub fn succeeds(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// The error, once the build has failed without leaving anything where the zip is to be.
#[track_caller]
pub fn fails(checkout: &Checkout, output: &Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let folder = checkout.zip();
    let left: Vec<_> = fs::read_dir(folder.parent().expect("a folder"))
        .map(|entries| {
            entries
                .map(|entry| entry.expect("an entry").path())
                .collect()
        })
        .unwrap_or_default();
    assert!(left.is_empty(), "left behind: {left:?}");
    error
}

/// The bytes of one entry.
pub fn entry(zip: &mut ZipArchive<fs::File>, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut file = zip
        .by_name(name)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    file.read_to_end(&mut bytes).expect("a whole entry");
    bytes
}

/// The zip at `path`.
pub fn open(path: &Path) -> ZipArchive<fs::File> {
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    ZipArchive::new(file).expect("a zip")
}
