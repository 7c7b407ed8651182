//! Status, headers and cookies of a streamed HTTP response, as the front ends read them.

use std::collections::BTreeMap;

use mlua::{Table, Value};
use serde::Serialize;

use crate::modules::throw::type_name;

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html>
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prelude {
    status_code: u16,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
}

/// The prelude as JSON, of the table that `response:start` was given.
///
/// # Errors
/// What in it cannot be sent.
pub fn of(options: &Value) -> Result<Vec<u8>, String> {
    let mut prelude = Prelude {
        status_code: 200,
        headers: BTreeMap::new(),
        multi_value_headers: BTreeMap::new(),
        cookies: Vec::new(),
    };
    let options = match options {
        Value::Nil => &Vec::new(),
        Value::Table(options) => &members(options)?,
        other => {
            return Err(format!(
                "bad argument #1 to 'start' (table expected, got {})",
                type_name(other)
            ));
        }
    };
    for (key, value) in options {
        let key_bytes = key.as_string().map(|key| key.as_bytes().to_vec());
        match key_bytes.as_deref() {
            Some(b"statusCode") => prelude.status_code = status(value)?,
            Some(b"headers") => {
                for (name, value) in fields("headers", value)? {
                    let value = text(&format!("start: the header {name:?}"), &value)?;
                    prelude.headers.insert(name, value);
                }
            }
            Some(b"multiValueHeaders") => {
                for (name, values) in fields("multiValueHeaders", value)? {
                    let values = list(&format!("start: the header {name:?}"), &values)?;
                    prelude.multi_value_headers.insert(name, values);
                }
            }
            Some(b"cookies") => prelude.cookies = list("start: cookies", value)?,
            _ => {
                return Err(format!(
                    "start: unknown key {}; it takes statusCode, headers, cookies and \
                     multiValueHeaders",
                    shown(key)
                ));
            }
        }
    }
    Ok(serde_json::to_vec(&prelude).expect("strings and a number always encode"))
}

fn status(value: &Value) -> Result<u16, String> {
    let code = match value {
        Value::Integer(code) => Some(*code),
        // Of a JSON 200.0, and where Lua has no integers.
        Value::Number(code) if code.fract() == 0.0 => Some(*code as i64),
        _ => None,
    };
    let code = code.filter(|code| (100..=599).contains(code));
    let bad = || {
        let got = match value {
            Value::Integer(_) | Value::Number(_) | Value::String(_) => shown(value),
            other => type_name(other).to_owned(),
        };
        format!("start: statusCode takes an integer from 100 to 599, got {got}")
    };
    code.map(|code| code as u16).ok_or_else(bad)
}

/// The members of a table of headers.
fn fields(key: &str, value: &Value) -> Result<Vec<(String, Value)>, String> {
    let Value::Table(table) = value else {
        return Err(format!(
            "start: {key} takes a table of names and values, got {}",
            type_name(value)
        ));
    };
    let mut fields = Vec::new();
    for (name, value) in members(table)? {
        // RFC 9110, 5.6.2.
        let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
        let name = match &name {
            Value::String(name) if !name.as_bytes().is_empty() => name.as_bytes(),
            other => return Err(format!("start: {} is no name of a header", shown(other))),
        };
        if !name.iter().all(token) {
            let name = String::from_utf8_lossy(&name);
            return Err(format!("start: {name:?} is no name of a header"));
        }
        fields.push((String::from_utf8_lossy(&name).into_owned(), value));
    }
    Ok(fields)
}

/// The items of a list of strings.
fn list(what: &str, value: &Value) -> Result<Vec<String>, String> {
    let Value::Table(table) = value else {
        return Err(format!(
            "{what} takes a list of strings, got {}",
            type_name(value)
        ));
    };
    let count = table.raw_len();
    if members(table)?.len() != count {
        return Err(format!(
            "{what} takes a list of strings, got a table with other keys or holes"
        ));
    }
    let item = |nth| {
        let value: Value = table.raw_get(nth).map_err(|error| error.to_string())?;
        text(&format!("{what}: item {nth}"), &value)
    };
    (1..=count).map(item).collect()
}

/// A string that can stand in a header; a number or boolean becomes one.
///
/// # Errors
/// For anything else, `what` says of what.
pub fn text(what: &str, value: &Value) -> Result<String, String> {
    let text = match value {
        Value::String(text) => {
            let bytes = text.as_bytes();
            String::from_utf8(bytes.to_vec()).map_err(|_| format!("{what} is not UTF-8"))?
        }
        Value::Boolean(value) => value.to_string(),
        Value::Integer(_) | Value::Number(_) => shown(value),
        Value::Table(_) => {
            return Err(format!(
                "{what} takes a string, got table; a header with several values belongs into \
                 multiValueHeaders"
            ));
        }
        other => return Err(format!("{what} takes a string, got {}", type_name(other))),
    };
    // RFC 9110, 5.5: a line break would begin a header of its own.
    match text.chars().find(|c| c.is_control() && *c != '\t') {
        Some(c) => Err(format!("{what} contains the control character {c:?}")),
        None => Ok(text),
    }
}

fn members(table: &Table) -> Result<Vec<(Value, Value)>, String> {
    let members: mlua::Result<Vec<_>> = table.pairs::<Value, Value>().collect();
    members.map_err(|error| error.to_string())
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{:?}", text.to_string_lossy()),
        value => value
            .to_string()
            .unwrap_or_else(|_| type_name(value).to_owned()),
    }
}
