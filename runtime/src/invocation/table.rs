//! The context's table, made in one protected call: under a memory limit each of mlua's own calls
//! is one.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int};
use std::time::SystemTime;

use mlua::ffi::{self, lua_State};
use mlua::{Lua, Table};

use super::remaining_ms;

/// What every context has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Members<'a> {
    pub(super) texts: [(&'static CStr, Option<&'a str>); 8],
    pub(super) numbers: [(&'static CStr, Option<i64>); 2],
    pub(super) cold_start: bool,
    pub(super) deadline_ms: i64,
}

/// A new table of them, with `get_remaining_time_in_millis`.
///
/// # Errors
/// Only when Lua is out of memory.
pub(super) fn table(lua: &Lua, members: &Members<'_>) -> mlua::Result<Table> {
    // SAFETY: the closure holds a reference and owns nothing, so Lua's jump out of it drops nothing.
    // The fields are set in a table without a metatable, which runs no code of the user's.
    unsafe {
        lua.exec_raw((), |l| {
            ffi::lua_createtable(l, 0, 16);
            for (name, text) in &members.texts {
                if let Some(text) = text {
                    ffi::lua_pushlstring(l, text.as_ptr().cast(), text.len());
                    ffi::lua_setfield(l, -2, name.as_ptr());
                }
            }
            for (name, number) in &members.numbers {
                if let Some(number) = number {
                    ffi::lua_pushinteger(l, *number);
                    ffi::lua_setfield(l, -2, name.as_ptr());
                }
            }
            ffi::lua_pushboolean(l, c_int::from(members.cold_start));
            ffi::lua_setfield(l, -2, c"cold_start".as_ptr());
            ffi::lua_pushinteger(l, members.deadline_ms);
            ffi::lua_pushcclosure(l, remaining, 1);
            ffi::lua_setfield(l, -2, c"get_remaining_time_in_millis".as_ptr());
        })
    }
}

/// `context.get_remaining_time_in_millis`.
unsafe extern "C-unwind" fn remaining(l: *mut lua_State) -> c_int {
    // SAFETY: upvalue 1 is the deadline that `table` put there; nothing here has a destructor.
    unsafe {
        let deadline_ms = ffi::lua_tointeger(l, ffi::lua_upvalueindex(1));
        ffi::lua_pushinteger(l, remaining_ms(deadline_ms, SystemTime::now()));
    }
    1
}
