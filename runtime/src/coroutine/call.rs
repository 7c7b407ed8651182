//! Protected calls that keep the error's value and frames.
#![allow(unsafe_code)]

use std::ffi::c_int;

use mlua::ffi::{self, lua_State};
use mlua::{IntoLuaMulti, Lua, Value};

use super::frames::{push_frames, strings};
use super::{TRACED, key, push_noted_before};
use crate::interpreter;
use crate::memory::is_out_of_memory;

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
        out_of_memory: is_out_of_memory(&error),
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
            if status == ffi::LUA_ERRERR && interpreter::HANDLERS_HIDE_NO_MEMORY {
                // `trace` takes little; where that was too much, this is, and raises what it is.
                const MORE_THAN_A_TRACE: usize = 4096;
                ffi::lua_newuserdata(l, MORE_THAN_A_TRACE);
            }
            if status != ffi::LUA_OK {
                ffi::lua_settop(l, 2);
                push_traced(l);
            }
            ffi::lua_pushinteger(l, status.into());
            ffi::lua_replace(l, 1);
        })
    }
    .map_err(failed)?;
    if status == ffi::LUA_OK {
        return Ok((first, second));
    }
    Err(Failure {
        out_of_memory: status == ffi::LUA_ERRMEM,
        value: first,
        frames: match second {
            Value::Table(frames) => strings(frames),
            _ => Vec::new(),
        },
    })
}

/// Message handler: notes the frames of the error, which stays as it is, since what the function
/// has to `<close>` is given it next.
unsafe extern "C-unwind" fn trace(l: *mut lua_State) -> c_int {
    // SAFETY: Lua calls a message handler with the error at index 1 and LUA_MINSTACK free slots.
    unsafe {
        ffi::lua_createtable(l, 3, 0); // error, traced
        push_frames(l, l); // error, traced, frames
        push_noted_before(l, 1, l); // error, traced, frames
        ffi::lua_rawseti(l, 2, 1);
        ffi::lua_pushvalue(l, 1);
        ffi::lua_rawseti(l, 2, 2);
        // Calls within that very `<close>` may fail, and note their own errors in between.
        ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&TRACED));
        ffi::lua_rawseti(l, 2, 3);
        ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(&TRACED)); // error
        1
    }
}

/// Pushes the frames that [`trace`] noted of the error on top, or nil; forgets it and what was noted
/// after it.
///
/// # Safety
/// `l` has five free slots.
unsafe fn push_traced(l: *mut lua_State) {
    // SAFETY: the tables read here were made by `trace`.
    unsafe {
        let error = ffi::lua_gettop(l);
        ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&TRACED)); // traced
        while ffi::lua_type(l, -1) == ffi::LUA_TTABLE {
            ffi::lua_rawgeti(l, -1, 2);
            let found = ffi::lua_rawequal(l, -1, error) != 0;
            ffi::lua_pop(l, 1);
            ffi::lua_rawgeti(l, -1, 3); // traced, previous
            if found {
                ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(&TRACED)); // traced
                ffi::lua_rawgeti(l, -1, 1); // traced, frames
                ffi::lua_replace(l, error + 1);
                return;
            }
            ffi::lua_replace(l, error + 1); // previous
        }
    }
}
