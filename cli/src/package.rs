//! `moonlayer package`: from a function's folder to the zip that Lambda is given.

mod archive;
mod check;
mod handler;
mod library;
mod lua_api;
mod output;
mod rules;
mod scripts;
mod tree;

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use crate::layer::{Arch, Interpreter};
use check::Findings;
use output::Output;
use rules::Kind;
use tree::Tree;

/// Make a function's zip: its scripts, its data and its rocks
///
/// The same files make the same bytes, on any machine and at any time. What else lies in the folder
/// (tests, templates, names that begin with a dot) is left out; `--list` says what and by which
/// rule. A file `.moonignore`, in the syntax of .gitignore, leaves out more, and brings back by
/// `!`.
///
/// The zip's path, size and SHA-256 are printed on stdout, warnings on stderr.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub struct Package {
    /// The folder that holds the function
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,

    /// The zip, or a folder for it; NAME.zip in the current folder unless given, by DIR's name
    #[arg(long, value_name = "FILE|DIR")]
    output: Option<PathBuf>,

    /// The function's processor, which its C modules must be built for
    #[arg(long, value_enum)]
    arch: Option<Arch>,

    /// The function's Lua, which its rocks must be installed for
    #[arg(long, value_enum, default_value_t = Interpreter::Lua54)]
    interpreter: Interpreter,

    /// A handler setting whose file must be in the zip; may be repeated
    #[arg(long, value_name = "HANDLER", conflicts_with = "layer")]
    handler: Vec<String>,

    /// DIR is a tree of rocks (`luarocks --tree DIR`), to become a layer that functions share
    #[arg(long)]
    layer: bool,

    /// Lists what goes in (+) and what is left out (-), and makes no zip
    #[arg(long, conflicts_with = "output")]
    list: bool,

    /// Makes no zip where there is a warning
    #[arg(long)]
    strict: bool,
}

impl Package {
    /// Makes the zip, or lists what would be in it.
    ///
    /// # Errors
    /// A folder that cannot be packed, a function that could not start from the zip, or, where
    /// warnings are errors, a warning.
    pub fn run(self) -> anyhow::Result<()> {
        let root = folder(&self.dir)?;
        let output = match self.list {
            true => None,
            false => Some(Output::find(self.output.as_deref(), &root)?),
        };
        let kind = match self.layer {
            true => Kind::Layer,
            false => Kind::Function,
        };
        let output_path = output.as_ref().map(Output::path);
        let tree = Tree::read(&root, kind, self.interpreter, output_path)?;
        if self.list {
            print(&listed(&tree))?;
        }
        self.check_content(&tree)?;
        let mut findings = check::all(&tree, kind, self.interpreter, self.arch)?;
        if !self.list {
            findings.notes.push(summary(&tree));
        }
        findings.show();
        if let Some(errors) = findings.errors() {
            bail!(errors);
        }
        let Some(output) = output else {
            return self.accept(&findings);
        };
        let zip = archive::write(&tree, output.open()?)?;
        let large = archive::too_large_for_upload(zip.bytes, kind);
        findings.warn_late(large);
        self.accept(&findings)?;
        let shown = output.keep(zip.file)?;
        print(&format!(
            "{}\n{} bytes\nsha256 {}\n",
            shown.display(),
            zip.bytes,
            zip.sha256
        ))
    }

    /// What makes any zip of the tree useless.
    fn check_content(&self, tree: &Tree) -> anyhow::Result<()> {
        ensure!(
            !tree.entries.is_empty(),
            "{} has nothing to pack{}; name the folder that holds the function",
            self.dir.display(),
            match tree.left_out.is_empty() {
                true => "",
                false => ": all that lies there is left out, and `--list` says by which rule",
            }
        );
        archive::check_size(&tree.entries)?;
        for setting in &self.handler {
            handler::check(setting, tree)?;
        }
        Ok(())
    }

    /// Refuses warnings where they are errors.
    fn accept(&self, findings: &Findings) -> anyhow::Result<()> {
        let count = findings.warnings.len();
        ensure!(
            count == 0 || !self.strict,
            "{count} {}, and --strict makes no zip then",
            if count == 1 { "warning" } else { "warnings" }
        );
        Ok(())
    }
}

/// The folder to pack, without symbolic links in its path.
fn folder(dir: &Path) -> anyhow::Result<PathBuf> {
    let shown = dir.display();
    let root = fs::canonicalize(dir)
        .with_context(|| format!("cannot pack {shown}; name the folder that holds the function"))?;
    ensure!(
        root.is_dir(),
        "{shown} is not a folder; name the one that holds the function"
    );
    Ok(root)
}

/// The lines of `--list`.
fn listed(tree: &Tree) -> String {
    let mut lines: Vec<(&str, String)> = Vec::new();
    for entry in &tree.entries {
        lines.push((&entry.name, format!("+ {}", visible(&entry.name))));
    }
    for left in &tree.left_out {
        let line = format!("- {}  ({})", visible(&left.name), left.rule);
        lines.push((&left.name, line));
    }
    lines.sort();
    lines.iter().fold(String::new(), |mut text, (_, line)| {
        let _ = writeln!(text, "{line}");
        text
    })
}

/// A name on one line, whatever stands in it.
fn visible(name: &str) -> String {
    let shown = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    name.chars().map(shown).collect()
}

fn summary(tree: &Tree) -> String {
    let (files, left) = (tree.entries.len(), tree.left_out.len());
    let unzipped: u64 = tree.entries.iter().map(|entry| entry.bytes).sum();
    let mut text = format!(
        "{files} {}, {unzipped} bytes unzipped",
        if files == 1 { "file" } else { "files" }
    );
    if left > 0 {
        let _ = write!(text, "; {left} left out (`--list` says what and why)");
    }
    text
}

/// Writes a result to stdout, whose reader may be gone.
fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .context("cannot write the result to stdout")
}

const EXAMPLES: &str = r#"Examples:
  moonlayer package
  moonlayer package functions/orders --output build/ --handler app.handler
  moonlayer package --list
  moonlayer package rocks --layer --output rocks-layer.zip"#;
