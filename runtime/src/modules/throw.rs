//! Functions for Lua whose errors are what Lua's own library throws: strings with a position.
//!
//! An `Err` that mlua hands to Lua's `pcall` is a userdata on which `e:match` and `..` fail.

use mlua::{FromLuaMulti, Function, IntoLuaMulti, Lua, MultiValue, Value};

use crate::coroutine::Failure;
use crate::memory::is_out_of_memory;
use crate::state;

/// What a built-in throws.
#[derive(Debug)]
pub enum Throw {
    /// Lua's own error for too little memory.
    OutOfMemory,
    /// A message; the position of the caller is put before it.
    Message(String),
    /// A value of the user's, thrown on as it is.
    Value(Value),
}

impl From<String> for Throw {
    fn from(message: String) -> Self {
        Self::Message(message)
    }
}

impl From<mlua::Error> for Throw {
    fn from(error: mlua::Error) -> Self {
        if is_out_of_memory(&error) {
            return Self::OutOfMemory;
        }
        Self::Message(plain(&error))
    }
}

impl From<Failure> for Throw {
    fn from(failure: Failure) -> Self {
        match failure.value {
            _ if failure.out_of_memory => Self::OutOfMemory,
            Value::Error(error) => (*error).into(),
            value => Self::Value(value),
        }
    }
}

/// Makes a Lua function of `body`, which throws what `body` returns as its error.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn function<A, R>(
    lua: &Lua,
    name: &'static str,
    body: impl Fn(&Lua, A) -> Result<R, Throw> + 'static,
) -> mlua::Result<Function>
where
    A: FromLuaMulti,
    R: IntoLuaMulti,
{
    let inner = lua.create_function(move |lua, args: MultiValue| {
        let answer = A::from_lua_args(args, 1, Some(name), lua)
            .map_err(Throw::from)
            .and_then(|args| body(lua, args));
        let values = match answer {
            Ok(values) => (state::RETURNS, values).into_lua_multi(lua),
            Err(Throw::Message(message)) => (state::THROWS_MESSAGE, message).into_lua_multi(lua),
            Err(Throw::Value(value)) => (state::THROWS_VALUE, value).into_lua_multi(lua),
            Err(Throw::OutOfMemory) => state::THROWS_OUT_OF_MEMORY.into_lua_multi(lua),
        };
        // An Err of ours would reach Lua as a userdata.
        values.or_else(|_| state::THROWS_OUT_OF_MEMORY.into_lua_multi(lua))
    })?;
    state::throwing(lua, inner)
}

/// The name that Lua's `type` gives the value.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) | Value::Number(_) => "number",
        Value::LightUserData(_) | Value::Error(_) => "userdata",
        value => value.type_name(),
    }
}

/// The message of the innermost cause, without the traces that mlua adds.
pub fn plain(error: &mlua::Error) -> String {
    match error {
        mlua::Error::CallbackError { cause, .. } => plain(cause),
        mlua::Error::RuntimeError(message) => message.clone(),
        error => error.to_string(),
    }
}
