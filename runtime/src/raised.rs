//! What Lua code threw, as an [`ErrorReport`].

use mlua::{Lua, Table, Value};

use crate::coroutine::Failure;
use crate::error::{ErrorReport, LUA_ERROR};
use crate::json::{Codec, EncodeError};
use crate::memory::{self, is_out_of_memory};
use crate::modules::throw::plain;

impl ErrorReport {
    /// The report of an error that ended a protected call.
    pub fn raised(lua: &Lua, codec: &Codec, failure: Failure) -> Self {
        if failure.out_of_memory {
            return memory::report();
        }
        Self::of_value(lua, codec, &failure.value).with_stack_trace(failure.frames)
    }

    /// The report of an error value, without frames.
    ///
    /// A table's `type` and `message` are its own; they may come of its metatable's `__index`, as
    /// error classes have it.
    pub fn of_value(lua: &Lua, codec: &Codec, value: &Value) -> Self {
        let (error_type, message) = match value {
            Value::Table(table) => {
                let message = match text(table, "message") {
                    Some(message) => message,
                    None => table_text(lua, codec, table),
                };
                (text(table, "type"), message)
            }
            Value::Error(error) if is_out_of_memory(error) => return memory::report(),
            Value::Error(error) => (None, plain(error)),
            Value::String(text) if memory::is_message(&text.as_bytes()) => return memory::report(),
            value => (None, shown(value)),
        };
        Self::function(
            error_type.unwrap_or_else(|| LUA_ERROR.to_owned()),
            message,
            Vec::new(),
        )
    }
}

/// A fault of mlua's, where no value of the user's is at hand.
impl From<mlua::Error> for ErrorReport {
    fn from(error: mlua::Error) -> Self {
        if is_out_of_memory(&error) {
            return memory::report();
        }
        Self::function(LUA_ERROR.to_owned(), plain(&error), Vec::new())
    }
}

/// A string or number in the table's field, which an `__index` may give.
fn text(table: &Table, field: &str) -> Option<String> {
    match table.get::<Value>(field).ok()? {
        value @ (Value::String(_) | Value::Integer(_) | Value::Number(_)) => Some(shown(&value)),
        _ => None,
    }
}

/// What `__tostring` makes of the table, else its JSON, else its address.
fn table_text(lua: &Lua, codec: &Codec, table: &Table) -> String {
    let value = Value::Table(table.clone());
    let has_tostring = table.metatable().is_some_and(|metatable| {
        metatable
            .raw_get::<Value>("__tostring")
            .is_ok_and(|method| !method.is_nil())
    });
    if has_tostring && let Ok(text) = value.to_string() {
        return text;
    }
    let mut json = Vec::new();
    match codec.encode(lua, &value, &mut json) {
        Ok(()) => String::from_utf8_lossy(&json).into_owned(),
        Err(_) => shown(&value),
    }
}

/// The value as `tostring` shows it; bytes that are not UTF-8 become U+FFFD.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string_lossy(),
        value => value
            .to_string()
            .unwrap_or_else(|_| format!("{}: {:p}", value.type_name(), value.to_pointer())),
    }
}

/// A result that cannot be sent.
pub fn encode_report(lua: &Lua, codec: &Codec, error: EncodeError) -> ErrorReport {
    match error {
        EncodeError::Message(message) => ErrorReport::runtime("Runtime.MarshalError", message),
        EncodeError::Raised(value) => ErrorReport::of_value(lua, codec, &value),
        EncodeError::Lua(error) => error.into(),
    }
}
