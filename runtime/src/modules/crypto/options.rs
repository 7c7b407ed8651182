//! `Options`: the table that a check of a signature is given.

use mlua::{Lua, LuaString, Table, Value};

use super::encoding::Encoding;
use crate::modules::throw::{Throw, type_name};

/// What a function was called with.
///
/// A mistake in the program is thrown. What a request lacks is none: anybody may send one.
pub struct Options<'a> {
    lua: &'a Lua,
    function: &'static str,
    table: Table,
}

impl<'a> Options<'a> {
    /// Takes the argument.
    pub fn new(lua: &'a Lua, function: &'static str, argument: Value) -> Result<Self, Throw> {
        match argument {
            Value::Table(table) => Ok(Self {
                lua,
                function,
                table,
            }),
            other => {
                let got = type_name(&other);
                let why = format!("table of options expected, got {got}");
                Err(super::bad_argument(1, function, &why))
            }
        }
    }

    /// Throws when there are others than these, which are sorted.
    pub fn check_names(&self, known: &[&str]) -> Result<(), Throw> {
        for pair in self.table.pairs::<Value, Value>() {
            let (name, _) = pair?;
            let shown = name.to_string().unwrap_or_default();
            if !name.is_string() || !known.contains(&shown.as_str()) {
                let known = known.join(", ");
                return Err(self.refuse(&format!("unknown option '{shown}'; it takes: {known}")));
            }
        }
        Ok(())
    }

    /// The string that nobody but the program's author gives, and which is not empty.
    pub fn secret(&self, name: &str) -> Result<LuaString, Throw> {
        match self.value(name)? {
            Value::String(text) if !text.as_bytes().is_empty() => Ok(text),
            Value::String(_) => Err(self.refuse(&format!("{name}: it is empty"))),
            other => Err(self.expected(name, "string", &other)),
        }
    }

    /// What a request has as a string; none where it has none: nil, or JSON's null.
    pub fn sent(&self, name: &str) -> Result<Option<LuaString>, Throw> {
        match self.value(name)? {
            Value::String(text) => Ok(Some(text)),
            Value::Nil => Ok(None),
            Value::LightUserData(pointer) if pointer.0.is_null() => Ok(None),
            other => Err(self.expected(name, "string as it was sent", &other)),
        }
    }

    /// The request's body; one that has none has an empty one.
    pub fn body(&self) -> Result<LuaString, Throw> {
        match self.sent("body")? {
            Some(body) => Ok(body),
            None => Ok(self.lua.create_string("")?),
        }
    }

    /// A string that has a default.
    pub fn text(&self, name: &str, default: &str) -> Result<String, Throw> {
        match self.value(name)? {
            Value::String(text) => Ok(text.to_string_lossy()),
            Value::Nil => Ok(default.to_owned()),
            other => Err(self.expected(name, "string", &other)),
        }
    }

    /// An encoding, hex unless given.
    pub fn encoding(&self) -> Result<Encoding, Throw> {
        let name = self.text("encoding", Encoding::Hex.name())?;
        Encoding::named(name.as_bytes()).ok_or_else(|| {
            let names = Encoding::ALL.map(Encoding::name).join(", ");
            self.refuse(&format!(
                "encoding: unknown encoding {name:?}; it takes: {names}"
            ))
        })
    }

    /// Seconds, 0 or more.
    pub fn seconds(&self, name: &str, default_s: f64) -> Result<f64, Throw> {
        let seconds = match self.value(name)? {
            Value::Nil => return Ok(default_s),
            Value::Integer(seconds) => seconds as f64,
            Value::Number(seconds) => seconds,
            other => return Err(self.expected(name, "number of seconds", &other)),
        };
        if seconds >= 0.0 {
            Ok(seconds)
        } else {
            Err(self.refuse(&format!("{name}: 0 seconds or more expected")))
        }
    }

    /// Throws what is wrong.
    pub fn refuse(&self, why: &str) -> Throw {
        super::bad_argument(1, self.function, why)
    }

    fn value(&self, name: &str) -> Result<Value, Throw> {
        Ok(self.table.raw_get(name)?)
    }

    fn expected(&self, name: &str, what: &str, got: &Value) -> Throw {
        let got = type_name(got);
        self.refuse(&format!("{name}: {what} expected, got {got}"))
    }
}
