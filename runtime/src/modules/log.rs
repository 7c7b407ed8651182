//! `lambda.log`: log records with a level and fields.

use std::rc::Rc;

use mlua::{Lua, MultiValue, Table, Value};

use super::throw::{self, Throw, type_name};
use crate::config::{LEVELS, Level};
use crate::json::Codec;
use crate::log::{Field, Log, Message, json_string};

/// What `require "lambda.log"` gives.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn module(lua: &Lua, codec: &Rc<Codec>, log: &Rc<Log>) -> mlua::Result<Table> {
    logger(lua, codec, log, &Rc::new(Vec::new()))
}

/// A table of one function a level and `with`, whose records all have `fields`.
fn logger(
    lua: &Lua,
    codec: &Rc<Codec>,
    log: &Rc<Log>,
    fields: &Rc<Vec<Field>>,
) -> mlua::Result<Table> {
    let logger = lua.create_table()?;
    let this = logger.to_pointer() as usize;
    for level in LEVELS {
        let name = function_name(level);
        let (codec, log, fields) = (Rc::clone(codec), Rc::clone(log), Rc::clone(fields));
        let write = throw::function(lua, name, move |lua, args: MultiValue| {
            // Before anything is made of the arguments: a filtered record costs a comparison.
            if !log.writes(level) {
                return Ok(());
            }
            let (message, extra) = two_arguments(args, this);
            let mut all = fields.as_ref().clone();
            add_fields(lua, &codec, &mut all, extra, name)?;
            let json = match &message {
                Value::Table(_) => Some(json_text(lua, &codec, &message)),
                _ => None,
            };
            match (&json, message) {
                (Some(json), _) => log.record(level, &Message::Json(json), &all),
                (None, Value::String(text)) => {
                    log.record(level, &Message::Text(&text.as_bytes()), &all);
                }
                (None, other) => {
                    log.record(level, &Message::Text(shown(&other).as_bytes()), &all);
                }
            }
            Ok(())
        })?;
        logger.raw_set(name, write)?;
    }
    let (codec, log, fields) = (Rc::clone(codec), Rc::clone(log), Rc::clone(fields));
    let with = throw::function(lua, "with", move |lua, args: MultiValue| {
        let (extra, _) = two_arguments(args, this);
        if !extra.is_table() {
            return Err(Throw::Message(bad_fields(1, "with", &extra)));
        }
        let mut all = fields.as_ref().clone();
        add_fields(lua, &codec, &mut all, extra, "with")?;
        Ok(logger_of(lua, &codec, &log, all)?)
    })?;
    logger.raw_set("with", with)?;
    Ok(logger)
}

fn logger_of(
    lua: &Lua,
    codec: &Rc<Codec>,
    log: &Rc<Log>,
    fields: Vec<Field>,
) -> mlua::Result<Table> {
    logger(lua, codec, log, &Rc::new(fields))
}

/// The first two arguments, without the logger itself: `log:info("…")` is `log.info("…")`.
fn two_arguments(args: MultiValue, this: usize) -> (Value, Value) {
    let is_this =
        |value: &Value| matches!(value, Value::Table(table) if table.to_pointer() as usize == this);
    let mut args = args.into_iter().peekable();
    if args.peek().is_some_and(is_this) {
        args.next();
    }
    let mut next = || args.next().unwrap_or(Value::Nil);
    (next(), next())
}

/// Adds the members of the table `extra`, in the order of their names; a known name is replaced.
fn add_fields(
    lua: &Lua,
    codec: &Codec,
    fields: &mut Vec<Field>,
    extra: Value,
    function: &str,
) -> Result<(), Throw> {
    let table = match extra {
        Value::Nil => return Ok(()),
        Value::Table(table) => table,
        other => return Err(Throw::Message(bad_fields(2, function, &other))),
    };
    let mut added = Vec::new();
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair?;
        let name = shown(&key);
        added.push(Field {
            name,
            json: json_text(lua, codec, &value),
        });
    }
    added.sort_by(|a, b| a.name.cmp(&b.name));
    for field in added {
        match fields.iter_mut().find(|known| known.name == field.name) {
            Some(known) => known.json = field.json,
            None => fields.push(field),
        }
    }
    Ok(())
}

/// The value as JSON; what has none, as the string that `tostring` makes of it. A log never fails
/// over what it is given.
fn json_text(lua: &Lua, codec: &Codec, value: &Value) -> String {
    let mut json = Vec::new();
    if codec.encode(lua, value, &mut json).is_ok()
        && let Ok(json) = String::from_utf8(json)
    {
        return json;
    }
    match value {
        Value::String(text) => json_string(&text.to_string_lossy()),
        value => json_string(&shown(value)),
    }
}

/// What `tostring` makes of the value; the name of its type where a `__tostring` raises.
fn shown(value: &Value) -> String {
    value
        .to_string()
        .unwrap_or_else(|_| type_name(value).to_owned())
}

fn bad_fields(nth: usize, function: &str, got: &Value) -> String {
    format!(
        "bad argument #{nth} to '{function}' (table of fields expected, got {})",
        type_name(got)
    )
}

fn function_name(level: Level) -> &'static str {
    match level {
        Level::Trace => "trace",
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
        Level::Fatal => "fatal",
    }
}
