//! Whether the file of a handler setting is in the zip.

use anyhow::{bail, ensure};

use super::tree::Tree;

/// Looks for the file that the runtime would load for `setting`.
///
/// # Errors
/// A malformed setting, or a file that is not there or left out.
pub fn check(setting: &str, tree: &Tree) -> anyhow::Result<()> {
    let module = module(setting)?;
    let candidates = [format!("{module}.lua"), format!("{module}/init.lua")];
    let is_there = |name: &str| tree.entries.iter().any(|entry| entry.name == name);
    // A console function's script goes by its path: the dots before its last are its name's.
    let is_script = setting.ends_with(".lua") && is_there(setting);
    if is_script || candidates.iter().any(|name| is_there(name)) {
        return Ok(());
    }
    for left in &tree.left_out {
        let covers = |name: &String| match left.name.ends_with('/') {
            true => name.starts_with(&left.name) && tree.root.join(name).is_file(),
            false => *name == left.name,
        };
        if let Some(name) = candidates.iter().find(|name| covers(name)) {
            bail!(
                "the file of the handler {setting}, {name}, is left out ({}: {}); bring it back by \
                 a line `!{}` in .moonignore",
                left.name,
                left.rule,
                left.name
            );
        }
    }
    bail!(
        "the file of the handler {setting} is not in the folder: neither {} nor {}; correct the \
         handler, or name the folder that holds the function",
        candidates[0],
        candidates[1]
    )
}

/// The path of the handler's file, less `.lua`.
fn module(setting: &str) -> anyhow::Result<String> {
    let (module, function) = setting.rsplit_once('.').unwrap_or((setting, "function"));
    let parts: Vec<_> = module.split(['.', '/']).collect();
    ensure!(
        !function.is_empty()
            && !function.contains('/')
            && parts.iter().all(|part| !part.is_empty()),
        "the handler {setting:?} is malformed; write file.function, such as src/orders.create for \
         the function \"create\" of src/orders.lua"
    );
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::module;

    #[test]
    fn dots_and_slashes_before_the_last_dot_are_folders() {
        assert_eq!(module("app.handler").unwrap(), "app");
        assert_eq!(module("src/orders.create").unwrap(), "src/orders");
        assert_eq!(module("src.orders.create").unwrap(), "src/orders");
        assert_eq!(module("app").unwrap(), "app");
        assert_eq!(module("bin/migrate.lua").unwrap(), "bin/migrate");
    }

    #[test]
    fn what_the_runtime_would_refuse_is_refused() {
        for setting in [
            "",
            ".",
            "app.",
            ".handler",
            "/app.handler",
            "a..b",
            "../a.b",
            "a.b/c",
        ] {
            let error = module(setting).unwrap_err().to_string();
            assert!(error.contains("is malformed"), "{setting}: {error}");
        }
    }
}
