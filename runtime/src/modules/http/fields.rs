//! Headers and queries: tables of names, each with a value or a list of them.

use mlua::{Lua, Table, Value};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::options::expected;
use super::text_of;
use super::url::Field;
use crate::modules::throw::{Throw, type_name};

/// The headers of a table of names and values.
///
/// # Errors
/// What cannot be sent, and what only the client sets; never a value, which may be a secret.
pub fn headers(lua: &Lua, table: &Table) -> Result<HeaderMap, Throw> {
    let mut headers = HeaderMap::new();
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair?;
        let Value::String(key) = key else {
            let got = type_name(&key);
            return Err(format!("headers: a name is a string, not a {got}").into());
        };
        let shown = key.to_string_lossy();
        let name = HeaderName::from_bytes(&key.as_bytes())
            .map_err(|_| format!("headers: {shown:?} is no header's name"))?;
        if RESERVED.contains(&name.as_str()) {
            return Err(reserved(name.as_str()).into());
        }
        let values = match &value {
            Value::Table(list) => list
                .sequence_values()
                .collect::<mlua::Result<Vec<Value>>>()?,
            value => vec![value.clone()],
        };
        let single = [header::HOST, header::CONTENT_LENGTH].contains(&name);
        if single && (values.len() != 1 || headers.contains_key(&name)) {
            return Err(format!("headers: {name} has exactly one value").into());
        }
        for value in values {
            let Some(text) = text_of(lua, &value) else {
                let got = type_name(&value);
                return Err(format!(
                    "headers: the value of {name} is a string, a number or a list of them, not a \
                     {got}"
                )
                .into());
            };
            // Never shown: it may be a secret.
            let value = HeaderValue::from_bytes(&text.as_bytes()).map_err(|_| {
                format!("headers: the value of {name} holds a line break or control character")
            })?;
            headers.append(&name, value);
        }
    }
    Ok(headers)
}

/// The names and values of a query, sorted by name; a list gives its name once for each value.
///
/// # Errors
/// What has no text.
pub fn query(lua: &Lua, query: &Table) -> Result<Vec<Field>, Throw> {
    let mut fields = Vec::new();
    for pair in query.pairs::<Value, Value>() {
        let (key, value) = pair?;
        let Some(name) = text_of(lua, &key) else {
            let got = type_name(&key);
            return Err(format!("query: a name is a string, not a {got}").into());
        };
        let values = match value {
            Value::Table(list) => list
                .sequence_values()
                .collect::<mlua::Result<Vec<Value>>>()?,
            value => vec![value],
        };
        for value in values {
            let text = match &value {
                Value::Boolean(value) => value.to_string().into_bytes(),
                value => match text_of(lua, value) {
                    Some(text) => text.as_bytes().to_vec(),
                    None => {
                        let name = name.to_string_lossy();
                        let what = "string, number, boolean or list of them";
                        return Err(expected(&format!("query: {name}"), what, value).into());
                    }
                },
            };
            fields.push((name.as_bytes().to_vec(), text));
        }
    }
    // Stable: the values of a list keep their order.
    fields.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(fields)
}

/// What a header is told that is not the user's to set.
pub fn reserved(name: &str) -> String {
    format!("headers: {name} is set by the client itself; leave it out")
}

/// The length that the user's own header announces.
///
/// # Errors
/// It is no number.
pub fn content_length(value: &HeaderValue) -> Result<u64, Throw> {
    let digits = value
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits.and_then(|digits| digits.parse().ok());
    Ok(length.ok_or_else(|| "headers: content-length is no number".to_owned())?)
}

/// What concerns one connection, which is not the user's.
const RESERVED: [&str; 8] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
