//! The hook that stops Lua code, and what it notes of where it did.
//!
//! Lua's error jumps out of the hook, so nothing here has a destructor.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::io::Write as _;
use std::ptr;

use mlua::ffi::{self, lua_Debug, lua_State};
use mlua::{Lua, LuaString, Table};

use super::Reason;
use super::worker::Worker;
use crate::coroutine::push_frames;
use crate::interpreter;

// Registry slots are named by the addresses of these; their values differ from each other and from
// those in coroutine.rs so that no two statics can be merged into one address.
static WORKER: u8 = 16;
static STOP: u8 = 17;

fn key(slot: &'static u8) -> *const c_void {
    ptr::from_ref(slot).cast()
}

/// Makes `worker` the one that the hooks of this state find.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn register(lua: &Lua, worker: &'static Worker) -> mlua::Result<()> {
    // SAFETY: writes to a registry slot that only this file uses; the closure owns nothing.
    unsafe {
        lua.exec_raw((), |l| {
            ffi::lua_pushlightuserdata(l, ptr::from_ref(worker).cast_mut().cast());
            ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(&WORKER));
        })
    }
}

/// The worker of the state that `l` belongs to.
///
/// # Safety
/// `register` was called for the state; `l` has a free slot.
pub unsafe fn worker(l: *mut lua_State) -> &'static Worker {
    // SAFETY: only `register` writes the slot, and workers are never freed.
    unsafe {
        ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&WORKER));
        let worker = ffi::lua_touserdata(l, -1).cast::<Worker>();
        ffi::lua_pop(l, 1);
        &*worker
    }
}

/// Where the hook raised for the first time, or a call waited until the end; forgets it. `None`
/// when it ran out of memory there.
pub fn take_stop(lua: &Lua) -> Option<(String, Vec<String>)> {
    // SAFETY: the slot holds what `push_stop` made, or nil.
    let stop: mlua::Result<Option<Table>> = unsafe {
        lua.exec_raw((), |l| {
            ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&STOP));
            ffi::lua_pushnil(l);
            ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(&STOP));
        })
    };
    let stop = stop.ok()??;
    let text = |table: &Table, at: i64| {
        let text: LuaString = table.raw_get(at).ok()?;
        Some(text.to_string_lossy())
    };
    let frames: Table = stop.raw_get(2).ok()?;
    let frames = (1..=frames.raw_len() as i64).filter_map(|at| text(&frames, at));
    Some((text(&stop, 1)?, frames.collect()))
}

/// Called by Lua before its next instruction, once a reason to stop is there.
pub unsafe extern "C-unwind" fn hook(l: *mut lua_State, _: *mut lua_Debug) {
    // SAFETY: Lua calls a hook with LUA_MINSTACK free slots, on the thread of the state. Nothing
    // here has a destructor, so Lua's error may jump out of it.
    unsafe {
        let worker = worker(l);
        if !worker.is_stopping() {
            // Left over in a coroutine that an earlier invocation was interrupted in.
            ffi::lua_sethook(l, None, 0, 0);
            return;
        }
        if worker.count_raise() == 0 {
            push_stop(l, worker);
            ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(&STOP));
        }
        ffi::lua_sethook(l, Some(hook), ffi::LUA_MASKCOUNT, worker.instructions());
        // The error's way out may run more of the user's code: a message handler, and, when a
        // coroutine dies of the error, what it has to close. These may loop as well.
        interpreter::allow_hooks(l);
        if ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&STOP)) == ffi::LUA_TTABLE {
            ffi::lua_rawgeti(l, -1, 1);
        } else {
            ffi::lua_pushstring(l, c"interrupted".as_ptr());
        }
        ffi::lua_error(l);
    }
}

/// Notes where `l` is, if what runs is to stop and has not been told yet: a call that waited until
/// then may be the last thing that a handler does, and no instruction of Lua's is left to raise at.
///
/// # Safety
/// Called in a C function of `l`, which owns nothing.
pub unsafe fn note_if_due(l: *mut lua_State) {
    // SAFETY: the first slot holds a worker, which is never freed, or nothing where none was
    // registered. Nothing here has a destructor, so Lua may raise for want of memory.
    unsafe {
        ffi::luaL_checkstack(l, ffi::LUA_MINSTACK, ptr::null());
        ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&WORKER));
        let worker = ffi::lua_touserdata(l, -1).cast::<Worker>();
        ffi::lua_pop(l, 1);
        if !worker.is_null() && (*worker).is_due() {
            push_stop(l, &*worker);
            ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(&STOP));
            (*worker).note();
        }
    }
}

/// Pushes `{message, frames}` of where `l` is: its own frames, then those of what resumed it.
///
/// # Safety
/// Called in the hook of `l`, or in a C function of it that has LUA_MINSTACK free slots.
unsafe fn push_stop(l: *mut lua_State, worker: &Worker) {
    const MOST_FRAMES: c_int = 100;
    // SAFETY: the coroutines in the chain wait for `l`, so they are alive; push_frames leaves one
    // table, whose entries are strings.
    unsafe {
        ffi::lua_createtable(l, 2, 0);
        let stop = ffi::lua_gettop(l);
        ffi::lua_createtable(l, 8, 0);
        let mut count = 0;
        let mut running = worker.innermost();
        // LuaJIT has a thread of its own for finalizers, which nothing resumed.
        let mut apart = !running.is_null() && (*running).state != l;
        while !running.is_null() && count < MOST_FRAMES {
            push_frames(l, if apart { l } else { (*running).state });
            let length = ffi::lua_rawlen(l, -1) as ffi::lua_Integer;
            for at in 1..=length {
                ffi::lua_rawgeti(l, -1, at);
                count += 1;
                ffi::lua_rawseti(l, stop + 1, count.into());
            }
            ffi::lua_pop(l, 1);
            if !std::mem::take(&mut apart) {
                running = (*running).resumer;
            }
        }
        push_message(l, worker);
        // The first frame is `app.lua:7: in function 'handler'`; its place ends at the label.
        if ffi::lua_rawgeti(l, stop + 1, 1) == ffi::LUA_TSTRING {
            let mut length = 0;
            let start = ffi::lua_tolstring(l, -1, &raw mut length).cast::<u8>();
            let frame = std::slice::from_raw_parts(start, length);
            let place = frame.windows(5).position(|window| window == b": in ");
            ffi::lua_pushstring(l, c" at ".as_ptr());
            ffi::lua_pushlstring(l, start.cast(), place.unwrap_or(length));
            ffi::lua_remove(l, -3);
            ffi::lua_concat(l, 3);
        } else {
            ffi::lua_pop(l, 1);
        }
        ffi::lua_rawseti(l, stop, 1);
        ffi::lua_rawseti(l, stop, 2);
    }
}

/// Pushes what the interrupted code finds when it catches the error.
///
/// # Safety
/// `l` has a free slot.
unsafe fn push_message(l: *mut lua_State, worker: &Worker) {
    let mut buffer = [0_u8; 48];
    let had_ms = worker.had_ms();
    let mut left = &mut buffer[..];
    // No text here is as long as the buffer.
    let _ = match worker.reason() {
        Some(Reason::Deadline) | None => {
            // To hundredths, half up, so that 2999 ms are 3.00 s.
            let hundredths = had_ms.saturating_add(5) / 10;
            let (s, rest) = (hundredths / 100, hundredths % 100);
            write!(left, "timed out after {s}.{rest:02} s")
        }
        Some(Reason::Exit) => write!(left, "interrupted by os.exit"),
        Some(Reason::Signal) => write!(left, "interrupted by a signal"),
    };
    let length = 48 - left.len();
    // SAFETY: the buffer holds `length` bytes of text.
    unsafe {
        ffi::lua_pushlstring(l, buffer.as_ptr().cast(), length);
    }
}
