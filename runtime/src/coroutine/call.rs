//! Protected calls that keep the error's value and frames.
#![allow(unsafe_code)]

use std::ffi::c_int;

use mlua::ffi::{self, lua_State};
use mlua::{IntoLuaMulti, Lua, Value};

use super::frames::{push_frames, strings};
use super::push_noted_before;

/// An error that ended a protected call.
#[derive(Debug)]
pub struct Failure {
    /// What was thrown.
    pub value: Value,
    /// The frames of where it was, innermost first: `app.lua:2: in function 'handler'`.
    pub frames: Vec<String>,
    /// Whether Lua ran out of memory; then there are no frames.
    pub out_of_memory: bool,
}

/// Calls `function` and gives its first two results.
///
/// # Errors
/// What it threw.
pub fn call(
    lua: &Lua,
    function: &Value,
    args: impl IntoLuaMulti,
) -> Result<(Value, Value), Failure> {
    let failed = |error| Failure {
        out_of_memory: matches!(error, mlua::Error::MemoryError(_)),
        value: Value::Error(Box::new(error)),
        frames: Vec::new(),
    };
    let args = args.into_lua_multi(lua).map_err(failed)?;
    // SAFETY: the stack holds the function and its arguments; the handler goes below them, the
    // status above the results. The closure captures nothing.
    let (status, first, second): (c_int, Value, Value) = unsafe {
        lua.exec_raw((function, args), |l| {
            ffi::lua_pushcfunction(l, trace);
            ffi::lua_insert(l, 1);
            // The results are two: the function and this call's own slots leave room for them.
            let status = ffi::lua_pcall(l, ffi::lua_gettop(l) - 2, 2, 1);
            if status != ffi::LUA_OK {
                ffi::lua_settop(l, 2);
                ffi::lua_pushnil(l);
            }
            ffi::lua_pushinteger(l, status.into());
            ffi::lua_replace(l, 1);
        })
    }
    .map_err(failed)?;
    match (status, &first) {
        (ffi::LUA_OK, _) => Ok((first, second)),
        (ffi::LUA_ERRRUN, Value::Table(traced)) => {
            let frames = traced.raw_get(2).map_err(failed)?;
            Err(Failure {
                value: traced.raw_get(1).map_err(failed)?,
                frames: strings(frames),
                out_of_memory: false,
            })
        }
        _ => Err(Failure {
            out_of_memory: status == ffi::LUA_ERRMEM,
            value: first,
            frames: Vec::new(),
        }),
    }
}

/// Message handler: the error becomes `{value, frames}`.
unsafe extern "C-unwind" fn trace(l: *mut lua_State) -> c_int {
    // SAFETY: Lua calls a message handler with the error at index 1 and LUA_MINSTACK free slots.
    unsafe {
        push_frames(l, l); // error, frames
        push_noted_before(l, 1, l); // error, frames
        ffi::lua_createtable(l, 2, 0);
        ffi::lua_insert(l, 1); // traced, error, frames
        ffi::lua_rawseti(l, 1, 2);
        ffi::lua_rawseti(l, 1, 1);
        1
    }
}
