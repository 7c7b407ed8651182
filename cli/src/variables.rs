//! The function's own environment variables, from `--env-file` and `--env`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::{Context, bail};

use crate::emulator;

/// A variable given as `NAME=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    name: String,
    value: String,
}

impl Variable {
    /// Reads `NAME=VALUE`; the value may be empty and may hold more `=`.
    ///
    /// # Errors
    /// When there is no `=`, or the name is not one that Lambda takes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((name, value)) = text.split_once('=') else {
            return Err("there is no `=` in it; write NAME=VALUE".to_owned());
        };
        check(name, value)?;
        Ok(Self {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    }
}

/// The variables of a file in the form of dotenv, overlaid with those given one by one.
///
/// # Errors
/// When the file cannot be read, or a line of it is no assignment.
pub fn collect(
    file: Option<&Path>,
    variables: Vec<Variable>,
) -> anyhow::Result<BTreeMap<OsString, OsString>> {
    let mut all = match file {
        Some(path) => read(path)
            .with_context(|| format!("cannot take variables from --env-file {}", path.display()))?,
        None => BTreeMap::new(),
    };
    all.extend(
        variables
            .into_iter()
            .map(|v| (v.name.into(), v.value.into())),
    );
    Ok(all)
}

fn read(path: &Path) -> anyhow::Result<BTreeMap<OsString, OsString>> {
    let file = File::open(path).context("name a file of NAME=VALUE lines")?;
    if file.metadata()?.is_dir() {
        bail!("it is a folder; name a file of NAME=VALUE lines");
    }
    let mut all = BTreeMap::new();
    for item in dotenvy::from_read_iter(BufReader::new(file)) {
        let (name, value) = item.map_err(|error| match error {
            dotenvy::Error::LineParse(line, at) => anyhow::anyhow!(
                "cannot read `{line}` beyond its byte {at}; write NAME=VALUE, in quotes where the \
                 value has spaces"
            ),
            other => other.into(),
        })?;
        check(&name, &value).map_err(anyhow::Error::msg)?;
        all.insert(name.into(), value.into());
    }
    Ok(all)
}

fn check(name: &str, value: &str) -> Result<(), String> {
    let mut bytes = name.bytes();
    let starts = bytes
        .next()
        .is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if !starts || !bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(format!(
            "`{name}` is no variable's name; use letters, digits and `_`"
        ));
    }
    emulator::check_variable(name, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_be_empty_and_hold_equals_signs() {
        let parsed = |text| Variable::parse(text).map(|v| (v.name, v.value));
        assert_eq!(parsed("A="), Ok(("A".into(), "".into())));
        assert_eq!(parsed("A=b=c"), Ok(("A".into(), "b=c".into())));
    }

    #[test]
    fn what_is_no_assignment_says_so() {
        for (text, part) in [
            ("A", "no `=`"),
            ("=b", "no variable's name"),
            ("1A=b", "no variable's name"),
            ("A B=c", "no variable's name"),
            ("_HANDLER=x.y", "set by Lambda itself"),
            ("AWS_LAMBDA_INITIALIZATION_TYPE=x", "on-demand, provisioned"),
        ] {
            let error = Variable::parse(text).expect_err(text);
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
