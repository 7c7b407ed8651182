//! The file that `--bootstrap` names: a runtime to run in the place of this program's own.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use nix::unistd::{AccessFlags, access};
use object::Endianness;
use object::elf::{self, FileHeader64};
use object::read::elf::FileHeader;

/// The absolute path of the bootstrap at `path`, which this machine can start.
///
/// # Errors
/// A file that is missing, no executable, or for another machine.
pub fn program(path: &Path) -> anyhow::Result<PathBuf> {
    let shown = path.display();
    let remedy = "name the `bootstrap` of a layer, or one that cargo has built";
    let program = fs::canonicalize(path)
        .with_context(|| format!("cannot use --bootstrap {shown}; {remedy}"))?;
    if !program.is_file() {
        bail!("--bootstrap {shown} is not a file; {remedy}");
    }
    if access(&program, AccessFlags::X_OK).is_err() {
        bail!("--bootstrap {shown} may not be executed; make it so: `chmod +x {shown}`");
    }
    let mut start = Vec::new();
    File::open(&program)
        .and_then(|file| file.take(HEADER_BYTES).read_to_end(&mut start))
        .with_context(|| format!("cannot read --bootstrap {shown}"))?;
    if start.starts_with(b"#!") {
        return Ok(program);
    }
    let machine = FileHeader64::<Endianness>::parse(&*start)
        .ok()
        .and_then(|header| Some(header.e_machine(header.endian().ok()?)));
    match machine {
        None => bail!("--bootstrap {shown} is no 64-bit executable of Linux (ELF); {remedy}"),
        Some(OURS) => Ok(program),
        Some(other) => bail!(
            "--bootstrap {shown} is built for {}, and this machine is {}; name one for this machine",
            name(other),
            name(OURS)
        ),
    }
}

fn name(machine: elf::Machine) -> String {
    match machine {
        elf::EM_X86_64 => "x86_64".to_owned(),
        elf::EM_AARCH64 => "arm64".to_owned(),
        other => format!("another architecture (ELF machine {})", other.0),
    }
}

/// The size of an ELF header.
const HEADER_BYTES: u64 = 64;
const OURS: elf::Machine = if cfg!(target_arch = "aarch64") {
    elf::EM_AARCH64
} else {
    elf::EM_X86_64
};
