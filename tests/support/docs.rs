//! The code blocks of README.md and docs/*.md.

use std::fs;

use super::tools::project;

/// One fenced block.
pub struct Block {
    /// The file and the line of its first line of code, like `docs/json.md:12`.
    pub place: String,
    /// What stands behind the opening fence: `lua`, `sh`, or nothing.
    pub language: String,
    pub code: String,
    /// The text from its end to the next block.
    pub after: String,
}

impl Block {
    /// All blocks in this language; panics when there is none.
    #[track_caller]
    pub fn all(language: &str) -> Vec<Self> {
        let project = project();
        let docs = fs::read_dir(project.join("docs")).expect("the project has docs");
        let mut pages: Vec<_> = docs
            .map(|entry| entry.expect("a readable folder").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
            .collect();
        pages.sort();
        pages.push(project.join("README.md"));
        let mut blocks = Vec::new();
        for page in pages {
            let text = fs::read_to_string(&page)
                .unwrap_or_else(|error| panic!("{}: {error}", page.display()));
            let name = page.strip_prefix(&project).expect("a page of the project");
            blocks.extend(parse(&name.display().to_string(), &text));
        }
        // A block may say that it is for one interpreter.
        let other = match cfg!(feature = "luajit") {
            true => "-- Lua 5.4",
            false => "-- LuaJIT",
        };
        blocks.retain(|block| block.language == language && !block.code.starts_with(other));
        assert!(!blocks.is_empty(), "no block in {language}");
        blocks
    }
}

fn parse(page: &str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), open) {
            (Some(language), false) => blocks.push(Block {
                place: format!("{page}:{}", at + 2),
                language: language.to_owned(),
                code: String::new(),
                after: String::new(),
            }),
            (None, true) => {
                let block = blocks.last_mut().expect("an open block");
                block.code.push_str(line);
                block.code.push('\n');
                continue;
            }
            (None, false) => {
                if let Some(block) = blocks.last_mut() {
                    block.after.push_str(line);
                    block.after.push('\n');
                }
                continue;
            }
            (Some(_), true) => {}
        }
        open = !open;
    }
    assert!(!open, "{page} ends within a block");
    blocks
}
