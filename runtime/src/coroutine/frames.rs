//! Stack traces: the walk over a state's frames, and what each is called.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};
use std::ptr;

use mlua::ffi::{self, lua_Debug, lua_State};
use mlua::{Function, Lua, LuaString, Table};

use super::{HANDLER, HANDLER_NAME, key};

/// Tells traces which function is the handler and by what name they show it.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn name_handler(lua: &Lua, function: Function, name: &str) -> mlua::Result<()> {
    // SAFETY: pops the two arguments into registry slots that only this file uses.
    unsafe {
        lua.exec_raw((function, name), |l| {
            ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(&HANDLER_NAME));
            ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(&HANDLER));
        })
    }
}

/// The frames of the running function, innermost first.
pub fn frames(lua: &Lua) -> Vec<String> {
    // SAFETY: `push_frames` leaves one table on the stack.
    let frames: mlua::Result<Table> = unsafe { lua.exec_raw((), |l| push_frames(l, l)) };
    frames.map(strings).unwrap_or_default()
}

pub(super) fn strings(frames: Table) -> Vec<String> {
    let frames = frames.sequence_values::<LuaString>().filter_map(Result::ok);
    frames.map(|frame| frame.to_string_lossy()).collect()
}

/// Pushes onto `l` the list of the Lua frames of `from`, innermost first.
///
/// Frames of C functions and of the runtime itself are left out, and so is the middle of a very
/// deep stack.
///
/// # Safety
/// Both states belong to one Lua; `l` has ten free slots.
pub(crate) unsafe fn push_frames(l: *mut lua_State, from: *mut lua_State) {
    // SAFETY: lua_getstack fills `frame` when it answers 1, and only then is it used; lua_getinfo
    // fills the fields it is asked for.
    unsafe {
        let mut frame: lua_Debug = std::mem::zeroed();
        ffi::lua_createtable(l, 8, 0);
        let list = ffi::lua_gettop(l);
        let depth = depth(from);
        let (mut level, mut count) = (0, 0);
        while level < depth {
            if depth > INNER_FRAMES + OUTER_FRAMES && level == INNER_FRAMES {
                level = depth - OUTER_FRAMES;
            }
            if ffi::lua_getstack(from, level, &raw mut frame) == 0 {
                break;
            }
            level += 1;
            ffi::lua_getinfo(from, c"Sln".as_ptr(), &raw mut frame);
            if *frame.what == b'C' as c_char || has_our_source(&frame) {
                continue;
            }
            let source = frame.short_src.as_ptr();
            if frame.currentline > 0 {
                ffi::lua_pushfstring(l, c"%s:%d: in ".as_ptr(), source, frame.currentline);
            } else {
                ffi::lua_pushfstring(l, c"%s: in ".as_ptr(), source);
            }
            push_label(l, from, &mut frame, is_ours(from, level));
            ffi::lua_concat(l, 2);
            count += 1;
            ffi::lua_rawseti(l, list, count);
        }
    }
}

/// Whether the function at `level` is one of the runtime's own.
///
/// # Safety
/// `l` is a state of this Lua.
unsafe fn is_ours(l: *mut lua_State, level: c_int) -> bool {
    // SAFETY: lua_getstack fills `frame` when it answers 1, and only then is it used.
    unsafe {
        let mut frame: lua_Debug = std::mem::zeroed();
        if ffi::lua_getstack(l, level, &raw mut frame) == 0 {
            return false;
        }
        ffi::lua_getinfo(l, c"S".as_ptr(), &raw mut frame);
        has_our_source(&frame)
    }
}

/// # Safety
/// `frame` is filled with "S".
unsafe fn has_our_source(frame: &lua_Debug) -> bool {
    // SAFETY: then `source` is a string of C's.
    let source = unsafe { CStr::from_ptr(frame.source) };
    source.to_bytes().starts_with(OUR_SOURCES)
}

/// How many levels the stack of `l` has; each look-up costs its level, so this halves.
///
/// # Safety
/// `l` is a state of this Lua.
unsafe fn depth(l: *mut lua_State) -> c_int {
    // SAFETY: lua_getstack only reads the chain of calls.
    let has = |level| unsafe {
        let mut frame: lua_Debug = std::mem::zeroed();
        ffi::lua_getstack(l, level, &raw mut frame) != 0
    };
    let (mut low, mut high) = (0, 1);
    while has(high) {
        (low, high) = (high, high * 2);
    }
    while low < high {
        let middle = (low + high) / 2;
        if has(middle) {
            low = middle + 1
        } else {
            high = middle
        }
    }
    low
}

/// Pushes what `frame` is called: the handler by its setting, the rest as luaL_traceback does. What
/// the runtime's own Lua calls it by, where that called it, says nothing to others.
///
/// # Safety
/// `frame` is a live frame of `from`, filled with "Sln"; `l` has eight free slots.
unsafe fn push_label(
    l: *mut lua_State,
    from: *mut lua_State,
    frame: &mut lua_Debug,
    called_by_us: bool,
) {
    // SAFETY: the function is moved only when `from` has the room to push it.
    unsafe {
        if ffi::lua_checkstack(from, 1) != 0 {
            ffi::lua_getinfo(from, c"f".as_ptr(), ptr::from_mut(frame));
            if from != l {
                ffi::lua_xmove(from, l, 1);
            }
            let function = ffi::lua_gettop(l);
            ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&HANDLER));
            let is_handler = ffi::lua_rawequal(l, -1, function) != 0;
            ffi::lua_pop(l, 1);
            let named = if is_handler {
                ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&HANDLER_NAME));
                true
            } else {
                push_global_name(l, function)
            };
            if named {
                let name = ffi::lua_tolstring(l, -1, ptr::null_mut());
                ffi::lua_pushfstring(l, c"function '%s'".as_ptr(), name);
                ffi::lua_replace(l, function);
                ffi::lua_settop(l, function);
                return;
            }
            ffi::lua_settop(l, function - 1);
        }
        if *frame.namewhat != 0 && !called_by_us {
            ffi::lua_pushfstring(l, c"%s '%s'".as_ptr(), frame.namewhat, frame.name);
        } else if *frame.what == b'm' as c_char {
            ffi::lua_pushstring(l, c"main chunk".as_ptr());
        } else {
            ffi::lua_pushfstring(
                l,
                c"function <%s:%d>".as_ptr(),
                frame.short_src.as_ptr(),
                frame.linedefined,
            );
        }
    }
}

/// Pushes the name under which `package.loaded` reaches the function at `function`: `string.rep`,
/// `app.helper`, a global by its bare name. Pushes nothing when it is not there.
///
/// # Safety
/// `function` is an absolute index; `l` has seven free slots.
unsafe fn push_global_name(l: *mut lua_State, function: c_int) -> bool {
    // SAFETY: tables are only read, so lua_next finds every key it is given; lua_tolstring is
    // called on keys of type string alone, which it does not change.
    unsafe {
        let string_key = |l| ffi::lua_type(l, -2) == ffi::LUA_TSTRING;
        ffi::lua_getfield(l, ffi::LUA_REGISTRYINDEX, c"_LOADED".as_ptr());
        let loaded = ffi::lua_gettop(l);
        if ffi::lua_type(l, loaded) == ffi::LUA_TTABLE {
            ffi::lua_pushnil(l);
            while ffi::lua_next(l, loaded) != 0 {
                let module = loaded + 2;
                if string_key(l) && ffi::lua_rawequal(l, module, function) != 0 {
                    ffi::lua_pushvalue(l, -2);
                    ffi::lua_replace(l, loaded);
                    ffi::lua_settop(l, loaded);
                    return true;
                }
                if string_key(l) && ffi::lua_type(l, module) == ffi::LUA_TTABLE {
                    ffi::lua_pushnil(l);
                    let mut members = 0;
                    while ffi::lua_next(l, module) != 0 {
                        members += 1;
                        if members > MOST_MEMBERS {
                            ffi::lua_pop(l, 2);
                            break;
                        }
                        if string_key(l) && ffi::lua_rawequal(l, -1, function) != 0 {
                            let module = ffi::lua_tolstring(l, loaded + 1, ptr::null_mut());
                            let name = ffi::lua_tolstring(l, -2, ptr::null_mut());
                            if CStr::from_ptr(module) == c"_G" {
                                ffi::lua_pushstring(l, name);
                            } else {
                                ffi::lua_pushfstring(l, c"%s.%s".as_ptr(), module, name);
                            }
                            ffi::lua_replace(l, loaded);
                            ffi::lua_settop(l, loaded);
                            return true;
                        }
                        ffi::lua_pop(l, 1);
                    }
                }
                ffi::lua_pop(l, 1);
            }
        }
        ffi::lua_settop(l, loaded - 1);
        false
    }
}

/// The chunk names of modules that the runtime brings, written in Lua.
const OUR_SOURCES: &[u8] = b"=lambda.";
const INNER_FRAMES: c_int = 20;
const OUTER_FRAMES: c_int = 20;
/// A module with more members holds data; looking for functions in it would take its time.
const MOST_MEMBERS: u32 = 1000;
