//! Lua 5.4.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};

use mlua::Lua;
use mlua::ffi::{self, lua_State};
use mlua::state::{GcGenParams, GcMode};

use crate::coroutine;

/// What `bootstrap --version` shows.
pub const NAME: &str = "Lua 5.4";
/// What it is called where the version of its language matters.
pub const LANGUAGE: &str = "Lua 5.4";
/// The version in the names of folders, and for luarocks.
pub const VERSION: &str = "5.4";
/// The variables that set `package.path`, the first that is set wins.
pub const PATH_VARIABLES: &[&str] = &["LUA_PATH_5_4", "LUA_PATH"];
/// Those of `package.cpath`.
pub const CPATH_VARIABLES: &[&str] = &["LUA_CPATH_5_4", "LUA_CPATH"];
/// LUA_PATH_DEFAULT of luaconf.h.
pub const STOCK_PATH: &str = "/usr/local/share/lua/5.4/?.lua;/usr/local/share/lua/5.4/?/init.lua;\
    /usr/local/lib/lua/5.4/?.lua;/usr/local/lib/lua/5.4/?/init.lua;./?.lua;./?/init.lua";
/// LUA_CPATH_DEFAULT of luaconf.h.
pub const STOCK_CPATH: &str =
    "/usr/local/lib/lua/5.4/?.so;/usr/local/lib/lua/5.4/loadall.so;./?.so";
/// The field of `package` that lists the searchers.
pub const SEARCHERS: &str = "searchers";
/// What a searcher's message starts with; `require` itself puts a line break before each.
pub const NOT_FOUND_START: &str = "";
/// Whether an integer is a type of its own, so that a float keeps its point in JSON.
pub const HAS_INTEGERS: bool = true;
/// Whether a hook is set for all coroutines at once.
pub const HOOKS_ALL_COROUTINES: bool = false;
/// How deep coroutines may resume each other; none where Lua itself has a limit.
pub const MOST_NESTED_COROUTINES: Option<usize> = None;

/// The stack of a thread that runs Lua, as Linux gives it to the first one of a process: Lua's
/// limit of calls within calls of C (LUAI_MAXCCALLS) keeps within it. Only what is used is memory.
pub const STACK_BYTES: usize = 8 * 1024 * 1024;

/// The functions that `coroutine` has here beside `resume` and `wrap`, with the worker as upvalue 1.
pub const COROUTINE_FUNCTIONS: &[(&str, ffi::lua_CFunction)] = &[("close", close)];

/// Which Lua a C module is built for that wants the function `symbol`, which this one has not.
///
/// `wants` says whether the module wants another.
pub fn lua_of(symbol: &str, _wants: impl Fn(&str) -> bool) -> &'static str {
    match symbol {
        _ if LUA_5_1.contains(&symbol) => "Lua 5.1 or LuaJIT",
        _ if LUA_5_2_OR_5_3.contains(&symbol) => "Lua 5.2 or 5.3",
        _ => "another version of Lua",
    }
}

/// A request of `lua_gc` that takes no argument.
///
/// # Safety
/// `l` is a valid state; a collection runs finalizers, which are user code.
pub unsafe fn gc(l: *mut lua_State, what: c_int) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { ffi::lua_gc(l, what) }
}

/// Whether the collector runs: nobody has stopped it, and this is no finalizer.
///
/// # Safety
/// `l` is a valid state.
pub unsafe fn is_collecting(l: *mut lua_State) -> bool {
    // SAFETY: it only looks.
    unsafe { ffi::lua_gc(l, ffi::LUA_GCISRUNNING) == 1 }
}

/// Raises Lua's error for too little memory, with its own status.
///
/// # Safety
/// `l` is a valid state with a free slot; the frames up to what catches the error own nothing.
pub unsafe fn raise_out_of_memory(l: *mut lua_State) -> ! {
    // SAFETY: Lua keeps this very string at hand, so that pushing it needs no memory, and lua_error
    // knows it (lapi.c).
    unsafe {
        ffi::lua_pushstring(l, c"not enough memory".as_ptr());
        ffi::lua_error(l)
    }
}

/// Why `co` cannot be resumed, where `lua_resume` itself does not look.
///
/// # Safety
/// Both are states of one Lua.
pub unsafe fn refusal(_: *mut lua_State, _: *mut lua_State) -> Option<&'static CStr> {
    None
}

/// Ends the coroutine `co`, which failed with the error on top of `l`: what it has to close may put
/// another error there. Gives the status of the error.
///
/// # Safety
/// Both are states of one Lua; called in a C function with the worker as `upvalue`.
pub unsafe fn end_failed(l: *mut lua_State, co: *mut lua_State, upvalue: c_int) -> c_int {
    // SAFETY: the steps are those of lcorolib.c; lua_closethread raises nothing.
    unsafe {
        let mut status = ffi::lua_status(co);
        if status != ffi::LUA_OK && status != ffi::LUA_YIELD {
            let worker = coroutine::worker(l, upvalue);
            status = worker.within(co, || ffi::lua_closethread(co, l));
            ffi::lua_xmove(co, l, 1);
        }
        status
    }
}

/// `coroutine.close`.
unsafe extern "C-unwind" fn close(l: *mut lua_State) -> c_int {
    // SAFETY: a C function's stack has LUA_MINSTACK free slots; the steps are those of lcorolib.c.
    // lua_closethread raises nothing.
    unsafe {
        let co = coroutine::argument(l);
        let mut frame: ffi::lua_Debug = std::mem::zeroed();
        let is_normal =
            ffi::lua_status(co) == ffi::LUA_OK && ffi::lua_getstack(co, 0, &raw mut frame) != 0;
        if l == co || is_normal {
            let state = if l == co { c"running" } else { c"normal" };
            return ffi::luaL_error(l, c"cannot close a %s coroutine".as_ptr(), state.as_ptr());
        }
        let worker = coroutine::worker(l, 1);
        let status = worker.within(co, || ffi::lua_closethread(co, l));
        if status == ffi::LUA_OK {
            ffi::lua_pushboolean(l, 1);
            return 1;
        }
        ffi::lua_pushboolean(l, 0);
        ffi::lua_xmove(co, l, 1);
        2
    }
}

/// Lets hooks be called where Lua has put them off: in a finalizer, and in the message handler of an
/// error that a hook raised.
///
/// Lua has no call for this. A hook's error in a finalizer is caught there (and, as all of them,
/// warned of), and in a message handler it is one more error in error handling; both are what Lua
/// expects of code that it calls.
///
/// # Safety
/// `l` is a live state, and this is its thread. Safe in a signal handler.
pub unsafe fn allow_hooks(l: *mut lua_State) {
    /// lstate.h of Lua 5.4: `struct lua_State` begins with
    /// `GCObject *next; lu_byte tt, marked, status, allowhook`.
    const ALLOWHOOK: usize = size_of::<*const ()>() + 3;
    // SAFETY: the vendored Lua is the one version that was looked at, and a test pins the place.
    unsafe { l.cast::<u8>().add(ALLOWHOOK).write_volatile(1) }
}

/// Makes a new state what user code expects, which it is here.
///
/// # Errors
/// None.
pub fn set_up(_: &Lua) -> mlua::Result<()> {
    Ok(())
}

/// Sets up the stand-alone interpreter's collector as lua.c does.
pub fn set_collector(lua: &Lua) {
    lua.gc_set_mode(GcMode::Generational(GcGenParams::default()));
}

/// Whether a message handler that runs out of memory fails like any other.
pub const HANDLERS_HIDE_NO_MEMORY: bool = false;

/// What Lua says of itself: `Lua 5.4.9  Copyright (C) …`.
pub fn copyright(_: &Lua) -> String {
    unsafe extern "C" {
        static lua_ident: c_char;
    }
    // SAFETY: lapi.c defines it as a constant array that ends in NUL and lives as long as the
    // process.
    let ident = unsafe { CStr::from_ptr(&raw const lua_ident) };
    // "$LuaVersion: … $$LuaAuthors: … $"
    let ident = ident.to_str().unwrap_or_default();
    let copyright = ident
        .split('$')
        .nth(1)
        .and_then(|part| part.strip_prefix("LuaVersion: "));
    copyright.unwrap_or(ident).trim_end().to_owned()
}

/// Functions of Lua 5.1's C API that are macros or gone in later ones.
const LUA_5_1: &[&str] = &[
    "luaL_checkint",
    "luaL_findtable",
    "luaL_openlib",
    "luaL_prepbuffer",
    "luaL_register",
    "luaL_typerror",
    "lua_call",
    "lua_cpcall",
    "lua_equal",
    "lua_getfenv",
    "lua_insert",
    "lua_lessthan",
    "lua_objlen",
    "lua_pcall",
    "lua_remove",
    "lua_replace",
    "lua_setfenv",
    "lua_tointeger",
    "lua_tonumber",
    "lua_yield",
];
const LUA_5_2_OR_5_3: &[&str] = &[
    "luaL_checkunsigned",
    "luaL_optunsigned",
    "lua_getuservalue",
    "lua_newuserdata",
    "lua_pushunsigned",
    "lua_setuservalue",
    "lua_tounsignedx",
];
