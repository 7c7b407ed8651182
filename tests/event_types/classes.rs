//! The classes of LuaLS's definition files, as far as those of events go.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::support::project;

/// Every class below `runtime/types`, by name.
pub struct Classes(BTreeMap<String, Class>);

#[derive(Clone, Default)]
struct Class {
    parent: Option<String>,
    fields: BTreeMap<String, Field>,
    /// The type of members that have no field of their own: `[string] any`.
    rest: Option<String>,
}

#[derive(Clone)]
struct Field {
    optional: bool,
    kind: String,
}

impl Classes {
    pub fn read() -> Self {
        let mut classes = BTreeMap::new();
        read(&project().join("runtime/types"), &mut classes);
        Self(classes)
    }

    /// What of `value` is not as the type says; a place is written as Lua writes it.
    pub fn faults(&self, kind: &str, value: &Value, place: &str) -> Vec<String> {
        let kind = kind.trim();
        let choices = split(kind, '|');
        if choices.len() > 1 {
            let each = choices.iter().map(|kind| self.faults(kind, value, place));
            // The nearest miss says most.
            return each.min_by_key(Vec::len).expect("several");
        }
        if let Some(kind) = kind.strip_suffix('?') {
            return match value {
                Value::Null => Vec::new(),
                value => self.faults(kind, value, place),
            };
        }
        let wrong = || vec![format!("{place} is no {kind}: {value}")];
        if let Some(item) = kind.strip_suffix("[]") {
            let Value::Array(items) = value else {
                return wrong();
            };
            let numbered = (1..).zip(items);
            let places = numbered.map(|(n, value)| (format!("{place}[{n}]"), value));
            return places
                .flat_map(|(place, value)| self.faults(item, value, &place))
                .collect();
        }
        if let Some(class) = self.members_of(kind) {
            let Value::Object(members) = value else {
                return wrong();
            };
            return self.member_faults(&class, members, place);
        }
        let fits = match kind {
            "any" => true,
            "string" => value.is_string(),
            "integer" => value.is_i64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            literal => value.as_str().map(|text| format!("{text:?}")).as_deref() == Some(literal),
        };
        if fits { Vec::new() } else { wrong() }
    }

    fn member_faults(
        &self,
        class: &Class,
        members: &serde_json::Map<String, Value>,
        place: &str,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, value) in members {
            let place = format!("{place}.{name}");
            match (class.fields.get(name), &class.rest) {
                (Some(field), _) if field.optional && value.is_null() => {}
                (Some(field), _) => faults.extend(self.faults(&field.kind, value, &place)),
                (None, Some(kind)) => faults.extend(self.faults(kind, value, &place)),
                (None, None) => faults.push(format!("{place} is not described")),
            }
        }
        for (name, field) in &class.fields {
            if !field.optional && !members.contains_key(name) {
                faults.push(format!("{place}.{name} is missing"));
            }
        }
        faults
    }

    /// Names of classes of events that fields and parents use, and nothing defines.
    pub fn missing(&self) -> BTreeSet<String> {
        let fields = self.0.values().flat_map(|class| class.fields.values());
        let kinds = fields.map(|field| field.kind.as_str());
        let parents = self.0.values().filter_map(|class| class.parent.as_deref());
        let is_separator = |c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_');
        kinds
            .chain(parents)
            .flat_map(|kind| kind.split(is_separator))
            .filter(|word| word.starts_with("lambda.events.") && !self.0.contains_key(*word))
            .map(str::to_owned)
            .collect()
    }

    /// The members of a class, of `table<string, T>` or of `{ name: T }`; `None` of other types.
    fn members_of(&self, kind: &str) -> Option<Class> {
        if let Some(inner) = kind.strip_prefix("table<string,") {
            let rest = inner.strip_suffix('>').expect("a closed table<…>");
            return Some(Class {
                rest: Some(rest.to_owned()),
                ..Class::default()
            });
        }
        if let Some(inner) = kind.strip_prefix('{') {
            let inner = inner.strip_suffix('}').expect("a closed {…}");
            let mut class = Class::default();
            for member in split(inner, ',') {
                let (name, kind) = member.split_once(':').expect("name: type");
                class.add(name.trim(), kind.trim());
            }
            return Some(class);
        }
        let mut class = self.0.get(kind)?.clone();
        if let Some(parent) = class.parent.take() {
            let parent = self.members_of(&parent).expect("a parent that is a class");
            for (name, field) in parent.fields {
                class.fields.entry(name).or_insert(field);
            }
            class.rest = class.rest.or(parent.rest);
        }
        Some(class)
    }
}

impl Class {
    fn add(&mut self, name: &str, kind: &str) {
        let optional = name.ends_with('?');
        let name = name.trim_end_matches('?');
        if name == "[string]" {
            self.rest = Some(kind.to_owned());
            return;
        }
        let quoted = name
            .strip_prefix("[\"")
            .and_then(|name| name.strip_suffix("\"]"));
        let kind = kind.to_owned();
        let name = quoted.unwrap_or(name).to_owned();
        self.fields.insert(name, Field { optional, kind });
    }
}

/// Adds the classes of the definition files below `folder`.
fn read(folder: &Path, classes: &mut BTreeMap<String, Class>) {
    for entry in fs::read_dir(folder).expect("the project has types") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            read(&path, classes);
            continue;
        }
        let mut current = None;
        for line in fs::read_to_string(&path).expect("text").lines() {
            if let Some(class) = line.strip_prefix("---@class ") {
                let (name, parent) = match class.split_once(':') {
                    Some((name, parent)) => (name, Some(parent.trim().to_owned())),
                    None => (class, None),
                };
                let new = Class {
                    parent,
                    ..Class::default()
                };
                let known = classes.insert(name.to_owned(), new);
                assert!(known.is_none(), "{name} is defined twice");
                current = classes.get_mut(name);
            } else if let Some(field) = line.strip_prefix("---@field ") {
                let (name, kind) = field.split_once(' ').expect("name and type");
                let class = current.as_mut().expect("a class above its fields");
                class.add(name, kind);
            }
        }
    }
}

/// The parts between the separators that stand in no brackets.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '<' | '{' | '(' => depth += 1,
            '>' | '}' | ')' => depth -= 1,
            c if c == separator && depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}
