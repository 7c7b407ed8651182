//! The sample functions, with their events and the answers that these must give.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::{
    folder::Folder,
    interpreter::{IS_LUAJIT, VERSION},
    tools::project,
};

/// One folder of `sample-functions`, as it is deployed.
pub struct Sample {
    pub name: String,
    /// The handler setting.
    pub handler: String,
    /// The environment variables that its events are made for.
    pub env: Vec<(String, String)>,
    pub cases: Vec<Case>,
    copy: Folder,
}

/// An event of a sample and what must come of it.
pub struct Case {
    /// The name of the event's file.
    pub name: String,
    pub event: Vec<u8>,
    pub expected: Value,
}

impl Sample {
    /// Reads all of them. Those that need rocks have these installed, in a copy.
    #[track_caller]
    pub fn all() -> Vec<Self> {
        let events = project().join("sample-functions/events");
        let mut names = entries(&events);
        names.sort();
        // It shows what `<close>` is for, which Lua 5.1 has not.
        names.retain(|name| !(IS_LUAJIT && name == "deadline"));
        let samples: Vec<_> = names.iter().map(|name| Self::read(name)).collect();
        assert!(!samples.is_empty(), "{} is empty", events.display());
        samples
    }

    /// Reads one of them.
    #[track_caller]
    pub fn read(name: &str) -> Self {
        let samples = project().join("sample-functions");
        let events = samples.join("events").join(name);
        let copy = Folder::new();
        copy.copy_from_into(&samples.join(name), name);
        if samples.join(name).join("Makefile").exists() {
            copy.copy_from_into(&samples.join("rocks"), "rocks");
            install_rocks(&copy.path().join(name));
        }
        Self {
            name: name.to_owned(),
            handler: text(&events.join("handler.txt")).trim().to_owned(),
            env: variables(&events.join("env.txt")),
            cases: cases(&events),
            copy,
        }
    }

    /// The task root.
    pub fn root(&self) -> PathBuf {
        self.copy.path().join(&self.name)
    }
}

/// The answer as `expected` has it: where that has a body that is no string, the body is what the
/// string holds as JSON, whose members come in any order.
pub fn in_form_of(expected: &Value, mut answer: Value) -> Value {
    let holds_json = expected.get("body").is_some_and(|body| !body.is_string());
    let body = answer.get("body").and_then(Value::as_str);
    if let (true, Some(body)) = (holds_json, body)
        && let Ok(body) = serde_json::from_str(body)
    {
        answer["body"] = body;
    }
    answer
}

/// The lines `NAME=VALUE` of a file, of which there need be none.
fn variables(file: &Path) -> Vec<(String, String)> {
    if !file.exists() {
        return Vec::new();
    }
    let text = text(file);
    let variable = |line: &str| {
        let (name, value) = line
            .split_once('=')
            .unwrap_or_else(|| panic!("{}: no NAME=VALUE: {line}", file.display()));
        (name.to_owned(), value.to_owned())
    };
    text.lines().map(variable).collect()
}

fn cases(events: &Path) -> Vec<Case> {
    let mut names = entries(events);
    names.retain(|name| name.ends_with("event.json"));
    names.sort();
    assert!(!names.is_empty(), "{} holds no event", events.display());
    let case = |name: String| {
        let expected = events.join(name.replace("event.json", "expected.json"));
        let expected = serde_json::from_str(&text(&expected))
            .unwrap_or_else(|error| panic!("{}: {error}", expected.display()));
        let expected = if IS_LUAJIT {
            doubles(expected)
        } else {
            expected
        };
        Case {
            event: text(&events.join(&name)).into_bytes(),
            name,
            expected,
        }
    };
    names.into_iter().map(case).collect()
}

/// The value as it comes out of an interpreter whose numbers are doubles: without a point where
/// there is no fraction, with an exponent from 10^16 on.
fn doubles(value: Value) -> Value {
    match value {
        Value::Number(number) => {
            let double = number.as_f64().expect("a number of JSON");
            let is_zero_below = double == 0.0 && double.is_sign_negative();
            match double.fract() == 0.0 && double.abs() < 1e16 && !is_zero_below {
                true => Value::from(double as i64),
                false => Value::from(double),
            }
        }
        Value::Array(items) => items.into_iter().map(doubles).collect(),
        Value::Object(members) => {
            let members = members.into_iter();
            members
                .map(|(name, value)| (name, doubles(value)))
                .collect()
        }
        other => other,
    }
}

fn install_rocks(root: &Path) {
    // What an earlier run left there may be for another machine.
    let _ = fs::remove_dir_all(root.join("lua_modules"));
    let output = Command::new("make")
        .arg("rocks")
        .arg(format!("LUA_VERSION={VERSION}"))
        .current_dir(root)
        .output();
    let output = output.unwrap_or_else(|error| panic!("make: {error}; run `tests/setup`"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "make rocks in {}: {said}",
        root.display()
    );
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let name = |entry: std::io::Result<fs::DirEntry>| {
        entry
            .expect("a readable folder")
            .file_name()
            .into_string()
            .expect("a name of UTF-8")
    };
    entries.map(name).collect()
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
