//! The event that a command sends: where its bytes come from, and whether they are JSON.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::de::IgnoredAny;

use crate::emulator::PAYLOAD_LIMIT_BYTES;
use crate::samples;

/// Where the event comes from; from nowhere it is `{}`.
#[derive(Debug, Default, clap::Args)]
#[group(multiple = false)]
#[command(next_help_heading = "The event (`{}` unless given)")]
pub struct Source {
    /// The event as JSON
    #[arg(short, long, value_name = "JSON", allow_hyphen_values = true)]
    data: Option<String>,

    /// A file with the event as JSON; `-` is stdin
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// A sample event, as AWS would send it
    #[arg(long, value_name = "NAME", value_parser = samples::names())]
    sample: Option<String>,
}

impl Source {
    /// The event's bytes as they were given, which are JSON.
    ///
    /// # Errors
    /// When they cannot be read, are too many, or are not JSON; says where.
    pub fn read(self) -> anyhow::Result<Vec<u8>> {
        let (name, bytes) = match self {
            Self {
                data: Some(text), ..
            } => ("-d".to_owned(), text.into_bytes()),
            Self {
                file: Some(path), ..
            } => {
                let name = format!("-f {}", path.display());
                (
                    name.clone(),
                    file(&path).with_context(|| format!("cannot read {name}"))?,
                )
            }
            Self {
                sample: Some(name), ..
            } => return Ok(samples::event(&name).into()),
            _ => return Ok(b"{}".to_vec()),
        };
        if bytes.len() > PAYLOAD_LIMIT_BYTES {
            bail!(
                "the event of {name} is over {PAYLOAD_LIMIT_BYTES} bytes, Lambda's limit; send less"
            );
        }
        check(&bytes)
            .map_err(|fault| anyhow::anyhow!("the event of {name} is not JSON: {fault}"))?;
        Ok(bytes)
    }
}

/// A file's bytes, or one more than Lambda would take.
fn file(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = PAYLOAD_LIMIT_BYTES as u64 + 1;
    if path == Path::new("-") {
        io::stdin().lock().take(limit).read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    let file = File::open(path).context("name a file that holds the event as JSON")?;
    if file.metadata()?.is_dir() {
        bail!("it is a folder; name a file that holds the event as JSON");
    }
    file.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Says where and why `bytes` are not JSON. What is inside strings, and how deep they are nested,
/// is left to the runtime.
fn check(bytes: &[u8]) -> Result<(), String> {
    if bytes.trim_ascii().is_empty() {
        return Err("it is empty; leave it out for the event {}".to_owned());
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err("it starts with a byte-order mark; save it as UTF-8 without one".to_owned());
    }
    let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) else {
        return Ok(());
    };

    // The parser counts a line's bytes from 1, and has 0 for the newline before it.
    let (line, column) = (error.line(), error.column().max(1));
    let lines = bytes.split_inclusive(|&byte| byte == b'\n').take(line - 1);
    let byte = lines.map(<[u8]>::len).sum::<usize>() + column;
    let text = error.to_string();
    let what = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(what, _)| what);
    Err(format!(
        "{what} at line {line}, column {column} (byte {byte})"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fault(text: &str) -> String {
        check(text.as_bytes()).expect_err("a fault")
    }

    #[test]
    fn any_json_value_is_an_event() {
        for text in [
            "null",
            "1",
            "\"x\"",
            "[]",
            " {\"a\":1}\n",
            "1e400",
            "\"\\ud800\"",
        ] {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(check(deep.as_bytes()), Ok(()));
        assert_eq!(check(b"\"\xff\""), Ok(()));
    }

    #[test]
    fn what_is_not_json_is_told_with_its_place() {
        assert_eq!(
            fault("{\"a\":1,}"),
            "key must be a string at line 1, column 8 (byte 8)"
        );
        assert_eq!(
            fault("{\n  \"a\": x\n}"),
            "expected value at line 2, column 8 (byte 10)"
        );
        assert_eq!(
            fault("hello"),
            "expected value at line 1, column 1 (byte 1)"
        );
        assert_eq!(
            fault("{} {}"),
            "trailing characters at line 1, column 4 (byte 4)"
        );
        assert_eq!(
            fault("{\"a\":"),
            "EOF while parsing a value at line 1, column 5 (byte 5)"
        );
        assert_eq!(fault("NaN"), "expected value at line 1, column 1 (byte 1)");
        assert!(fault("\u{feff}{}").contains("byte-order mark"));
        assert!(fault(" \n").contains("empty"));
    }
}
