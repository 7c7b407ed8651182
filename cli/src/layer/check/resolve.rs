//! The texts that a part of a template stands for.

use std::cell::Cell;

use super::document::{Document, Id};

/// Works out what functions of CloudFormation and variables of Serverless stand for, as far as the
/// template itself tells. What only the deployment knows stays as it is written: `${Name}`.
#[derive(Debug)]
pub struct Resolver<'a> {
    document: &'a Document,
    root: Id,
    /// The values of `AWS::Region` and `AWS::Partition`, where they are known.
    region: Option<(&'a str, &'a str)>,
    /// Whether texts without a tag have variables too, as in serverless.yml.
    everywhere: bool,
    /// Aliases make small files of huge templates: how many more parts are looked at.
    budget: Cell<usize>,
}

/// No variable is longer; of a text full of braces that never close, each is looked for so far.
const LONGEST: usize = 1_000;
/// References that lead to references end somewhere, unless they go round in a circle.
const DEEPEST: usize = 30;

impl<'a> Resolver<'a> {
    /// A resolver for the template at `root`; `region` is the region and its partition.
    pub fn new(
        document: &'a Document,
        root: Id,
        region: Option<(&'a str, &'a str)>,
        everywhere: bool,
    ) -> Self {
        Self {
            document,
            root,
            region,
            everywhere,
            budget: Cell::new(200_000),
        }
    }

    /// Whether there were more parts than could be looked at.
    pub fn is_exhausted(&self) -> bool {
        self.budget.get() == 0
    }

    /// The texts that the part stands for, each with the scalar that it is written in.
    pub fn texts(&self, id: Id) -> Vec<(Id, String)> {
        self.resolve(id, 0)
    }

    /// The text, where the part stands for exactly one.
    pub fn text(&self, id: Id) -> Option<String> {
        self.one(id, 0)
    }

    fn one(&self, id: Id, depth: usize) -> Option<String> {
        match &self.resolve(id, depth)[..] {
            [(_, text)] => Some(text.clone()),
            _ => None,
        }
    }

    fn resolve(&self, id: Id, depth: usize) -> Vec<(Id, String)> {
        let document = self.document;
        self.budget.set(self.budget.get().saturating_sub(1));
        if depth > DEEPEST || self.is_exhausted() {
            return Vec::new();
        }
        let depth = depth + 1;
        match document.function(id) {
            Some(("Sub", argument)) => self.sub(argument, depth),
            Some(("Ref", argument)) => match document.text(argument) {
                Some(name) => self.reference(name, depth),
                None => Vec::new(),
            },
            Some(("FindInMap", argument)) => self.find_in_map(argument, depth),
            Some(("Join", argument)) => self.join(argument, depth).into_iter().collect(),
            // Of any other function, like If or Select, each argument may be what it gives.
            _ => match document.text(id) {
                Some(text) if self.everywhere => vec![(id, self.fill(text, None, depth))],
                Some(text) => vec![(id, text.to_owned())],
                None => {
                    let members = document.members(id).iter().map(|(_, id)| *id);
                    let parts = document.items(id).iter().copied().chain(members);
                    parts.flat_map(|part| self.resolve(part, depth)).collect()
                }
            },
        }
    }

    fn sub(&self, argument: Id, depth: usize) -> Vec<(Id, String)> {
        let (text, variables) = match self.document.items(argument) {
            [] => (argument, None),
            [text, rest @ ..] => (*text, rest.first().copied()),
        };
        let filled = self
            .document
            .text(text)
            .map(|written| self.fill(written, variables, depth));
        filled.map(|filled| (text, filled)).into_iter().collect()
    }

    fn reference(&self, name: &str, depth: usize) -> Vec<(Id, String)> {
        let default = self
            .document
            .at(self.root, &["Parameters", name, "Default"]);
        default
            .map(|default| self.resolve(default, depth))
            .unwrap_or_default()
    }

    fn find_in_map(&self, argument: Id, depth: usize) -> Vec<(Id, String)> {
        let document = self.document;
        let [map, keys @ ..] = document.items(argument) else {
            return Vec::new();
        };
        let map = self.one(*map, depth);
        let map = map.and_then(|name| document.at(self.root, &["Mappings", &name]));
        let Some(mut id) = map else {
            return Vec::new();
        };
        for key in keys.iter().take(2) {
            let pseudo = match document.function(*key) {
                Some(("Ref", name)) => document.text(name).and_then(|name| self.pseudo(name)),
                _ => None,
            };
            // Without the key, it may be any of the values.
            let Some(key) = pseudo.map(str::to_owned).or_else(|| self.one(*key, depth)) else {
                break;
            };
            match document.member(id, &key) {
                Some(member) => id = member,
                None => return Vec::new(),
            }
        }
        self.resolve(id, depth)
    }

    fn join(&self, argument: Id, depth: usize) -> Option<(Id, String)> {
        let [separator, list] = self.document.items(argument) else {
            return None;
        };
        let separator = self.document.text(*separator)?;
        let items = self.document.items(*list);
        let parts: Vec<_> = items
            .iter()
            .map(|item| {
                let pseudo = match self.document.function(*item) {
                    Some(("Ref", name)) => self.document.text(name),
                    _ => None,
                };
                let known = pseudo.and_then(|name| self.pseudo(name)).map(str::to_owned);
                let known = known.or_else(|| self.one(*item, depth));
                known.unwrap_or_else(|| format!("${{{}}}", pseudo.unwrap_or("?")))
            })
            .collect();
        Some((*items.first()?, parts.join(separator)))
    }

    /// The text with the variables that are known in place of their `${Name}`.
    fn fill(&self, text: &str, variables: Option<Id>, depth: usize) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            // It costs as much as some parts do to look for where it ends.
            self.budget.set(self.budget.get().saturating_sub(10));
            if self.is_exhausted() {
                break;
            }
            filled.push_str(before);
            let Some((name, after)) = split_at_brace(after) else {
                filled.push_str("${");
                rest = after;
                continue;
            };
            match self.variable(name.trim(), variables, depth) {
                Some(value) => filled.push_str(&value),
                None => filled.push_str(&format!("${{{name}}}")),
            }
            rest = after;
        }
        filled + rest
    }

    fn variable(&self, name: &str, variables: Option<Id>, depth: usize) -> Option<String> {
        let own = variables.and_then(|map| self.document.member(map, name));
        if let Some(value) = own {
            return self.one(value, depth);
        }
        if let Some(known) = self.pseudo(name) {
            return Some(known.to_owned());
        }
        if self.everywhere {
            return self.first_known(name, depth);
        }
        match &self.reference(name, depth)[..] {
            [(_, text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// What a variable of Serverless stands for: the first of its sources that is known.
    fn first_known(&self, sources: &str, depth: usize) -> Option<String> {
        for source in split_at_commas(sources) {
            // What the environment of the deployment holds is not for us to say.
            if source.starts_with("env:") {
                return None;
            }
            // A variable may be a source, or a part of one.
            let filled = match depth < DEEPEST {
                true => self.fill(source, None, depth + 1),
                false => return None,
            };
            if filled.contains("${") {
                continue;
            }
            let known = match quoted(&filled) {
                Some(text) => Some(text.to_owned()),
                None if source.starts_with("${") => Some(filled),
                None => self.own(&filled, depth),
            };
            if known.is_some() {
                return known;
            }
        }
        None
    }

    /// What stands elsewhere in a serverless.yml.
    fn own(&self, source: &str, depth: usize) -> Option<String> {
        if let Some(known) = self.pseudo(source) {
            return Some(known.to_owned());
        }
        let path: Vec<_> = source.strip_prefix("self:")?.split('.').collect();
        self.one(self.document.at(self.root, &path)?, depth)
    }

    fn pseudo(&self, name: &str) -> Option<&'a str> {
        let (region, partition) = self.region?;
        match name {
            "AWS::Region" | "aws:region" | "self:provider.region" => Some(region),
            "AWS::Partition" => Some(partition),
            "opt:region" if self.everywhere => Some(region),
            _ => None,
        }
    }
}

/// The text before the brace that closes, and the text after it; variables may hold variables.
fn split_at_brace(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0;
    for (at, letter) in text.char_indices().take(LONGEST) {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => return Some((&text[..at], &text[at + 1..])),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The sources of a variable, without those commas that are part of one.
fn split_at_commas(text: &str) -> Vec<&str> {
    let (mut depth, mut quote) = (0_usize, None);
    let parts = text.split(|letter| {
        match (letter, quote) {
            (_, Some(open)) if letter == open => quote = None,
            (_, Some(_)) => {}
            ('\'' | '"', None) => quote = Some(letter),
            ('{' | '(', None) => depth += 1,
            ('}' | ')', None) => depth = depth.saturating_sub(1),
            _ => {}
        }
        letter == ',' && depth == 0 && quote.is_none()
    });
    parts.map(str::trim).collect()
}

/// The text between quotes.
fn quoted(source: &str) -> Option<&str> {
    ['\'', '"']
        .iter()
        .find_map(|quote| source.strip_prefix(*quote)?.strip_suffix(*quote))
}
