//! What would fail only in Lambda, found before the upload.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;

use anyhow::Context;

use super::library::Library;
use super::lua_api::LuaApi;
use super::rules::Kind;
use super::scripts;
use super::tree::Tree;
use crate::layer::Arch;
use crate::layer::Interpreter;

/// What was found, for stderr.
#[derive(Debug, Default)]
pub struct Findings {
    /// What keeps the function from starting.
    errors: Vec<String>,
    /// What may keep it from working.
    pub warnings: Vec<String>,
    /// What is only good to know.
    pub notes: Vec<String>,
}

impl Findings {
    /// Adds what keeps the function from starting.
    pub fn refuse(&mut self, text: String) {
        self.errors.push(text);
    }

    /// Adds what may keep it from working.
    pub fn warn(&mut self, text: String) {
        self.warnings.push(text);
    }

    /// Adds a warning when the others are shown already.
    pub fn warn_late(&mut self, text: Option<String>) {
        if let Some(text) = text {
            eprintln!("warning: {text}");
            self.warn(text);
        }
    }

    /// Writes warnings and notes to stderr.
    pub fn show(&self) {
        for warning in &self.warnings {
            eprintln!("warning: {warning}");
        }
        for note in &self.notes {
            eprintln!("note: {note}");
        }
    }

    /// All errors as one.
    pub fn errors(&self) -> Option<String> {
        let (first, rest) = self.errors.split_first()?;
        let mut text = format!("a script does not parse: {first}");
        for error in rest {
            let _ = write!(text, "\n  {error}");
        }
        text.push_str("\ncorrect it, or leave it out by a line in .moonignore");
        Some(text)
    }
}

/// Checks scripts, C modules and the place of rocks.
///
/// # Errors
/// A file that cannot be read.
pub fn all(
    tree: &Tree,
    kind: Kind,
    interpreter: Interpreter,
    arch: Option<Arch>,
) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    if interpreter.is_embedded() {
        scripts::check(tree, kind, &mut findings)?;
    } else if tree.entries.iter().any(|it| it.name.ends_with(".lua")) {
        findings.notes.push(format!(
            "scripts are not parsed: this moonlayer has another Lua than {}",
            interpreter.title()
        ));
    }
    places(tree, kind, interpreter, &mut findings);
    modules(tree, interpreter, arch, &mut findings)?;
    Ok(findings)
}

/// Warns of rocks where the function's Lua does not look.
fn places(tree: &Tree, kind: Kind, interpreter: Interpreter, findings: &mut Findings) {
    let (rocks, version) = (kind.rocks(), interpreter.version());
    let own = ["share", "lib"].map(|part| format!("{rocks}{part}/lua/{version}/"));
    let has = |prefix: &str| tree.entries.iter().any(|it| it.name.starts_with(prefix));
    if own.iter().any(|prefix| has(prefix)) {
        return;
    }
    let other = |name: &str| {
        let rest = name.strip_prefix(rocks)?;
        let rest = rest
            .strip_prefix("share/lua/")
            .or(rest.strip_prefix("lib/lua/"))?;
        let version = rest.split('/').next()?;
        version
            .starts_with(|c: char| c.is_ascii_digit())
            .then(|| name.to_owned())
    };
    let left = tree.left_out.iter().map(|left| left.name.as_str());
    let names = tree.entries.iter().map(|entry| entry.name.as_str());
    if let Some(name) = left.chain(names).find_map(other) {
        findings.warn(format!(
            "the rocks in {name} are not for {}, which does not look there: install them by \
             `luarocks --lua-version {version}`, or name their Lua by --interpreter",
            interpreter.title()
        ));
    } else if kind == Kind::Layer && !has("lua/") {
        findings.warn(format!(
            "functions look for modules of layers in {}, {} and lua/, and the folder has none of \
             them: name the tree that `luarocks --lua-version {version} --tree DIR install` filled",
            own[0], own[1]
        ));
    }
}

/// Warns of libraries that the function cannot load.
fn modules(
    tree: &Tree,
    interpreter: Interpreter,
    arch: Option<Arch>,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let base = |name: &'_ str| name.rsplit('/').next().unwrap_or(name).to_owned();
    let shipped: HashSet<_> = tree.entries.iter().map(|entry| base(&entry.name)).collect();
    let api = LuaApi::new();
    let mut built: Vec<(&str, Arch)> = Vec::new();
    for entry in &tree.entries {
        let name = &entry.name;
        if !is_library(&base(name)) {
            continue;
        }
        let bytes = fs::read(tree.path(entry)).with_context(|| {
            format!(
                "cannot read {name}; make it readable, or leave it out by a line in .moonignore"
            )
        })?;
        let library = match Library::parse(&bytes) {
            Ok(library) => library,
            Err(what) => {
                findings.warn(format!(
                    "{name} {what}, which the function cannot load: install it again on Linux, on \
                     the function's architecture"
                ));
                continue;
            }
        };
        built.push((name, library.arch));
        if arch.is_some_and(|arch| arch != library.arch) {
            findings.warn(format!(
                "{name} is built for {0}, and the function is to run on {1}: install it on {1}, or \
                 give the function the architecture {0}",
                library.arch,
                arch.unwrap_or(library.arch)
            ));
        }
        if let Some(version) = &library.newer_glibc {
            findings.warn(format!(
                "{name} needs a newer glibc ({version}) than Amazon Linux 2023 has ({}): install \
                 it on Amazon Linux 2023 or on an older system, such as Debian 11",
                crate::layer::elf::AMAZON_LINUX
            ));
        }
        let needed: Vec<_> = library.symbols.iter().map(String::as_str).collect();
        if let Some(mismatch) = api.mismatch(&needed, interpreter) {
            findings.warn(format!(
                "{name} is built for {} (it needs {}), and the function has {}: install it by \
                 `luarocks --lua-version {}`",
                mismatch.built_for,
                mismatch.symbol,
                interpreter.title(),
                interpreter.version()
            ));
        }
        for needs in &library.libraries {
            if !SYSTEM.contains(&needs.as_str()) && !shipped.contains(needs) {
                findings.warn(format!(
                    "{name} needs {needs}, which is neither in the zip nor surely on Lambda: put \
                     it into the folder lib of the function, or into a layer's"
                ));
            }
        }
    }
    if arch.is_none() {
        architectures(&built, findings);
    }
    Ok(())
}

/// Says what follows from the libraries' architectures when none was named.
fn architectures(built: &[(&str, Arch)], findings: &mut Findings) {
    let of = |arch| built.iter().find(|(_, built_for)| *built_for == arch);
    match (of(Arch::X86_64), of(Arch::Arm64)) {
        (Some((intel, _)), Some((arm, _))) => findings.warn(format!(
            "{intel} is built for x86_64 and {arm} for arm64, and a function has one architecture: \
             name it by --arch, and install all rocks on it"
        )),
        (None, Some((arm, _))) => findings.notes.push(format!(
            "{arm} is built for arm64: the function's architecture must be arm64, which is not \
             Lambda's default"
        )),
        _ => {}
    }
}

/// `x.so`, and `libx.so.5` too.
fn is_library(name: &str) -> bool {
    name.ends_with(".so") || name.contains(".so.")
}

/// Libraries that every `provided.al2023` function finds: glibc's, and those of the compilers.
const SYSTEM: [&str; 11] = [
    "ld-linux-aarch64.so.1",
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "libresolv.so.2",
    "librt.so.1",
    "libstdc++.so.6",
    "libutil.so.1",
];
