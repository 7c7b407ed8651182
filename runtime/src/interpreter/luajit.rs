//! LuaJIT 2.1. Its language and C API are Lua 5.1's, with some of 5.2.
//!
//! It is built with LUAJIT_ENABLE_CHECKHOOK: compiled code looks whether a hook is set each time
//! that it comes round.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int};

use mlua::ffi::{self, lua_State};
use mlua::{Function, Lua, Table, Value};

use crate::sys;

/// What `bootstrap --version` shows.
pub const NAME: &str = "LuaJIT 2.1";
/// What it is called where the version of its language matters.
pub const LANGUAGE: &str = "LuaJIT 2.1 (Lua 5.1)";
/// The version in the names of folders, and for luarocks.
pub const VERSION: &str = "5.1";
/// The variables that set `package.path`, the first that is set wins.
pub const PATH_VARIABLES: &[&str] = &["LUA_PATH"];
/// Those of `package.cpath`.
pub const CPATH_VARIABLES: &[&str] = &["LUA_CPATH"];
/// LUA_PATH_DEFAULT of luaconf.h.
pub const STOCK_PATH: &str = "./?.lua;/usr/local/share/luajit-2.1/?.lua;\
    /usr/local/share/lua/5.1/?.lua;/usr/local/share/lua/5.1/?/init.lua";
/// LUA_CPATH_DEFAULT of luaconf.h.
pub const STOCK_CPATH: &str =
    "./?.so;/usr/local/lib/lua/5.1/?.so;/usr/local/lib/lua/5.1/loadall.so";
/// The field of `package` that lists the searchers.
pub const SEARCHERS: &str = "loaders";
/// What a searcher's message starts with; `require` puts nothing between them.
pub const NOT_FOUND_START: &str = "\n\t";
/// Whether an integer is a type of its own, so that a float keeps its point in JSON.
pub const HAS_INTEGERS: bool = false;
/// Whether a hook is set for all coroutines at once.
pub const HOOKS_ALL_COROUTINES: bool = true;
/// How deep coroutines may resume each other: LuaJIT counts nothing, and each level takes some of
/// the thread's stack. As many as Lua 5.1 and 5.4 have (LUAI_MAXCCALLS).
pub const MOST_NESTED_COROUTINES: Option<usize> = Some(195);

/// The stack of a thread that runs Lua. LuaJIT counts no calls of C within each other: what ends a
/// `string.gsub` that calls itself, with a buffer of 8 KB each time, is Lua's own stack, which is
/// full after some 40 MB of this one. Only what is used is memory.
pub const STACK_BYTES: usize = 64 * 1024 * 1024;

/// The functions that `coroutine` has here beside `resume` and `wrap`, with the worker as upvalue 1.
pub const COROUTINE_FUNCTIONS: &[(&str, ffi::lua_CFunction)] = &[];

/// Which Lua a C module is built for that wants the function `symbol`, which this one has not.
///
/// `wants` says whether the module wants another.
pub fn lua_of(symbol: &str, wants: impl Fn(&str) -> bool) -> &'static str {
    let any = |functions: &[&str]| functions.iter().any(|name| *name == symbol || wants(name));
    if any(LUA_5_4) {
        "Lua 5.4"
    } else if any(LUA_5_3) {
        "Lua 5.3 or 5.4"
    } else {
        "Lua 5.2 or newer"
    }
}

/// A request of `lua_gc` that takes no argument.
///
/// # Safety
/// `l` is a valid state; a collection runs finalizers, which are user code.
pub unsafe fn gc(l: *mut lua_State, what: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { ffi::lua_gc(l, what, 0) }
}

/// Whether the collector runs: nobody has stopped it, and this is no finalizer.
///
/// # Safety
/// `l` is a valid state.
pub unsafe fn is_collecting(l: *mut lua_State) -> bool {
    /// lua.h of LuaJIT 2.1; Lua 5.1 has none.
    const LUA_GCISRUNNING: c_int = 9;
    // SAFETY: it only looks.
    unsafe { ffi::lua_gc(l, LUA_GCISRUNNING, 0) == 1 }
}

/// Raises Lua's error for too little memory, with its own status: no message handler is called,
/// which would need some.
///
/// # Safety
/// `l` is a valid state with a free slot; the frames up to what catches the error own nothing.
pub unsafe fn raise_out_of_memory(l: *mut lua_State) -> ! {
    /// As much as a userdata may have (LJ_MAX_UDATA) but for its head: more than is there.
    const TOO_MUCH: usize = 0x7fff_0000;
    // SAFETY: the block, should there be one, is not used. LuaJIT keeps the string at hand.
    unsafe {
        ffi::lua_newuserdata(l, TOO_MUCH);
        ffi::lua_settop(l, -2);
        ffi::lua_pushstring(l, c"not enough memory".as_ptr());
        ffi::lua_error(l)
    }
}

/// Why `co` cannot be resumed, where `lua_resume` itself does not look: it takes what it is given
/// for a function, and for a suspended coroutine.
///
/// # Safety
/// Both are states of one Lua.
pub unsafe fn refusal(l: *mut lua_State, co: *mut lua_State) -> Option<&'static CStr> {
    // SAFETY: lua_getstack only looks; the frame is not used.
    unsafe {
        let mut frame: ffi::lua_Debug = std::mem::zeroed();
        match ffi::lua_status(co) {
            _ if co == l => Some(c"cannot resume non-suspended coroutine"),
            ffi::LUA_YIELD => None,
            ffi::LUA_OK if ffi::lua_getstack(co, 0, &raw mut frame) != 0 => {
                Some(c"cannot resume non-suspended coroutine")
            }
            ffi::LUA_OK if ffi::lua_gettop(co) > 0 => None,
            _ => Some(c"cannot resume dead coroutine"),
        }
    }
}

/// Ends the coroutine `co`, which failed with the error on top of `l`. Gives the status of the
/// error.
///
/// # Safety
/// Both are states of one Lua.
pub unsafe fn end_failed(_: *mut lua_State, co: *mut lua_State, _: c_int) -> c_int {
    // SAFETY: it only looks. Lua 5.1 has nothing to close.
    unsafe { ffi::lua_status(co) }
}

/// Lets hooks be called where LuaJIT has put them off: in a finalizer, and in the message handler
/// of an error that a hook raised.
///
/// LuaJIT has no call for this. A hook's error in a finalizer is caught there, and in a message
/// handler it is one more error in error handling; both are what it expects of code that it calls.
///
/// # Safety
/// `l` is a live state, and this is its thread. Safe in a signal handler.
pub unsafe fn allow_hooks(l: *mut lua_State) {
    /// lj_obj.h: `HOOK_ACTIVE`, a hook runs or is not to.
    const HOOK_ACTIVE: u8 = 0x10;
    // SAFETY: `hookmask` is in the state; its other bits stay.
    unsafe {
        let hookmask = hookmask(l);
        hookmask.write_volatile(hookmask.read_volatile() & !HOOK_ACTIVE);
    }
}

/// Where LuaJIT notes which hooks are set, and whether they are put off.
///
/// # Safety
/// `l` is a live state.
unsafe fn hookmask(l: *mut lua_State) -> *mut u8 {
    /// lj_obj.h, with LJ_GC64, which all 64-bit targets have: `struct lua_State` begins with
    /// `GCRef nextgc; uint8_t marked, gct, dummy_ffid, status; MRef glref`.
    const GLREF: usize = 16;
    /// lj_obj.h: in `global_State`, after the allocator, the collector and the empty string.
    const HOOKMASK: usize = 145;
    // SAFETY: every new state is asked whether this is the place, by `check_hookmask`.
    unsafe {
        let global = l.cast::<u8>().add(GLREF).cast::<*mut u8>().read();
        global.add(HOOKMASK)
    }
}

/// Refuses a LuaJIT that has its mask of hooks elsewhere: `allow_hooks` would write into whatever
/// is there. Nothing else holds a build to the one version that was looked at.
fn check_hookmask(lua: &Lua) -> mlua::Result<()> {
    unsafe extern "C-unwind" fn nothing(_: *mut lua_State, _: *mut ffi::lua_Debug) {}

    let mut is_there = true;
    let at = &raw mut is_there;
    // SAFETY: no instruction of Lua runs while the hooks are set. What is read is within the state
    // of any LuaJIT, which is larger than that by far.
    unsafe {
        lua.exec_raw::<()>((), |l| {
            for mask in [ffi::LUA_MASKCOUNT, ffi::LUA_MASKLINE | ffi::LUA_MASKRET, 0] {
                ffi::lua_sethook(l, Some(nothing), mask, c_int::MAX);
                *at &= c_int::from(hookmask(l).read_volatile()) == mask;
            }
        })?;
    }
    match is_there {
        true => Ok(()),
        false => Err(mlua::Error::runtime(
            "this LuaJIT is not laid out as the one that the runtime is made for; build it with \
             the versions in Cargo.lock (`cargo build --locked`)",
        )),
    }
}

/// Makes a new state what user code expects: `ffi` is no global, and random numbers are seeded,
/// which LuaJIT would draw the same in all states.
///
/// # Errors
/// Lua is out of memory, or another LuaJIT than this is made for.
pub fn set_up(lua: &Lua) -> mlua::Result<()> {
    check_hookmask(lua)?;
    lua.globals().raw_set("ffi", Value::Nil)?;
    let math: Table = lua.globals().raw_get("math")?;
    let randomseed: Function = math.raw_get("randomseed")?;
    // Where the system gives no randomness, LuaJIT's own seed stays.
    match sys::entropy() {
        Ok(entropy) => randomseed.call(entropy),
        Err(_) => Ok(()),
    }
}

/// Sets up the stand-alone interpreter's collector: luajit.c leaves it as it is.
pub fn set_collector(_: &Lua) {}

/// Whether a message handler that runs out of memory fails like any other.
pub const HANDLERS_HIDE_NO_MEMORY: bool = true;

/// What LuaJIT says of itself: `LuaJIT 2.1.… -- Copyright (C) …`.
pub fn copyright(lua: &Lua) -> String {
    let version = |name: &str| -> mlua::Result<String> {
        let jit: Table = lua.globals().raw_get("jit")?;
        jit.raw_get(name)
    };
    let version = version("version").unwrap_or_else(|_| NAME.to_owned());
    format!("{version} -- {COPYRIGHT}")
}

/// luajit.h: LUAJIT_COPYRIGHT and LUAJIT_URL.
const COPYRIGHT: &str = "Copyright (C) 2005-2026 Mike Pall. https://luajit.org/";
/// Functions of the C API that came with Lua 5.4.
const LUA_5_4: &[&str] = &[
    "luaL_addgsub",
    "lua_closeslot",
    "lua_closethread",
    "lua_getiuservalue",
    "lua_newuserdatauv",
    "lua_resetthread",
    "lua_setcstacklimit",
    "lua_setiuservalue",
    "lua_setwarnf",
    "lua_toclose",
    "lua_warning",
];
/// Functions of the C API that came with Lua 5.3.
const LUA_5_3: &[&str] = &[
    "lua_geti",
    "lua_isinteger",
    "lua_rotate",
    "lua_seti",
    "lua_stringtonumber",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_hooks_is_where_it_was_seen() {
        check_hookmask(&Lua::new()).unwrap();
    }
}
