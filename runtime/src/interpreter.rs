//! The Lua interpreter that this build holds, and all in which it differs from the other: its
//! names, its places, and the few calls of C that only one of them has.
//!
//! - `lua54`: Lua 5.4
//! - `luajit`: LuaJIT 2.1, whose language and C API are those of Lua 5.1

#[cfg(feature = "lua54")]
mod lua54;
#[cfg(feature = "luajit")]
mod luajit;

#[cfg(all(feature = "lua54", not(feature = "luajit")))]
pub(crate) use lua54::*;
#[cfg(all(feature = "luajit", not(feature = "lua54")))]
pub(crate) use luajit::*;

#[cfg(not(any(feature = "lua54", feature = "luajit")))]
compile_error!("a build holds one interpreter: enable the feature `lua54` or the feature `luajit`");
#[cfg(all(feature = "lua54", feature = "luajit"))]
compile_error!(
    "a build holds one interpreter: of the features `lua54` and `luajit` disable one \
     (`--no-default-features --features luajit`)"
);
