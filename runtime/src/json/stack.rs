//! Small reads of Lua's stack that the walks share. None of them raises, but the one that says so.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int};
use std::ptr;

use mlua::ffi;

use crate::interpreter;

/// The bytes of the string at `index`.
///
/// # Safety
/// A string is there, not a number (which would be converted in place); the slice is used only while it is.
#[inline(always)]
pub unsafe fn bytes<'a>(l: *mut ffi::lua_State, index: c_int) -> &'a [u8] {
    // SAFETY: Lua's strings know their length; the caller keeps the string where it is.
    unsafe {
        let mut length = 0;
        let first = ffi::lua_tolstring(l, index, &mut length);
        std::slice::from_raw_parts(first.cast(), length)
    }
}

/// Whether the integer `number` is at `index`.
///
/// # Safety
/// `index` is valid.
#[inline(always)]
pub unsafe fn is_integer(l: *mut ffi::lua_State, index: c_int, number: i64) -> bool {
    // SAFETY: lua_isinteger is false of strings, so nothing is converted.
    unsafe {
        ffi::lua_isinteger(l, index) != 0
            && ffi::lua_tointegerx(l, index, ptr::null_mut()) == number
    }
}

/// What Lua calls the type of the value at `index`.
///
/// # Safety
/// `index` is valid.
pub unsafe fn type_name(l: *mut ffi::lua_State, index: c_int) -> &'static str {
    // SAFETY: Lua's type names are constant ASCII strings.
    unsafe { CStr::from_ptr(ffi::lua_typename(l, ffi::lua_type(l, index))) }
        .to_str()
        .unwrap_or("value")
}

/// The key at `index` as one would write it between brackets.
///
/// # Safety
/// `index` is valid.
pub unsafe fn key(l: *mut ffi::lua_State, index: c_int) -> String {
    // SAFETY: each type is read as what it is.
    unsafe {
        match ffi::lua_type(l, index) {
            ffi::LUA_TSTRING => format!("{:?}", String::from_utf8_lossy(bytes(l, index))),
            ffi::LUA_TNUMBER if ffi::lua_isinteger(l, index) != 0 => {
                ffi::lua_tointegerx(l, index, ptr::null_mut()).to_string()
            }
            ffi::LUA_TNUMBER => ffi::lua_tonumberx(l, index, ptr::null_mut()).to_string(),
            ffi::LUA_TBOOLEAN => (ffi::lua_toboolean(l, index) != 0).to_string(),
            _ => type_name(l, index).to_owned(),
        }
    }
}

/// `lua_next` for a table that may have changed: what it raises is an error, with the key popped.
///
/// # Errors
/// The key is none of the table's any more.
///
/// # Safety
/// A key is on top, its table at `table`, with four free slots above.
pub unsafe fn next_protected(l: *mut ffi::lua_State, table: c_int) -> Result<bool, ()> {
    unsafe extern "C-unwind" fn next(l: *mut ffi::lua_State) -> c_int {
        // SAFETY: called with a table and a key; nothing here has a destructor.
        unsafe {
            if ffi::lua_next(l, 1) == 0 {
                return 0;
            }
            2
        }
    }
    // SAFETY: two values come back on success (nil and nil at the end), one on failure.
    unsafe {
        let table = ffi::lua_absindex(l, table);
        ffi::lua_pushcfunction(l, next);
        ffi::lua_pushvalue(l, table);
        ffi::lua_pushvalue(l, -3);
        match ffi::lua_pcall(l, 2, 2, 0) {
            ffi::LUA_OK => {}
            ffi::LUA_ERRMEM => raise_out_of_memory(l),
            _ => {
                ffi::lua_settop(l, -3);
                return Err(());
            }
        }
        ffi::lua_remove(l, -3);
        if ffi::lua_type(l, -2) == ffi::LUA_TNIL {
            ffi::lua_settop(l, -3);
            return Ok(false);
        }
        Ok(true)
    }
}

/// Raises Lua's error for too little memory, with its own status, by which callers tell it.
///
/// # Safety
/// `l` is a valid state with a free slot, in a call that catches what Lua raises; the frames up to
/// there own nothing.
pub unsafe fn raise_out_of_memory(l: *mut ffi::lua_State) -> ! {
    // SAFETY: the caller's promise.
    unsafe { interpreter::raise_out_of_memory(l) }
}
