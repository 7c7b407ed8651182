//! A YAML or JSON document as a tree that knows its lines and CloudFormation's tags.

use std::collections::HashMap;

use anyhow::{bail, ensure};
use saphyr_parser::{Event, Parser, Tag};

/// A part of a document.
#[derive(Debug)]
pub struct Node {
    /// The line that it begins in, from 1.
    pub line: usize,
    /// The tag without its `!`: `Sub`, `Ref`, `GetAtt`.
    pub tag: Option<String>,
    /// What it is.
    pub value: Value,
}

/// What a part of a document is.
#[derive(Debug)]
pub enum Value {
    /// Text, numbers and the like, as text.
    Scalar(String),
    /// A list.
    List(Vec<Id>),
    /// Keys and their values, in the order of the document.
    Map(Vec<(String, Id)>),
}

/// Where a node lies in its [`Document`].
pub type Id = usize;

/// The documents of one file. An alias is the node that it stands for, and no copy of it.
#[derive(Debug, Default)]
pub struct Document {
    nodes: Vec<Node>,
    /// The top of each document.
    pub roots: Vec<Id>,
}

/// A list or map that has not ended yet.
struct Open {
    id: Id,
    /// The key whose value comes next, in a map.
    key: Option<String>,
    is_map: bool,
}

/// More than any template needs; what walks the tree goes as deep.
const DEEPEST: usize = 200;

impl Document {
    /// The documents in that text.
    ///
    /// # Errors
    /// It is neither YAML nor JSON, or too deep: then with the line.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let mut document = Self::default();
        let mut anchors: HashMap<usize, Id> = HashMap::new();
        let mut open: Vec<Open> = Vec::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => bail!("line {}: {}", error.marker().line(), error.info()),
            };
            let line = span.start.line();
            let (id, anchor, container) = match event {
                Event::Scalar(text, _, anchor, tag) => {
                    let text = text.into_owned();
                    // A key is no node: it has no place to look at but its value's.
                    if let Some(Open {
                        is_map: true,
                        key: key @ None,
                        ..
                    }) = open.last_mut()
                    {
                        *key = Some(text);
                        continue;
                    }
                    (
                        document.add(line, tag.as_deref(), Value::Scalar(text)),
                        anchor,
                        None,
                    )
                }
                Event::SequenceStart(anchor, tag) => {
                    let list = Value::List(Vec::new());
                    (
                        document.add(line, tag.as_deref(), list),
                        anchor,
                        Some(false),
                    )
                }
                Event::MappingStart(anchor, tag) => {
                    let map = Value::Map(Vec::new());
                    (document.add(line, tag.as_deref(), map), anchor, Some(true))
                }
                Event::Alias(anchor) => match anchors.get(&anchor) {
                    // An alias inside of what it stands for would have no end.
                    Some(id) if open.iter().all(|open| open.id != *id) => (*id, 0, None),
                    _ => bail!("line {line}: an alias stands for a part that is not complete yet"),
                },
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                    continue;
                }
                _ => continue,
            };
            if anchor > 0 {
                anchors.insert(anchor, id);
            }
            document.attach(open.last_mut(), id, line)?;
            if let Some(is_map) = container {
                ensure!(
                    open.len() < DEEPEST,
                    "line {line}: nested deeper than {DEEPEST} levels"
                );
                open.push(Open {
                    id,
                    key: None,
                    is_map,
                });
            }
        }
        Ok(document)
    }

    fn add(&mut self, line: usize, tag: Option<&Tag>, value: Value) -> Id {
        let tag = tag
            .filter(|tag| !tag.is_yaml_core_schema())
            .map(|tag| tag.suffix.clone());
        self.nodes.push(Node { line, tag, value });
        self.nodes.len() - 1
    }

    fn attach(&mut self, parent: Option<&mut Open>, id: Id, line: usize) -> anyhow::Result<()> {
        let Some(parent) = parent else {
            self.roots.push(id);
            return Ok(());
        };
        match &mut self.nodes[parent.id].value {
            Value::List(items) => items.push(id),
            Value::Map(members) => match parent.key.take() {
                Some(key) => members.push((key, id)),
                None => bail!("line {line}: a key is a list or a map, which no template has"),
            },
            Value::Scalar(_) => unreachable!("only lists and maps have parts"),
        }
        Ok(())
    }

    /// The node.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    /// The member of a map; the last, where a key comes twice.
    pub fn member(&self, id: Id, key: &str) -> Option<Id> {
        self.members(id)
            .iter()
            .rev()
            .find(|(name, _)| name == key)
            .map(|(_, id)| *id)
    }

    /// What lies at the end of a path of keys.
    pub fn at(&self, id: Id, path: &[&str]) -> Option<Id> {
        path.iter().try_fold(id, |id, key| self.member(id, key))
    }

    /// All members of a map; of anything else, none.
    pub fn members(&self, id: Id) -> &[(String, Id)] {
        match &self.node(id).value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; of anything else, none.
    pub fn items(&self, id: Id) -> &[Id] {
        match &self.node(id).value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar, whatever its tag.
    pub fn text(&self, id: Id) -> Option<&str> {
        match &self.node(id).value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// A function of CloudFormation: its name without `Fn::`, and what it is applied to.
    pub fn function(&self, id: Id) -> Option<(&str, Id)> {
        let node = self.node(id);
        if let Some(tag) = &node.tag {
            return Some((tag, id));
        }
        match &node.value {
            Value::Map(members) => match &members[..] {
                [(key, argument)] => match key.strip_prefix("Fn::") {
                    Some(name) => Some((name, *argument)),
                    None => (key == "Ref").then_some(("Ref", *argument)),
                },
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn lines_and_tags_are_kept() {
        let text = "a:\n  - !Sub 'x'\n  - {\"Fn::Sub\": y}\nb: &b !Ref Z\nc: *b\n";
        let document = Document::parse(text).expect("it is YAML");
        let root = document.roots[0];
        let list = document.at(root, &["a"]).expect("it is there");
        let found: Vec<_> = document
            .items(list)
            .iter()
            .map(|id| {
                let (name, argument) = document.function(*id).expect("each is a function");
                (document.node(*id).line, name, document.text(argument))
            })
            .collect();
        assert_eq!(found, [(2, "Sub", Some("x")), (3, "Sub", Some("y"))]);
        let alias = document.member(root, "c").expect("it is there");
        assert_eq!(document.function(alias).map(|(name, _)| name), Some("Ref"));
    }

    #[test]
    fn json_is_read_with_tabs_too() {
        let document = Document::parse("{\n\t\"a\": {\n\t\t\"b\": \"c\\/d\"\n\t}\n}\n");
        let document = document.expect("it is JSON");
        let found = document
            .at(document.roots[0], &["a", "b"])
            .expect("it is there");
        assert_eq!(
            (document.node(found).line, document.text(found)),
            (3, Some("c/d"))
        );
    }

    #[test]
    fn what_is_no_template_is_an_error_with_its_line() {
        for (text, reason) in [
            ("a: [\n  b\n", "line "),
            ("a: &a [*a]\n", "not complete yet"),
            ("? [a]\n: b\n", "a key is a list"),
            (&"- ".repeat(300), "nested deeper than 200 levels"),
        ] {
            let error = Document::parse(text).expect_err(reason).to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
