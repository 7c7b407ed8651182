//! A Lua state.
#![allow(unsafe_code)]

use std::ffi::c_int;

use mlua::{Function, Lua, ffi};

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
