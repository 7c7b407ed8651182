//! What an executable asks of the machine that starts it, read from its ELF headers.

use anyhow::{Context, ensure};
use object::Endianness;
use object::elf::FileHeader64;
use object::read::elf::{FileHeader, SectionTable};

use super::variant::Arch;

/// The glibc of Amazon Linux 2023, on which `provided.al2023` functions run.
pub const AMAZON_LINUX: Version = Version(2, 34);

/// A version of glibc, as `2.34`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32);

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// The version of glibc's symbols that keeps `executable` off Amazon Linux 2023, as `GLIBC_2.38`;
/// none when it runs there.
///
/// # Errors
/// Bytes that are no executable for `arch`.
pub fn too_new(executable: &[u8], arch: Arch) -> anyhow::Result<Option<String>> {
    let header = FileHeader64::<Endianness>::parse(executable)
        .context("what cargo built is no 64-bit ELF executable")?;
    let endian = header.endian()?;
    let machine = header.e_machine(endian).0;
    ensure!(
        machine == arch.elf_machine(),
        "what cargo built is for another processor than {arch} (ELF machine {machine})"
    );
    let sections = header.sections(endian, executable).context(TRUNCATED)?;
    let versions = glibc_versions(&sections, endian, executable).context(TRUNCATED)?;
    ensure!(
        versions.is_some(),
        "what cargo built is linked statically, so that it could not load Lua's C modules"
    );
    Ok(newest_beyond_amazon_linux(versions.unwrap_or_default()))
}

/// The names of glibc's versions, as `GLIBC_2.38`, that a file needs; none when it names no
/// versions of any library.
///
/// # Errors
/// Headers that lead out of the file.
pub fn glibc_versions<Elf: FileHeader>(
    sections: &SectionTable<'_, Elf>,
    endian: Elf::Endian,
    data: &[u8],
) -> object::read::Result<Option<Vec<String>>> {
    let Some((mut libraries, names)) = sections.gnu_verneed(endian, data)? else {
        return Ok(None);
    };
    let names = sections.strings(endian, data, names)?;
    let mut found = Vec::new();
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            let name = String::from_utf8_lossy(version.name(endian, names)?).into_owned();
            if name.starts_with(GLIBC) {
                found.push(name);
            }
        }
    }
    Ok(Some(found))
}

/// The newest of `versions` that Amazon Linux 2023 does not have.
pub fn newest_beyond_amazon_linux(versions: Vec<String>) -> Option<String> {
    let number = |name: &String| parse(name.strip_prefix(GLIBC).unwrap_or(name));
    let mut worst: Option<(Option<Version>, String)> = None;
    for name in versions {
        let number = number(&name);
        // What has no number (GLIBC_ABI_DT_RELR) came after 2.34, or is private to one build of
        // glibc.
        let newer = number.is_none_or(|number| number > AMAZON_LINUX);
        if newer && worst.as_ref().is_none_or(|(seen, _)| number > *seen) {
            worst = Some((number, name));
        }
    }
    worst.map(|(_, name)| name)
}

/// How the names of glibc's versions begin.
const GLIBC: &str = "GLIBC_";
const TRUNCATED: &str = "what cargo built is a damaged ELF executable";

/// The number in `2.34` or `2.2.5`, whose third part never decides.
fn parse(number: &str) -> Option<Version> {
    let mut parts = number.split('.');
    let version = Version(parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(version)
}
