//! Where a template names layers, and for which functions.

use std::collections::HashSet;

use anyhow::ensure;

use super::document::{Document, Id};
use super::resolve::Resolver;
use crate::layer::regions::Regions;
use crate::layer::variant::{Arch, Interpreter, Variant};

/// A template of SAM or CloudFormation, or a serverless.yml.
#[derive(Debug)]
pub struct Template<'a> {
    document: &'a Document,
    root: Id,
    is_serverless: bool,
}

/// An ARN of a layer of ours, or what was meant as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where it is written, from 1.
    pub line: usize,
    /// The ARN; what only the deployment knows stands in it as `${Name}`.
    pub arn: String,
    /// The function that has the layer.
    pub function: Option<String>,
    /// That function's processor, where it is known.
    pub arch: Option<Arch>,
    /// The region that it is for, where it is known.
    pub region: Option<String>,
}

/// A function, with what decides about its layers.
struct Function<'a> {
    name: &'a str,
    /// Where its processor is said, the nearest first.
    arch: Option<Id>,
    layers: Vec<Id>,
}

impl<'a> Template<'a> {
    /// The template at `root`.
    pub fn new(document: &'a Document, root: Id) -> Self {
        let is_serverless = document.member(root, "provider").is_some();
        Self {
            document,
            root,
            is_serverless,
        }
    }

    /// The region that a serverless.yml is deployed to, where it says so itself.
    pub fn own_region(&self) -> Option<String> {
        let region = self.document.at(self.root, &["provider", "region"])?;
        let region = Resolver::new(self.document, self.root, None, true).text(region)?;
        (self.is_serverless && !region.contains("${")).then_some(region)
    }

    /// The ARNs of our layers, each as often as a function has it, else once.
    ///
    /// # Errors
    /// The template has more parts than one that people write.
    pub fn mentions(
        &self,
        region: Option<&str>,
        regions: &Regions,
    ) -> anyhow::Result<Vec<Mention>> {
        let place = region.map(|region| (region, regions.partition_of(region).unwrap_or("aws")));
        let resolver = Resolver::new(self.document, self.root, place, self.is_serverless);
        let mut mentions = Vec::new();
        let mut seen = HashSet::new();
        for function in self.functions() {
            let arch = match function.arch {
                None => Some(Arch::X86_64),
                Some(id) => resolver.text(id).and_then(|text| arch_of(&text)),
            };
            for (id, text) in function.layers.iter().flat_map(|id| resolver.texts(*id)) {
                seen.insert(id);
                let found = arns(&text).into_iter().map(|arn| Mention {
                    line: self.document.node(id).line,
                    arn,
                    function: Some(function.name.to_owned()),
                    arch,
                    region: region.map(str::to_owned),
                });
                mentions.extend(found);
            }
            for (id, text) in self.misspelt(&function, &resolver) {
                mentions.push(Mention {
                    line: self.document.node(id).line,
                    arn: text,
                    function: Some(function.name.to_owned()),
                    arch,
                    region: region.map(str::to_owned),
                });
            }
        }
        // Whatever else names a layer: parameters, mappings, outputs.
        let mut parts = vec![(self.root, region.map(str::to_owned))];
        while let Some((id, region)) = parts.pop() {
            if !seen.insert(id) {
                continue;
            }
            let function = self.document.function(id);
            let whole = matches!(function, Some(("Sub" | "Join", _)));
            if whole || self.document.text(id).is_some() {
                for (at, text) in resolver.texts(id) {
                    // A text that a Sub is applied to may have been met already.
                    if at != id && !seen.insert(at) {
                        continue;
                    }
                    mentions.extend(arns(&text).into_iter().map(|arn| Mention {
                        line: self.document.node(at).line,
                        arn,
                        function: None,
                        arch: None,
                        region: region.clone(),
                    }));
                }
                continue;
            }
            parts.extend(
                self.document
                    .items(id)
                    .iter()
                    .map(|item| (*item, region.clone())),
            );
            parts.extend(self.document.members(id).iter().map(|(key, member)| {
                // A mapping has a part for each region.
                let own = regions.partition_of(key).map(|_| key.clone());
                (*member, own.or_else(|| region.clone()))
            }));
        }
        ensure!(
            !resolver.is_exhausted(),
            "it has more parts than a template that people write"
        );
        Ok(mentions)
    }

    /// What stands for a layer of ours among the function's, and has not the form of an ARN.
    fn misspelt(&self, function: &Function<'_>, resolver: &Resolver<'_>) -> Vec<(Id, String)> {
        let lists = function.layers.iter();
        let items = lists.flat_map(|list| self.document.items(*list));
        // What an import or another function of that name gives is not seen here.
        let written = items.filter(|id| match self.document.function(**id) {
            Some((name, _)) => name == "Sub",
            None => self.document.text(**id).is_some(),
        });
        let texts = written.flat_map(|id| resolver.texts(*id));
        let ours: Vec<_> = Variant::all().iter().map(Variant::to_string).collect();
        texts
            .filter(|(_, text)| {
                let names_ours = ours.iter().any(|name| text.contains(name.as_str()));
                // A dynamic reference may have any name.
                names_ours && !text.contains("{{resolve:") && arns(text).is_empty()
            })
            .collect()
    }

    fn functions(&self) -> Vec<Function<'a>> {
        match self.is_serverless {
            true => self.functions_of_serverless(),
            false => self.functions_of_cloudformation(),
        }
    }

    fn functions_of_cloudformation(&self) -> Vec<Function<'a>> {
        let document = self.document;
        let global = |key| document.at(self.root, &["Globals", "Function", key]);
        let resources = document.member(self.root, "Resources");
        let resources = resources.map(|id| document.members(id)).unwrap_or_default();
        let functions = resources.iter().filter_map(|(name, id)| {
            let kind = document
                .member(*id, "Type")
                .and_then(|kind| document.text(kind))?;
            let is_sam = kind == "AWS::Serverless::Function";
            if !is_sam && kind != "AWS::Lambda::Function" {
                return None;
            }
            let own = |key| document.at(*id, &["Properties", key]);
            let globals = |key| is_sam.then(|| global(key)).flatten();
            Some(Function {
                name,
                arch: own("Architectures").or_else(|| globals("Architectures")),
                // SAM puts the lists together.
                layers: globals("Layers").into_iter().chain(own("Layers")).collect(),
            })
        });
        functions.collect()
    }

    fn functions_of_serverless(&self) -> Vec<Function<'a>> {
        let document = self.document;
        let of_provider = |key| document.at(self.root, &["provider", key]);
        let Some(functions) = document.member(self.root, "functions") else {
            return Vec::new();
        };
        // A map of functions, or a list of such maps.
        let maps = std::iter::once(functions).chain(document.items(functions).iter().copied());
        maps.flat_map(|map| document.members(map))
            .map(|(name, id)| Function {
                name,
                arch: document
                    .member(*id, "architecture")
                    .or_else(|| of_provider("architecture")),
                // Serverless takes one list or the other.
                layers: document
                    .member(*id, "layers")
                    .or_else(|| of_provider("layers"))
                    .into_iter()
                    .collect(),
            })
            .collect()
    }
}

fn arch_of(text: &str) -> Option<Arch> {
    Arch::ALL.into_iter().find(|arch| arch.to_string() == text)
}

/// The ARNs in a text that are of a layer of ours, by their name.
fn arns(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("arn:") {
        rest = &rest[at..];
        let mut depth = 0_usize;
        let end = rest.find(|letter: char| {
            match letter {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && (letter.is_whitespace() || ",;'\"()[]<>".contains(letter))
        });
        let arn = &rest[..end.unwrap_or(rest.len())];
        let name = arn.split_once(":layer:").map(|(_, name)| name);
        let ours = |name: &str| {
            Interpreter::ALL
                .iter()
                .any(|interpreter| name.starts_with(&interpreter.to_string()))
        };
        if name.is_some_and(ours) {
            found.push(arn.to_owned());
        }
        rest = &rest[arn.len().max(1)..];
    }
    found
}
