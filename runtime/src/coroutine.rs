//! Coroutines whose errors keep their frames, for protected calls ([`call()`]) and stack traces
//! ([`frames()`]).
//!
//! Lua drops a coroutine's frames when its error travels on: `wrap` closes the coroutine, and
//! `error(e, 0)` after `resume` starts a new trace. So our `resume` and `wrap` note the
//! frames of a coroutine that fails, and a report takes them when the same error ends the handler.
//!
//! The C functions here hold no value with a destructor: Lua's errors may jump over them.
#![allow(unsafe_code)]

mod call;
mod frames;

use std::ffi::{c_int, c_void};
use std::ptr;

use mlua::ffi::{self, lua_State};
use mlua::{Function, Lua, MultiValue, Table, Value};

use crate::deadline::{self, Worker};
use crate::interpreter;
pub use call::{Failure, call};
pub(crate) use frames::push_frames;
pub use frames::{frames, name_handler};

/// Replaces `coroutine.resume`, `wrap` and `close` by the same that keep which coroutine runs, for
/// the deadline, and notes of what failed.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn install(lua: &Lua) -> mlua::Result<()> {
    let coroutine: Table = lua.globals().raw_get("coroutine")?;
    let functions: [(&str, ffi::lua_CFunction); 2] = [("resume", resume), ("wrap", wrap)];
    for &(name, function) in functions.iter().chain(interpreter::COROUTINE_FUNCTIONS) {
        // SAFETY: the functions keep to Lua's calling convention and have the worker, which lives
        // for good, as upvalue 1. The closure here owns nothing.
        let function: Function = unsafe {
            lua.exec_raw((), |l| {
                let worker = ptr::from_ref(deadline::worker(l)).cast_mut();
                ffi::lua_pushlightuserdata(l, worker.cast());
                ffi::lua_pushcclosure(l, function, 1);
            })?
        };
        coroutine.raw_set(name, function)?;
    }
    Ok(())
}

/// The worker that [`install`] gave a function as that upvalue.
///
/// # Safety
/// Called in one of these functions.
pub(crate) unsafe fn worker(l: *mut lua_State, upvalue: c_int) -> &'static Worker {
    // SAFETY: workers are never freed. `debug.setupvalue` may have put another value there; the
    // only other light userdata that Lua code can have is NULL.
    unsafe {
        let index = ffi::lua_upvalueindex(upvalue);
        let worker = ffi::lua_touserdata(l, index).cast::<Worker>();
        if ffi::lua_type(l, index) != ffi::LUA_TLIGHTUSERDATA || worker.is_null() {
            ffi::luaL_error(l, c"the coroutine library was taken apart".as_ptr());
        }
        &*worker
    }
}

/// Forgets which coroutines failed; for the end of an invocation.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn forget(lua: &Lua) -> mlua::Result<()> {
    // SAFETY: writes nil to registry slots that only this module uses.
    unsafe {
        lua.exec_raw::<MultiValue>((), |l| {
            for slot in [&FAILED, &TRACED] {
                if ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(slot)) != ffi::LUA_TNIL {
                    ffi::lua_pushnil(l);
                    ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(slot));
                }
            }
            ffi::lua_settop(l, 0);
        })
        .map(drop)
    }
}

// Registry slots are named by the addresses of these; their values differ so that no two statics
// can be merged into one address.
static FAILED: u8 = 0;
static HANDLER: u8 = 1;
static HANDLER_NAME: u8 = 2;
/// The errors that [`call()`]'s message handler met: a list of `{frames, error, the one before}`.
static TRACED: u8 = 3;

fn key(slot: &'static u8) -> *const c_void {
    ptr::from_ref(slot).cast()
}

/// `coroutine.resume`, as lcorolib.c has it.
unsafe extern "C-unwind" fn resume(l: *mut lua_State) -> c_int {
    // SAFETY: a C function's stack has LUA_MINSTACK free slots; `advance` keeps its contract.
    unsafe {
        let co = argument(l);
        match advance(worker(l, 1), l, co, ffi::lua_gettop(l) - 1) {
            Some(results) => {
                ffi::lua_pushboolean(l, 1);
                ffi::lua_insert(l, -(results + 1));
                results + 1
            }
            None => {
                ffi::lua_pushboolean(l, 0);
                ffi::lua_insert(l, -2);
                2
            }
        }
    }
}

/// `coroutine.wrap`.
unsafe extern "C-unwind" fn wrap(l: *mut lua_State) -> c_int {
    // SAFETY: as above; the new thread has room for the function it starts with.
    unsafe {
        ffi::luaL_checktype(l, 1, ffi::LUA_TFUNCTION);
        let co = ffi::lua_newthread(l);
        ffi::lua_pushvalue(l, 1);
        ffi::lua_xmove(l, co, 1);
        ffi::lua_pushvalue(l, ffi::lua_upvalueindex(1));
        ffi::lua_pushcclosure(l, wrapped, 2);
        1
    }
}

/// The coroutine that is the first argument; raises when it is none.
///
/// # Safety
/// Called in a C function with free slots.
pub(crate) unsafe fn argument(l: *mut lua_State) -> *mut lua_State {
    // SAFETY: nothing here has a destructor; the message is Lua's once it is on the stack.
    unsafe {
        let co = ffi::lua_tothread(l, 1);
        if co.is_null() {
            let found = ffi::lua_typename(l, ffi::lua_type(l, 1));
            ffi::lua_pushfstring(l, c"coroutine expected, got %s".as_ptr(), found);
            ffi::luaL_argerror(l, 1, ffi::lua_tolstring(l, -1, ptr::null_mut()));
        }
        co
    }
}

/// What `coroutine.wrap` returns: an error closes the coroutine and goes on with its position.
unsafe extern "C-unwind" fn wrapped(l: *mut lua_State) -> c_int {
    // SAFETY: upvalue 1 is the thread that `wrap` put there; the steps are those of lcorolib.c.
    unsafe {
        let co = ffi::lua_tothread(l, ffi::lua_upvalueindex(1));
        let worker = worker(l, 2);
        if let Some(results) = advance(worker, l, co, ffi::lua_gettop(l)) {
            return results;
        }
        let status = interpreter::end_failed(l, co, 2);
        if status != ffi::LUA_ERRMEM && ffi::lua_type(l, -1) == ffi::LUA_TSTRING {
            ffi::luaL_where(l, 1);
            ffi::lua_insert(l, -2);
            ffi::lua_concat(l, 2);
        }
        ffi::lua_error(l)
    }
}

/// Resumes `co` with the top `args` values; gives how many results are on top of `l`, or none with
/// the error there, whose frames are noted.
///
/// # Safety
/// Both states belong to one Lua; `l` runs and has a few free slots.
unsafe fn advance(
    worker: &Worker,
    l: *mut lua_State,
    co: *mut lua_State,
    args: c_int,
) -> Option<c_int> {
    // SAFETY: lua_resume raises nothing; each move is preceded by a check of room in the stack it
    // goes to; the error value needs one slot of `l`, which the caller has.
    unsafe {
        let refusal = interpreter::refusal(l, co).or_else(|| {
            let most = interpreter::MOST_NESTED_COROUTINES?;
            (worker.depth() >= most).then_some(c"C stack overflow")
        });
        if let Some(refusal) = refusal {
            ffi::lua_pushstring(l, refusal.as_ptr());
            return None;
        }
        if ffi::lua_checkstack(co, args) == 0 {
            ffi::lua_pushstring(l, c"too many arguments to resume".as_ptr());
            return None;
        }
        ffi::lua_xmove(l, co, args);
        let mut results = 0;
        let resume = || ffi::lua_resume(co, l, args, &raw mut results);
        let status = worker.within(co, resume);
        if status == ffi::LUA_OK || status == ffi::LUA_YIELD {
            if ffi::lua_checkstack(l, results + 1) == 0 {
                ffi::lua_pop(co, results);
                ffi::lua_pushstring(l, c"too many results to resume".as_ptr());
                return None;
            }
            ffi::lua_xmove(co, l, results);
            return Some(results);
        }
        ffi::lua_xmove(co, l, 1);
        // A coroutine that was dead before has no error status, and nothing to note.
        let failed = ffi::lua_status(co);
        if failed != ffi::LUA_OK && failed != ffi::LUA_YIELD && status != ffi::LUA_ERRMEM {
            note(l, co);
        }
        None
    }
}

/// A message handler for `xpcall` in built-ins, which may raise the error again: the report then
/// shows the frames of where it was raised first.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn keeper(lua: &Lua) -> mlua::Result<Function> {
    unsafe extern "C-unwind" fn keep(l: *mut lua_State) -> c_int {
        // SAFETY: Lua calls a message handler with the error as its one argument, and `note`
        // leaves it there.
        unsafe {
            ffi::lua_settop(l, 1);
            note(l, l);
            1
        }
    }
    // SAFETY: the function keeps to Lua's calling convention, and the closure owns nothing.
    unsafe { lua.exec_raw((), |l| ffi::lua_pushcfunction(l, keep)) }
}

/// The frames that [`keeper`] noted of the error `value` in the running coroutine; none where it
/// noted none, or too many others since.
pub fn kept(lua: &Lua, value: Value) -> Vec<String> {
    // SAFETY: the value stands at index 1, the list on top of it, which `push_noted_before` may
    // replace; both are popped as the results.
    let frames: mlua::Result<(Value, Table)> = unsafe {
        lua.exec_raw(value, |l| {
            ffi::luaL_checkstack(l, 12, c"too deep".as_ptr());
            ffi::lua_createtable(l, 0, 0);
            push_noted_before(l, 1, l);
        })
    };
    frames
        .map(|(_, frames)| frames::strings(frames))
        .unwrap_or_default()
}

/// Notes the frames of `co`, which `l` resumed and which failed with the value on top of `l`; or of
/// `l` itself, where that is `co`.
///
/// # Safety
/// As [`advance`].
unsafe fn note(l: *mut lua_State, co: *mut lua_State) {
    // SAFETY: room is made first; every slot pushed here is popped, but for the error on top.
    unsafe {
        if ffi::lua_checkstack(l, 12) == 0 {
            return;
        }
        let error = ffi::lua_gettop(l);
        push_frames(l, co); // frames
        push_noted_before(l, error, co); // frames
        if ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&FAILED)) != ffi::LUA_TTABLE {
            ffi::lua_pop(l, 1);
            ffi::lua_createtable(l, NOTES, 1);
            ffi::lua_pushvalue(l, -1);
            ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(&FAILED));
        } // frames, notes
        // A ring: slot 0 counts the notes made.
        ffi::lua_rawgeti(l, -1, 0);
        let made = ffi::lua_tointeger(l, -1);
        ffi::lua_pop(l, 1);
        ffi::lua_pushinteger(l, made + 1);
        ffi::lua_rawseti(l, -2, 0);
        ffi::lua_createtable(l, 4, 0); // frames, notes, note
        ffi::lua_pushvalue(l, error);
        ffi::lua_rawseti(l, -2, 1);
        ffi::lua_pushvalue(l, -3);
        ffi::lua_rawseti(l, -2, 2);
        ffi::lua_pushlightuserdata(l, l.cast());
        ffi::lua_rawseti(l, -2, 3);
        ffi::lua_pushboolean(l, (l == co).into());
        ffi::lua_rawseti(l, -2, 4);
        ffi::lua_rawseti(l, -2, made % ffi::lua_Integer::from(NOTES) + 1);
        ffi::lua_settop(l, error);
    }
}

/// Puts before the frames on top of `l`, which are of `thread`, those of the coroutine that
/// `thread` resumed and that failed with the value at `error`, if one did. Where [`keeper`] has
/// noted that value in `thread`, its frames take their place: they are of the same stack.
///
/// Another thread's coroutine that failed alike is no part of this error.
///
/// # Safety
/// `l` has ten free slots; `error` is an absolute index.
unsafe fn push_noted_before(l: *mut lua_State, error: c_int, thread: *mut lua_State) {
    // SAFETY: the tables read here were made by `note`; every slot but the result is popped.
    unsafe {
        let frames = ffi::lua_gettop(l);
        if ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&FAILED)) == ffi::LUA_TTABLE {
            let notes = frames + 1;
            ffi::lua_rawgeti(l, notes, 0);
            let made = ffi::lua_tointeger(l, -1);
            ffi::lua_pop(l, 1);
            let oldest = (made - ffi::lua_Integer::from(NOTES)).max(0);
            let mut nth = made;
            while nth > oldest {
                nth -= 1;
                ffi::lua_rawgeti(l, notes, nth % ffi::lua_Integer::from(NOTES) + 1);
                ffi::lua_rawgeti(l, -1, 3);
                let resumed_here = ffi::lua_touserdata(l, -1) == thread.cast();
                ffi::lua_pop(l, 1);
                ffi::lua_rawgeti(l, -1, 1); // note, its error
                if resumed_here && is_raised_again(l, error, frames + 3) {
                    ffi::lua_rawgeti(l, frames + 2, 4);
                    let is_whole = ffi::lua_toboolean(l, -1) != 0;
                    ffi::lua_pop(l, 1);
                    ffi::lua_rawgeti(l, frames + 2, 2); // note, its error, its frames
                    if is_whole {
                        ffi::lua_replace(l, frames);
                        break;
                    }
                    let (noted, own) = (
                        ffi::lua_rawlen(l, -1) as c_int,
                        ffi::lua_rawlen(l, frames) as c_int,
                    );
                    ffi::lua_createtable(l, noted + own, 0); // …, all
                    for i in 1..=noted {
                        ffi::lua_rawgeti(l, -2, i.into());
                        ffi::lua_rawseti(l, -2, i.into());
                    }
                    for i in 1..=own {
                        ffi::lua_rawgeti(l, frames, i.into());
                        ffi::lua_rawseti(l, -2, (noted + i).into());
                    }
                    ffi::lua_replace(l, frames);
                    break;
                }
                ffi::lua_pop(l, 2);
            }
        }
        ffi::lua_settop(l, frames);
    }
}

/// Whether the error at `error` is the one at `noted`, or the same text behind new positions.
///
/// # Safety
/// Both are absolute indices.
unsafe fn is_raised_again(l: *mut lua_State, error: c_int, noted: c_int) -> bool {
    // SAFETY: lua_tolstring is called on strings only, whose bytes stay where they are while the
    // strings are on the stack.
    unsafe {
        let string = |index| ffi::lua_type(l, index) == ffi::LUA_TSTRING;
        if ffi::lua_rawequal(l, error, noted) != 0 {
            return true;
        }
        if !string(error) || !string(noted) {
            return false;
        }
        let bytes = |index| {
            let mut length = 0;
            let start = ffi::lua_tolstring(l, index, &raw mut length);
            std::slice::from_raw_parts(start.cast::<u8>(), length)
        };
        let rest = bytes(error).strip_suffix(bytes(noted));
        rest.is_some_and(|positions| positions.ends_with(b": "))
    }
}

/// Failed coroutines remembered at a time; a handler that goes on after more has dealt with them.
const NOTES: c_int = 8;
