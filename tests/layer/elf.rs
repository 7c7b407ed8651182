//! Executables that no linker made: the headers that name glibc's versions, and filling.

/// x86-64, as ELF's `e_machine`.
pub const X86_64: u16 = 62;
/// 64-bit Arm, as ELF's `e_machine`.
pub const AARCH64: u16 = 183;

/// An ELF file that needs these versions of `libc.so.6`, followed by `filling`.
pub fn needing(versions: &[&str], machine: u16, filling: &[u8]) -> Vec<u8> {
    let mut names = b"\0libc.so.6\0".to_vec();
    let mut needs = Vec::new();
    // Verneed: version 1, count, library, offset of the first Vernaux, no next.
    push(
        &mut needs,
        &[(1, 2), (versions.len() as u64, 2), (1, 4), (16, 4), (0, 4)],
    );
    for (index, version) in versions.iter().enumerate() {
        let next = if index + 1 < versions.len() { 16 } else { 0 };
        // Vernaux: hash, flags, index, name, offset of the next.
        let name = names.len() as u64;
        push(
            &mut needs,
            &[(0, 4), (0, 2), (index as u64 + 2, 2), (name, 4), (next, 4)],
        );
        names.extend_from_slice(version.as_bytes());
        names.push(0);
    }
    let sections = if versions.is_empty() { 2 } else { 3 };
    let names_at = 64 + 64 * 3;
    let needs_at = (names_at + names.len() as u64).next_multiple_of(8);

    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    push(
        &mut elf,
        &[
            (3, 2),
            (machine.into(), 2),
            (1, 4),
            (0, 8),
            (0, 8),
            (64, 8),
            (0, 4),
        ],
    );
    push(
        &mut elf,
        &[(64, 2), (56, 2), (0, 2), (64, 2), (sections, 2), (1, 2)],
    );
    section(&mut elf, 0, 0, 0, 0, 0);
    section(&mut elf, 3, names_at, names.len() as u64, 0, 0); // SHT_STRTAB
    section(&mut elf, 0x6fff_fffe, needs_at, needs.len() as u64, 1, 1); // SHT_GNU_verneed
    elf.extend_from_slice(&names);
    elf.resize(needs_at as usize, 0);
    elf.extend_from_slice(&needs);
    elf.extend_from_slice(filling);
    elf
}

fn section(elf: &mut Vec<u8>, kind: u64, offset: u64, size: u64, link: u64, info: u64) {
    push(
        elf,
        &[(0, 4), (kind, 4), (0, 8), (0, 8), (offset, 8), (size, 8)],
    );
    push(elf, &[(link, 4), (info, 4), (1, 8), (0, 8)]);
}

/// Appends little-endian numbers, each with its width in bytes.
fn push(bytes: &mut Vec<u8>, numbers: &[(u64, usize)]) {
    for (number, width) in numbers {
        bytes.extend_from_slice(&number.to_le_bytes()[..*width]);
    }
}
