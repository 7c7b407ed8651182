//! The example of docs/console.md gives what the page says.

use std::fs;

use serde_json::Value;

use crate::script;
use crate::support::{Block, Event, project};

#[test]
fn the_example_gives_the_answers_on_its_page() {
    let page = fs::read_to_string(project().join("docs/console.md")).expect("the page");
    let is_example = |block: &Block| block.code.starts_with("-- bin/migrate.lua\n");
    let example = Block::all("lua").into_iter().find(is_example);
    let run = script("")
        .file("bin/migrate.lua", example.expect("the example").code)
        .handler("bin/migrate.lua")
        .invoke(Event::json(r#""up --dry-run""#))
        .invoke(Event::json(r#""down""#))
        .run();
    let answers = page.split("```json\n").skip(1);
    let answers = answers.map(|rest| rest.split("```").next().expect("a block"));
    let answers: Vec<Value> = answers
        .map(|answer| serde_json::from_str(answer).expect("JSON"))
        .collect();
    let posts: Vec<_> = run.posts().into_iter().map(|post| post.json()).collect();
    assert_eq!(posts, answers);
}

#[test]
fn the_example_of_words_on_the_page_is_split_so() {
    let event = r#""--name='Ada L' c\\ d""#;
    let page = fs::read_to_string(project().join("docs/console.md")).expect("the page");
    assert!(page.contains(&format!("| `{event}` | `--name=Ada L`, `c d` |")));
    let run = script("io.write(table.concat(arg, '|'))")
        .invoke(Event::json(event))
        .run();
    assert_eq!(run.post().json()["output"], "--name=Ada L|c d");
}
