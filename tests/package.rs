//! `moonlayer package`: what goes into a function's zip, and what is said before it is uploaded.

#[path = "package/checks.rs"]
mod checks;
#[path = "package/content.rs"]
mod content;
#[path = "package/documentation.rs"]
mod documentation;
#[path = "package/harness.rs"]
mod harness;
#[path = "package/libraries.rs"]
mod libraries;
#[path = "package/links.rs"]
mod links;
#[path = "package/output.rs"]
mod output;
#[path = "package/refusals.rs"]
mod refusals;
#[path = "package/rules.rs"]
mod rules;
mod support;
