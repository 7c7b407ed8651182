//! A shared library, and what keeps it from being loaded by the function.

use object::Endianness;
use object::elf::{DT_NEEDED, ELFCLASS32};
use object::elf::{EM_AARCH64, EM_X86_64, FileHeader64, SHN_UNDEF, SHT_DYNSYM, STB_WEAK};
use object::read::elf::{FileHeader, Sym};

use crate::layer::{Arch, elf};

/// What the headers of a shared library of Linux say.
#[derive(Debug)]
pub struct Library {
    /// The processor it was compiled for.
    pub arch: Arch,
    /// The newest version of glibc that it needs and that Lambda has not, as `GLIBC_2.38`.
    pub newer_glibc: Option<String>,
    /// The names of the libraries that it needs.
    pub libraries: Vec<String>,
    /// The names that the process must have when it is loaded.
    pub symbols: Vec<String>,
}

impl Library {
    /// Reads the headers; else gives what the file is in place of a library for Lambda.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let Some(identification) = bytes.get(..5) else {
            return Err(NOT_ELF.to_owned());
        };
        match identification {
            [0x7f, b'E', b'L', b'F', class] if *class == ELFCLASS32.0 => {
                return Err("is a 32-bit library".to_owned());
            }
            [0x7f, b'E', b'L', b'F', _] => {}
            [0xcf | 0xce, 0xfa, 0xed, 0xfe, _] | [0xca, 0xfe, 0xba, 0xbe, _] => {
                return Err("is a library for macOS".to_owned());
            }
            [b'M', b'Z', ..] => return Err("is a library for Windows".to_owned()),
            _ => return Err(NOT_ELF.to_owned()),
        }
        let damaged = |error| format!("is a damaged library ({error})");
        let header = FileHeader64::<Endianness>::parse(bytes).map_err(damaged)?;
        let endian = header.endian().map_err(damaged)?;
        let arch = match header.e_machine(endian) {
            EM_X86_64 => Arch::X86_64,
            EM_AARCH64 => Arch::Arm64,
            other => {
                return Err(format!(
                    "is built for another processor (ELF machine {})",
                    other.0
                ));
            }
        };
        Self::read(header, endian, bytes, arch).map_err(damaged)
    }

    fn read(
        header: &FileHeader64<Endianness>,
        endian: Endianness,
        bytes: &[u8],
        arch: Arch,
    ) -> object::read::Result<Self> {
        let sections = header.sections(endian, bytes)?;
        let versions = elf::glibc_versions(&sections, endian, bytes)?.unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut libraries = Vec::new();
        let dynamic = sections.dynamic_table(endian, bytes)?;
        for entry in dynamic.iter() {
            if entry.tag == DT_NEEDED {
                libraries.push(text(dynamic.string(entry)?));
            }
        }
        let mut symbols = Vec::new();
        let table = sections.symbols(endian, bytes, SHT_DYNSYM)?;
        for symbol in table.iter() {
            // A weak one may stay without a value.
            if symbol.st_shndx(endian) == SHN_UNDEF && symbol.st_bind() != STB_WEAK {
                symbols.push(text(table.symbol_name(endian, symbol)?));
            }
        }
        Ok(Self {
            arch,
            newer_glibc: elf::newest_beyond_amazon_linux(versions),
            libraries,
            symbols,
        })
    }
}

const NOT_ELF: &str = "is not a shared library of Linux (ELF)";
