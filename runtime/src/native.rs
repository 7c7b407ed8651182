//! Why a C module does not load, in words that name the file and both sides.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use crate::interpreter::{self, LANGUAGE, VERSION};
use crate::sys;

/// Explains the dynamic loader's `message` about `file`, shown as `shown`.
pub fn explain(file: &Path, shown: &str, message: &str) -> String {
    let ours = machine_name(OUR_MACHINE);
    let reason = match Elf::read(file) {
        None => Some(format!(
            "{shown} is not a shared library of Linux (ELF); install the module again, for {ours}"
        )),
        Some(Elf {
            is_64_bit: false, ..
        }) => Some(format!(
            "{shown} is a 32-bit library; this process is 64-bit {ours}: install the module for it"
        )),
        Some(Elf { machine, .. }) if machine != OUR_MACHINE => Some(format!(
            "{shown} is built for {}; this process runs on {ours}: install the module on that \
             architecture, or set the function's architecture to the module's",
            machine_name(machine)
        )),
        Some(_) => {
            needs_newer_glibc(shown, message).or_else(|| wants_other_lua(file, shown, message))
        }
    };
    reason.map_or_else(
        || message.to_owned(),
        |reason| format!("{reason}\n\t({message})"),
    )
}

/// Explains the error of Lua's own version check, which a module makes when it opens.
pub fn version_mismatch(shown: &str, message: &str) -> Option<String> {
    if !message.contains("version mismatch") && !message.contains("incompatible numeric types") {
        return None;
    }
    Some(format!(
        "{shown} is built for another Lua; this one is {LANGUAGE}: install the module with `luarocks --lua-version {VERSION}`\n\t({message})"
    ))
}

/// glibc's `version `GLIBC_2.38' not found`.
fn needs_newer_glibc(shown: &str, message: &str) -> Option<String> {
    let (_, rest) = message.split_once("version `GLIBC_")?;
    let (needed, _) = rest.split_once("' not found")?;
    let ours = sys::glibc_version();
    Some(format!(
        "{shown} needs glibc {needed}; this system has {ours}: build the module on Amazon Linux 2023 (glibc 2.34) or an older system"
    ))
}

fn wants_other_lua(file: &Path, shown: &str, message: &str) -> Option<String> {
    let (_, symbol) = message.split_once("undefined symbol: ")?;
    let symbol = symbol
        .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .next()?;
    if !symbol.starts_with("lua_") && !symbol.starts_with("luaL_") {
        return None;
    }
    // The names that a library wants stand in it as C strings.
    let library = fs::read(file).unwrap_or_default();
    let wants = |name: &str| {
        let name = [b"\0", name.as_bytes(), b"\0"].concat();
        library.windows(name.len()).any(|window| window == name)
    };
    let theirs = interpreter::lua_of(symbol, wants);
    Some(format!(
        "{shown} is built for {theirs} (it needs {symbol}); this one is {LANGUAGE}: install the module with `luarocks --lua-version {VERSION}`"
    ))
}

struct Elf {
    is_64_bit: bool,
    machine: u16,
}

impl Elf {
    /// The fields of the ELF header that tell architectures apart (elf.h: e_ident, e_machine).
    fn read(file: &Path) -> Option<Self> {
        let mut header = [0; 20];
        File::open(file).ok()?.read_exact(&mut header).ok()?;
        let [0x7f, b'E', b'L', b'F', class, data, ..] = header else {
            return None;
        };
        let machine = [header[18], header[19]];
        let machine = if data == 2 {
            u16::from_be_bytes(machine)
        } else {
            u16::from_le_bytes(machine)
        };
        Some(Self {
            is_64_bit: class == 2,
            machine,
        })
    }
}

fn machine_name(machine: u16) -> String {
    match machine {
        X86_64 => "x86_64".to_owned(),
        AARCH64 => "arm64".to_owned(),
        3 => "x86 (32-bit)".to_owned(),
        40 => "arm (32-bit)".to_owned(),
        243 => "riscv".to_owned(),
        other => format!("another architecture (ELF machine {other})"),
    }
}

const X86_64: u16 = 62;
const AARCH64: u16 = 183;
const OUR_MACHINE: u16 = if cfg!(target_arch = "aarch64") {
    AARCH64
} else {
    X86_64
};
