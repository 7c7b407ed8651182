//! What differs between the interpreters that the tested program may hold.

/// Whether it is LuaJIT, and not Lua 5.4.
pub const IS_LUAJIT: bool = cfg!(feature = "luajit");
/// The version in the names of folders.
pub const VERSION: &str = if IS_LUAJIT { "5.1" } else { "5.4" };
/// The name in messages about modules.
pub const LANGUAGE: &str = if IS_LUAJIT {
    "LuaJIT 2.1 (Lua 5.1)"
} else {
    "Lua 5.4"
};
/// The program of Debian that `lua` is held to.
pub const PROGRAM: &str = if IS_LUAJIT { "luajit" } else { "lua5.4" };
/// One line that defines `on_collect(f)`: `f` is called when its result is collected. A table has no
/// finalizer in Lua 5.1.
pub const ON_COLLECT: &str = if IS_LUAJIT {
    "local function on_collect(f) local p = newproxy(true) getmetatable(p).__gc = f return p end "
} else {
    "local function on_collect(f) return setmetatable({}, { __gc = f }) end "
};
