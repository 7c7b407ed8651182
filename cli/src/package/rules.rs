//! What is left out of a zip: the defaults, and the `.moonignore` files in the folder.
//!
//! Both are in the syntax of .gitignore. The file nearest to a name decides, then those above it,
//! then the defaults; within one, the last line that matches.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::layer::Interpreter;

/// What the zip is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A function, with its rocks in `lua_modules`.
    Function,
    /// A layer of rocks: what is `lua_modules` in a function is the folder itself.
    Layer,
}

impl Kind {
    /// Where the tree of rocks begins, as names in the zip begin.
    pub fn rocks(self) -> &'static str {
        match self {
            Self::Function => "lua_modules/",
            Self::Layer => "",
        }
    }
}

/// The rules at one place of the tree.
pub struct Rules {
    defaults: Gitignore,
    /// The `.moonignore` files from the folder down to here; `None` for a folder without one.
    own: Vec<Option<Gitignore>>,
}

impl Rules {
    /// The defaults for the folder `root`.
    ///
    /// # Errors
    /// None in practice: the defaults are tested.
    pub fn new(root: &Path, kind: Kind, interpreter: Interpreter) -> anyhow::Result<Self> {
        let mut builder = GitignoreBuilder::new(root);
        for line in DEFAULTS.lines().chain(other_versions(interpreter).lines()) {
            let line = match kind {
                Kind::Function => line.to_owned(),
                Kind::Layer => line.replace("/lua_modules/", "/"),
            };
            builder.add_line(None, &line)?;
        }
        Ok(Self {
            defaults: builder.build()?,
            own: Vec::new(),
        })
    }

    /// Goes down into `folder`, whose `.moonignore` counts from now on; `shown` names it in errors.
    ///
    /// # Errors
    /// A `.moonignore` that cannot be read or has a pattern that is none.
    pub fn enter(&mut self, folder: &Path, shown: &str) -> anyhow::Result<()> {
        let path = folder.join(NAME);
        self.own
            .push(own(folder, &path, &format!("{shown}{NAME}"))?);
        Ok(())
    }

    /// Goes up again.
    pub fn leave(&mut self) {
        self.own.pop();
    }

    /// The rule that leaves `path` out, in words; none when it goes in.
    pub fn leaving_out(&self, path: &Path, is_folder: bool) -> Option<String> {
        for own in self.own.iter().rev().flatten() {
            match own.matched(path, is_folder) {
                Match::None => {}
                Match::Whitelist(_) => return None,
                Match::Ignore(glob) => {
                    let file = glob.from().unwrap_or(Path::new(NAME)).display();
                    return Some(format!("{file}: {}", glob.original()));
                }
            }
        }
        match self.defaults.matched(path, is_folder) {
            Match::Ignore(glob) => Some(format!("default: {}", glob.original())),
            Match::None | Match::Whitelist(_) => None,
        }
    }
}

/// The rules of the `.moonignore` at `path`, where there is one.
fn own(folder: &Path, path: &Path, shown: &str) -> anyhow::Result<Option<Gitignore>> {
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
        // A pipe would be waited for.
        Ok(metadata) if !metadata.is_file() => {
            bail!("{shown} is not a file; make it a file of patterns, one a line, or remove it")
        }
        // Minutes would pass before anybody learns that it is something else.
        Ok(metadata) => ensure!(
            metadata.len() <= LARGEST_BYTES,
            "{shown} has {} bytes, and at most {LARGEST_BYTES} are read; make it a file of \
             patterns, one a line",
            metadata.len()
        ),
    }
    let bytes = fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let Ok(text) = str::from_utf8(&bytes) else {
        bail!("{shown} is not UTF-8; save it in that encoding");
    };
    let mut builder = GitignoreBuilder::new(folder);
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        builder
            .add_line(Some(shown.into()), line)
            .with_context(|| format!("{shown}:{}: no pattern as .gitignore has them", index + 1))?;
    }
    let rules = builder
        .build()
        .with_context(|| format!("cannot use {shown}"))?;
    Ok(Some(rules))
}

/// The rocks of other Luas than the function's: `require` does not look there.
fn other_versions(interpreter: Interpreter) -> String {
    let version = interpreter.version();
    ["share", "lib"]
        .map(|part| format!("/lua_modules/{part}/lua/*/\n!/lua_modules/{part}/lua/{version}/\n"))
        .concat()
}

/// The name of the files of rules.
const NAME: &str = ".moonignore";
/// More than people write.
const LARGEST_BYTES: u64 = 1 << 20;
/// Also in docs/package.md, word for word.
const DEFAULTS: &str = include_str!("defaults.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn rule(kind: Kind, interpreter: Interpreter, name: &str) -> Option<String> {
        let root = Path::new("/root");
        let rules = Rules::new(root, kind, interpreter).unwrap();
        let path = root.join(name.trim_end_matches('/'));
        rules.leaving_out(&path, name.ends_with('/'))
    }

    fn is_out(name: &str) -> bool {
        rule(Kind::Function, Interpreter::Lua54, name).is_some()
    }

    #[test]
    fn what_a_function_reads_goes_in() {
        for name in [
            "app.lua",
            "data/rates.json",
            "views/index.html",
            "posts/README.md",
            "LICENSE",
            "lua/",
            "luarocks/",
            "src/spec/",
            "src/Makefile",
            "native.so",
            "data/archive.zip",
            "lua_modules/share/lua/5.4/slug.lua",
            "lua_modules/share/lua/5.4/pl/test.lua",
            "lua_modules/share/lua/5.4/",
            "lua_modules/lib/lua/5.4/",
        ] {
            assert!(!is_out(name), "{name}");
        }
    }

    #[test]
    fn what_is_not_deployed_stays_out() {
        for name in [
            ".git/",
            ".env",
            "src/.DS_Store",
            "app.lua~",
            "#app.lua#",
            "slug-1.0-1.rockspec",
            "slug-1.0-1.src.rock",
            "crc32.o",
            "src/order_spec.lua",
            "spec/",
            "hello.zip",
            "template.yaml",
            "serverless.yml",
            "samconfig.toml",
            "Makefile",
            "README.md",
            "node_modules/",
            "lua",
            "luarocks",
            "lua_modules/bin/",
            "lua_modules/lib/luarocks/",
            "lua_modules/share/lua/5.4/spec/",
            "lua_modules/share/lua/5.1/",
            "lua_modules/lib/lua/5.3/",
        ] {
            assert!(is_out(name), "{name}");
        }
    }

    #[test]
    fn the_rocks_of_luajit_are_those_of_lua_5_1() {
        let rule = |name| rule(Kind::Function, Interpreter::Luajit21, name);
        assert_eq!(rule("lua_modules/share/lua/5.1/"), None);
        assert_eq!(
            rule("lua_modules/share/lua/5.4/").as_deref(),
            Some("default: /lua_modules/share/lua/*/")
        );
    }

    #[test]
    fn a_layer_is_a_tree_of_rocks_itself() {
        let rule = |name| rule(Kind::Layer, Interpreter::Lua54, name);
        assert_eq!(rule("share/lua/5.4/"), None);
        assert_eq!(rule("bin/").as_deref(), Some("default: /bin/"));
        assert!(rule("lib/luarocks/").is_some());
        assert!(rule("share/lua/5.1/").is_some());
    }
}
