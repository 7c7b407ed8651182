//! A Lua state.
#![allow(unsafe_code)]

use std::ffi::c_int;

use mlua::{Function, Lua, MultiValue, Value, ffi};

/// First result of a function given to [`throwing`]: the others are returned.
pub const RETURNS: i64 = 0;
/// The second result is a message to throw, with the caller's position.
pub const THROWS_MESSAGE: i64 = 1;
/// The second result is thrown as it is.
pub const THROWS_VALUE: i64 = 2;

/// Wraps `inner`, whose first result says what becomes of the others, in a C function that throws.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn throwing(lua: &Lua, inner: Function) -> mlua::Result<Function> {
    unsafe extern "C-unwind" fn call(l: *mut ffi::lua_State) -> c_int {
        // SAFETY: Lua calls this with a valid state and at least LUA_MINSTACK free slots, upvalue 1
        // is the function that `throwing` put there. Nothing here has a destructor, so the
        // jumps of lua_call and lua_error pass over this frame without a leak.
        unsafe {
            ffi::lua_pushvalue(l, ffi::lua_upvalueindex(1));
            ffi::lua_insert(l, 1);
            ffi::lua_call(l, ffi::lua_gettop(l) - 1, ffi::LUA_MULTRET);
            match ffi::lua_tointeger(l, 1) {
                RETURNS => {
                    ffi::lua_remove(l, 1);
                    ffi::lua_gettop(l)
                }
                THROWS_MESSAGE => {
                    ffi::luaL_where(l, 1);
                    ffi::lua_pushvalue(l, 2);
                    ffi::lua_concat(l, 2);
                    ffi::lua_error(l)
                }
                _ => {
                    ffi::lua_settop(l, 2);
                    ffi::lua_error(l)
                }
            }
        }
    }
    // SAFETY: the closure pops `inner` off the stack as its one upvalue and leaves itself there.
    unsafe { lua.exec_raw(inner, |l| ffi::lua_pushcclosure(l, call, 1)) }
}

/// What Lua says of itself: `Lua 5.4.9  Copyright (C) …`.
pub(crate) fn lua_copyright() -> &'static str {
    unsafe extern "C" {
        static lua_ident: std::ffi::c_char;
    }
    // SAFETY: lapi.c defines it as a constant array that ends in NUL and lives as long as the process.
    let ident = unsafe { std::ffi::CStr::from_ptr(&raw const lua_ident) };
    // "$LuaVersion: … $$LuaAuthors: … $"
    let ident = ident.to_str().unwrap_or_default();
    let copyright = ident
        .split('$')
        .nth(1)
        .and_then(|part| part.strip_prefix("LuaVersion: "));
    copyright.unwrap_or(ident).trim_end()
}

/// Calls `function` with `handler` as Lua's message handler, from a stack that is otherwise bare.
///
/// # Errors
/// The outer error is Lua's (no memory); the inner is what `handler` made of what was thrown.
pub(crate) fn call_with_handler(
    lua: &Lua,
    handler: &Function,
    function: Value,
    args: MultiValue,
) -> mlua::Result<Result<MultiValue, Value>> {
    // SAFETY: the stack holds the handler, the function and its arguments; the results or the
    // error take the place of the last two, and the status that of the handler. The closure
    // captures nothing, so Lua's jumps leave nothing behind.
    let (status, mut results): (c_int, MultiValue) = unsafe {
        lua.exec_raw((handler, function, args), |l| {
            let status = ffi::lua_pcall(l, ffi::lua_gettop(l) - 2, ffi::LUA_MULTRET, 1);
            ffi::lua_checkstack(l, 1);
            ffi::lua_pushinteger(l, status.into());
            ffi::lua_replace(l, 1);
        })
    }?;
    Ok(match status {
        ffi::LUA_OK => Ok(results),
        _ => Err(results.pop_front().unwrap_or(Value::Nil)),
    })
}

/// A state with the standard libraries alone.
pub(crate) fn bare(_ignores_environment: bool) -> Lua {
    // SAFETY: the `debug` library and C modules are the user's own choice, as with any interpreter.
    unsafe { Lua::unsafe_new() }
}
