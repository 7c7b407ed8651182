//! Protected calls that keep the error's value and the frames of where it was raised, through
//! coroutines too.
//!
//! Lua drops a coroutine's frames when its error travels on: `wrap` closes the coroutine, and
//! `error(e, 0)` after `resume` starts a new trace. So our `resume` and `wrap` note the
//! frames of a coroutine that fails, and a report takes them when the same error ends the handler.
//!
//! The C functions here hold no value with a destructor: Lua's errors may jump over them.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use mlua::ffi::{self, lua_Debug, lua_State};
use mlua::{Function, IntoLuaMulti, Lua, MultiValue, Table, Value};

/// An error that ended a protected call.
#[derive(Debug)]
pub struct Failure {
    /// What was thrown.
    pub value: Value,
    /// The frames of where it was, innermost first, as SPEC's stack traces show them.
    pub frames: Vec<String>,
    /// Whether Lua ran out of memory; then there are no frames.
    pub out_of_memory: bool,
}

/// Replaces `coroutine.resume` and `coroutine.wrap` by the same with notes of what failed.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn install(lua: &Lua) -> mlua::Result<()> {
    let coroutine: Table = lua.globals().raw_get("coroutine")?;
    // SAFETY: both are C functions that keep to Lua's calling convention.
    let (resume, wrap) = unsafe { (lua.create_c_function(resume)?, lua.create_c_function(wrap)?) };
    coroutine.raw_set("resume", resume)?;
    coroutine.raw_set("wrap", wrap)
}

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

/// The frames of the running function, innermost first.
pub fn frames(lua: &Lua) -> Vec<String> {
    // SAFETY: `push_frames` leaves one table on the stack.
    let frames: mlua::Result<Table> = unsafe { lua.exec_raw((), |l| push_frames(l, l)) };
    frames.map(strings).unwrap_or_default()
}

/// Forgets which coroutines failed; for the end of an invocation.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn forget(lua: &Lua) -> mlua::Result<()> {
    // SAFETY: writes nil to a registry slot that only this file uses.
    unsafe {
        lua.exec_raw::<MultiValue>((), |l| {
            if ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, key(&FAILED)) != ffi::LUA_TNIL {
                ffi::lua_pushnil(l);
                ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, key(&FAILED));
            }
            ffi::lua_settop(l, 0);
        })
        .map(drop)
    }
}

fn strings(frames: Table) -> Vec<String> {
    let frames = frames
        .sequence_values::<mlua::LuaString>()
        .filter_map(Result::ok);
    frames.map(|frame| frame.to_string_lossy()).collect()
}

// Registry slots are named by the addresses of these; their values differ so that no two statics
// can be merged into one address.
static FAILED: u8 = 0;
static HANDLER: u8 = 1;
static HANDLER_NAME: u8 = 2;

fn key(slot: &'static u8) -> *const c_void {
    ptr::from_ref(slot).cast()
}

/// Message handler: the error becomes `{value, frames}`.
unsafe extern "C-unwind" fn trace(l: *mut lua_State) -> c_int {
    // SAFETY: Lua calls a message handler with the error at index 1 and LUA_MINSTACK free slots.
    unsafe {
        push_frames(l, l); // error, frames
        push_noted_before(l, 1); // error, frames
        ffi::lua_createtable(l, 2, 0);
        ffi::lua_insert(l, 1); // traced, error, frames
        ffi::lua_rawseti(l, 1, 2);
        ffi::lua_rawseti(l, 1, 1);
        1
    }
}

/// `coroutine.resume`, as lcorolib.c has it.
unsafe extern "C-unwind" fn resume(l: *mut lua_State) -> c_int {
    // SAFETY: a C function's stack has LUA_MINSTACK free slots; `advance` keeps its contract.
    unsafe {
        let co = ffi::lua_tothread(l, 1);
        if co.is_null() {
            return ffi::luaL_argerror(l, 1, c"coroutine expected".as_ptr());
        }
        match advance(l, co, ffi::lua_gettop(l) - 1) {
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
        ffi::lua_pushcclosure(l, wrapped, 1);
        1
    }
}

/// What `coroutine.wrap` returns: an error closes the coroutine and goes on with its position.
unsafe extern "C-unwind" fn wrapped(l: *mut lua_State) -> c_int {
    // SAFETY: upvalue 1 is the thread that `wrap` put there; the steps are those of lcorolib.c.
    unsafe {
        let co = ffi::lua_tothread(l, ffi::lua_upvalueindex(1));
        if let Some(results) = advance(l, co, ffi::lua_gettop(l)) {
            return results;
        }
        let mut status = ffi::lua_status(co);
        if status != ffi::LUA_OK && status != ffi::LUA_YIELD {
            status = ffi::lua_closethread(co, l);
            ffi::lua_xmove(co, l, 1);
        }
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
unsafe fn advance(l: *mut lua_State, co: *mut lua_State, args: c_int) -> Option<c_int> {
    // SAFETY: each move is preceded by a check of room in the stack it goes to; the error value
    // needs one slot of `l`, which the caller has.
    unsafe {
        if ffi::lua_checkstack(co, args) == 0 {
            ffi::lua_pushstring(l, c"too many arguments to resume".as_ptr());
            return None;
        }
        ffi::lua_xmove(l, co, args);
        let mut results = 0;
        let status = ffi::lua_resume(co, l, args, &raw mut results);
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

/// Notes the frames of `co`, which failed with the value on top of `l`.
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
        push_noted_before(l, error); // frames
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
        ffi::lua_createtable(l, 2, 0); // frames, notes, note
        ffi::lua_pushvalue(l, error);
        ffi::lua_rawseti(l, -2, 1);
        ffi::lua_pushvalue(l, -3);
        ffi::lua_rawseti(l, -2, 2);
        ffi::lua_rawseti(l, -2, made % ffi::lua_Integer::from(NOTES) + 1);
        ffi::lua_settop(l, error);
    }
}

/// Puts before the frames on top of `l` those of the coroutine that failed with the value at
/// `error`, if one did.
///
/// # Safety
/// `l` has ten free slots; `error` is an absolute index.
unsafe fn push_noted_before(l: *mut lua_State, error: c_int) {
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
                ffi::lua_rawgeti(l, -1, 1); // note, its error
                if is_raised_again(l, error, frames + 3) {
                    ffi::lua_rawgeti(l, frames + 2, 2); // note, its error, its frames
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

/// Pushes onto `l` the list of the Lua frames of `from`, innermost first.
///
/// Frames of C functions and of the runtime itself are left out, and so is the middle of a very
/// deep stack.
///
/// # Safety
/// Both states belong to one Lua; `l` has ten free slots.
unsafe fn push_frames(l: *mut lua_State, from: *mut lua_State) {
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
            let ours = CStr::from_ptr(frame.source)
                .to_bytes()
                .starts_with(OUR_SOURCES);
            if *frame.what == b'C' as c_char || ours {
                continue;
            }
            let source = frame.short_src.as_ptr();
            if frame.currentline > 0 {
                ffi::lua_pushfstring(l, c"%s:%d: in ".as_ptr(), source, frame.currentline);
            } else {
                ffi::lua_pushfstring(l, c"%s: in ".as_ptr(), source);
            }
            push_label(l, from, &mut frame);
            ffi::lua_concat(l, 2);
            count += 1;
            ffi::lua_rawseti(l, list, count);
        }
    }
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

/// Pushes what `frame` is called: the handler by its setting, the rest as luaL_traceback does.
///
/// # Safety
/// `frame` is a live frame of `from`, filled with "Sln"; `l` has eight free slots.
unsafe fn push_label(l: *mut lua_State, from: *mut lua_State, frame: &mut lua_Debug) {
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
        if *frame.namewhat != 0 {
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
                    while ffi::lua_next(l, module) != 0 {
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

/// Failed coroutines remembered at a time; a handler that goes on after more has dealt with them.
const NOTES: c_int = 8;
/// The chunk names of modules that the runtime brings, written in Lua.
const OUR_SOURCES: &[u8] = b"=lambda.";
const INNER_FRAMES: c_int = 20;
const OUTER_FRAMES: c_int = 20;
