//! The licence notices of all that is linked into `bootstrap`, or into this tool: the interpreter,
//! Rust's standard library, and each crate.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::checkout::{Checkout, Package};
use super::interpreter::Sources;
use super::variant::{Arch, Interpreter, Variant};

/// Prints the notices of what is linked into this tool, for the archives it is installed from.
///
/// # Errors
/// Those of [`collect`]; no checkout.
pub fn print_of_tool() -> anyhow::Result<()> {
    let here = env::current_dir().context("the current folder is gone; change to another")?;
    let interpreter = Interpreter::ALL.into_iter().find(|it| it.is_embedded());
    let variant = Variant {
        interpreter: interpreter.expect("the features of the crate name one"),
        arch: if cfg!(target_arch = "aarch64") {
            Arch::Arm64
        } else {
            Arch::X86_64
        },
    };
    let checkout = Checkout::find(&here, env!("CARGO_PKG_NAME"), variant)?;
    let sources = Sources::find(&checkout, variant.interpreter)?;
    print!("{}", collect(&checkout, &sources, "moonlayer")?);
    Ok(())
}

/// One text with every notice of what `program` contains; the same for the same crates.
///
/// # Errors
/// A crate without a licence file whose licence has no text in `layer/licenses`; an unreadable
/// file.
pub fn collect(checkout: &Checkout, sources: &Sources, program: &str) -> anyhow::Result<String> {
    let mut notices =
        format!("{program} contains the software named below, under the terms given with each.\n");
    section(&mut notices, sources.title, &sources.notice);
    let texts = checkout.root.join("layer/licenses");
    section(
        &mut notices,
        "Rust's standard library",
        &read(&texts.join("rust-standard-library.txt"))?,
    );

    // Crates of one house share their text to the letter: it stands once, under all their names.
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut order = Vec::new();
    for linked in &checkout.linked {
        let package = checkout.package(linked)?;
        let text = of(package, checkout, &texts)?;
        let names = users.entry(text.clone()).or_default();
        if names.is_empty() {
            order.push(text);
        }
        names.push(format!("{} {}", package.name, package.version));
    }
    for text in order {
        section(&mut notices, &users[&text].join(", "), &text);
    }
    Ok(notices)
}

fn section(notices: &mut String, title: &str, text: &str) {
    let rule = "=".repeat(80);
    notices.push_str(&format!("\n{rule}\n{title}\n{rule}\n\n{}\n", text.trim()));
}

/// The notices of one crate: what its licence files say, else the text of its licence.
fn of(package: &Package, checkout: &Checkout, texts: &Path) -> anyhow::Result<String> {
    let license = package.license.as_deref().unwrap_or_default();
    let mut files = notice_files(package.folder())?;
    if files.is_empty() && package.folder().starts_with(&checkout.root) {
        files = notice_files(&checkout.root)?;
    }
    if files.is_empty() {
        return without_file(package, license, texts);
    }
    // Of several licences to choose from we take MIT, the shortest; notices that are no licence
    // stay.
    if alternatives(license).any(|id| id == "MIT") && files.iter().any(|path| is_mit(path)) {
        files.retain(|path| is_mit(path) || !is_license(path));
    }
    let texts: anyhow::Result<Vec<_>> = files.iter().map(|path| read(path)).collect();
    Ok(texts?
        .iter()
        .map(|text| text.trim())
        .collect::<Vec<_>>()
        .join("\n\n"))
}

/// The notice of a crate that ships no licence file, made of its authors and the text of its
/// licence.
fn without_file(package: &Package, license: &str, texts: &Path) -> anyhow::Result<String> {
    let path = |id: &str| texts.join(format!("{id}.txt"));
    let id = alternatives(license)
        .find(|id| *id == "MIT")
        .or_else(|| alternatives(license).find(|id| path(id).is_file()));
    let Package {
        name,
        version,
        authors,
        ..
    } = package;
    let text = id
        .map(path)
        .filter(|path| path.is_file())
        .with_context(|| {
            format!(
                "{name} {version} ships no licence file, and layer/licenses has no text for its \
             licence, \"{license}\"; add it there as ID.txt, ID being its SPDX identifier"
            )
        })?;
    let authors = if authors.is_empty() {
        format!("the authors of {name}")
    } else {
        authors.join(", ")
    };
    Ok(format!("Copyright (c) {authors}\n\n{}", read(&text)?))
}

/// The licences of which one may choose one: `MIT OR Apache-2.0`, in old crates `MIT/Apache-2.0`;
/// none to choose in an expression with `AND` or `WITH`.
fn alternatives(expression: &str) -> impl Iterator<Item = &str> {
    let choice = !expression.contains(" AND ") && !expression.contains(" WITH ");
    let parts = expression.split(" OR ").flat_map(|part| part.split('/'));
    parts
        .map(str::trim)
        .filter(move |part| choice && !part.is_empty())
}

fn is_license(path: &Path) -> bool {
    let name = file_name(path);
    name.starts_with("LICEN") || name.starts_with("UNLICENSE")
}

fn is_mit(path: &Path) -> bool {
    is_license(path) && file_name(path).contains("MIT")
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_uppercase()
}

/// The files of a crate's folder that carry a notice, sorted by name.
fn notice_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let cause = || format!("cannot read the folder {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(cause)? {
        let path = entry.with_context(cause)?.path();
        let name = file_name(&path);
        let notice = ["LICEN", "UNLICENSE", "COPYING", "COPYRIGHT", "NOTICE"]
            .iter()
            .any(|word| name.starts_with(word));
        if notice && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A text file, its line ends as on Unix.
///
/// # Errors
/// It cannot be read.
pub fn read(path: &Path) -> anyhow::Result<String> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&text).replace("\r\n", "\n"))
}

#[cfg(test)]
mod tests {
    use super::alternatives;

    #[test]
    fn alternatives_are_what_one_may_choose_from() {
        let of = |expression| alternatives(expression).collect::<Vec<_>>();
        assert_eq!(of("MIT"), ["MIT"]);
        assert_eq!(of("Unlicense OR MIT"), ["Unlicense", "MIT"]);
        assert_eq!(of("MIT/Apache-2.0"), ["MIT", "Apache-2.0"]);
        assert!(of("MIT AND Unicode-3.0").is_empty());
        assert!(of("Apache-2.0 WITH LLVM-exception OR MIT").is_empty());
        assert!(of("").is_empty());
    }
}
