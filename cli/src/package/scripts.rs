//! Whether the Lua files of a zip parse.

use anyhow::bail;
use mlua::Lua;
use moonlayer::files::{Files, LoadError};

use super::check::Findings;
use super::rules::Kind;
use super::tree::Tree;

/// Parses every Lua file as the runtime will; nothing of it runs.
///
/// One of the function's own that does not parse is an error. One of a rock is a warning: rocks
/// bring files for other Luas along that they do not load.
///
/// # Errors
/// A file that cannot be read.
pub fn check(tree: &Tree, kind: Kind, findings: &mut Findings) -> anyhow::Result<()> {
    let lua = Lua::new();
    let files = Files::beside(tree.root.clone());
    for entry in tree.entries.iter().filter(|it| it.name.ends_with(".lua")) {
        let message = match files.load(&lua, &tree.path(entry)) {
            Ok(_) => continue,
            Err(LoadError::Syntax(message)) => message,
            Err(LoadError::Other(message)) => {
                bail!("{message}; make it readable, or leave it out by a line in .moonignore")
            }
            Err(LoadError::OutOfMemory) => bail!("{} is too large to be parsed", entry.name),
        };
        if entry.name.starts_with(kind.rocks()) {
            findings.warn(format!(
                "{message} (a file of a rock; it cannot be required)"
            ));
        } else {
            findings.refuse(message);
        }
    }
    Ok(())
}
