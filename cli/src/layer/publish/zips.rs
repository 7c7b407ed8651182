//! The built zips, looked at before anything is published.

use std::fs::{self, File};
use std::io::{self, Cursor, ErrorKind, Read, Write};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use object::Endianness;
use object::elf::{ELFMAG, FileHeader64};
use object::read::elf::FileHeader;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use zip::ZipArchive;

use crate::layer::input;
use crate::layer::variant::Variant;

/// A layer that can be published.
#[derive(Debug)]
pub struct Zip {
    /// Which layer it is.
    pub name: Variant,
    /// The bytes that were looked at, whatever becomes of the file that they came from.
    copy: NamedTempFile,
    digest: [u8; 32],
}

/// What Lambda takes in one call, zipped.
const LARGEST_BYTES: u64 = 50 * 1024 * 1024;
/// Said when the folder for temporary files will not do.
const NO_COPY: &str = "cannot copy it to the folder for temporary files";
/// What Lambda unpacks, a function and its layers together.
const LARGEST_UNZIPPED_BYTES: u64 = 250 * 1024 * 1024;

impl Zip {
    /// The built zips of these layers.
    ///
    /// # Errors
    /// One is missing, or Lambda could not run it; all that is wrong is said at once.
    pub fn read_all(folder: &Path, layers: &[Variant]) -> anyhow::Result<Vec<Self>> {
        let mut zips = Vec::new();
        let mut missing = Vec::new();
        for layer in layers {
            let path = folder.join(format!("{layer}.zip"));
            match Self::read(&path, *layer).with_context(|| format!("{}", path.display()))? {
                Some(zip) => zips.push(zip),
                None => missing.push(*layer),
            }
        }
        if !missing.is_empty() {
            let commands: Vec<_> = missing
                .iter()
                .map(|layer| {
                    let Variant { interpreter, arch } = layer;
                    format!("\n  moonlayer layer build --interpreter {interpreter} --arch {arch}")
                })
                .collect();
            let names: Vec<_> = missing.iter().map(|layer| format!("{layer}.zip")).collect();
            bail!(
                "no {} in {}; build it first, name the folder by --zips, or choose by \
                 --interpreter and --arch:{}",
                names.join(", "),
                folder.display(),
                commands.concat()
            );
        }
        Ok(zips)
    }

    /// The zip at `path`; nothing where there is none.
    fn read(path: &Path, name: Variant) -> anyhow::Result<Option<Self>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file.context("cannot read it")?,
        };
        let bytes = input::read(file, LARGEST_BYTES)?.with_context(|| {
            format!(
                "it is larger than {} MB, the most that Lambda takes; it is not a zip of \
                 `moonlayer layer build`",
                LARGEST_BYTES / (1024 * 1024)
            )
        })?;
        ensure!(
            !bytes.is_empty(),
            "it is empty; build it again by `moonlayer layer build`"
        );
        let mut copy = NamedTempFile::new().context(NO_COPY)?;
        copy.write_all(&bytes).context(NO_COPY)?;
        let zip = Self {
            name,
            copy,
            digest: Sha256::digest(&bytes).into(),
        };
        zip.holds_the_runtime(&bytes).map_err(|error| {
            error.context("Lambda could not use it; build it again by `moonlayer layer build`")
        })?;
        zip.is_as_it_was_built(path)?;
        Ok(Some(zip))
    }

    /// The SHA-256 as versions.json has it.
    pub fn sha256(&self) -> String {
        self.digest
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// The SHA-256 as the service has it.
    pub fn code_sha256(&self) -> String {
        STANDARD.encode(self.digest)
    }

    /// The zip as a file, opened anew.
    pub fn open(&self) -> io::Result<File> {
        self.copy.reopen()
    }

    fn holds_the_runtime(&self, bytes: &[u8]) -> anyhow::Result<()> {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).context("it is not a zip")?;
        let mut header = Vec::new();
        let mut unzipped_bytes = 0;
        let mut mode = None;
        for index in 0..archive.len() {
            let mut entry = archive
                .by_index(index)
                .context("its list of files is damaged")?;
            let name = entry
                .name()
                .context("a file's name in it is damaged")?
                .into_owned();
            if name == "bootstrap" {
                mode = Some(entry.unix_mode().unwrap_or_default());
                entry
                    .by_ref()
                    .take(64)
                    .read_to_end(&mut header)
                    .context("bootstrap in it is damaged")?;
                unzipped_bytes += header.len() as u64;
            }
            // Reading to the end compares the checksum; the sizes that a zip states may be lies.
            let rest = LARGEST_UNZIPPED_BYTES + 1 - unzipped_bytes;
            unzipped_bytes += io::copy(&mut entry.take(rest), &mut io::sink())
                .with_context(|| format!("{name} in it is damaged"))?;
            ensure!(
                unzipped_bytes <= LARGEST_UNZIPPED_BYTES,
                "unzipped it is larger than {} MB, the most that Lambda unpacks",
                LARGEST_UNZIPPED_BYTES / (1024 * 1024)
            );
        }
        let mode = mode.context("there is no bootstrap in its root")?;
        ensure!(
            mode & 0o111 == 0o111,
            "its bootstrap is not executable (mode {mode:o})"
        );
        ensure!(
            header.starts_with(&ELFMAG),
            "its bootstrap is not an executable of Linux"
        );
        let arch = self.name.arch;
        let machine = FileHeader64::<Endianness>::parse(&header[..])
            .ok()
            .and_then(|header| Some(header.e_machine(header.endian().ok()?)));
        ensure!(
            machine.is_some_and(|machine| machine == object::elf::Machine(arch.elf_machine())),
            "its bootstrap is for another processor than {arch}"
        );
        Ok(())
    }

    /// Compares it with what `layer build` has written beside it, where that is there.
    fn is_as_it_was_built(&self, path: &Path) -> anyhow::Result<()> {
        let beside = path.with_added_extension("sha256");
        let text = match fs::read_to_string(&beside) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            text => text.with_context(|| format!("cannot read {}", beside.display()))?,
        };
        let expected = text.split_whitespace().next().unwrap_or_default();
        ensure!(
            expected.eq_ignore_ascii_case(&self.sha256()),
            "its SHA-256 is {}, and {} says {expected:?}; build it again by `moonlayer layer build`",
            self.sha256(),
            beside.display()
        );
        Ok(())
    }
}
