//! Lua's C API, by which a module shows for which Lua it was compiled.

use std::collections::HashSet;

use crate::layer::Interpreter;

/// The names that interpreters export to C modules.
pub struct LuaApi {
    lua_54: HashSet<&'static str>,
    luajit: HashSet<&'static str>,
}

/// A Lua that a module was compiled for, and a name that shows it.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch<'a> {
    /// The Lua, for people.
    pub built_for: &'static str,
    /// What that Lua has and the function's has not.
    pub symbol: &'a str,
}

impl LuaApi {
    /// The interpreters that layers hold.
    pub fn new() -> Self {
        Self {
            lua_54: include_str!("api/lua-54.txt").lines().collect(),
            luajit: include_str!("api/luajit-21.txt").lines().collect(),
        }
    }

    /// Why a module that needs the names `needed` does not load into `interpreter`, if so.
    pub fn mismatch<'a>(
        &self,
        needed: &[&'a str],
        interpreter: Interpreter,
    ) -> Option<Mismatch<'a>> {
        let (own, other) = match interpreter {
            Interpreter::Lua54 => (&self.lua_54, &self.luajit),
            Interpreter::Luajit21 => (&self.luajit, &self.lua_54),
        };
        let lua: Vec<_> = needed
            .iter()
            .copied()
            .filter(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
            .collect();
        let symbol = lua.iter().copied().find(|name| !own.contains(name))?;
        let is_between = lua.iter().any(|name| LUA_5_2_AND_5_3.contains(name));
        let all_in = |names: &HashSet<_>| lua.iter().all(|name| names.contains(name));
        let built_for = match interpreter {
            Interpreter::Lua54 if all_in(other) => "Lua 5.1 or LuaJIT",
            Interpreter::Luajit21 if all_in(other) => "Lua 5.2, 5.3 or 5.4",
            _ if is_between => "Lua 5.2 or 5.3",
            _ => "another Lua",
        };
        Some(Mismatch { built_for, symbol })
    }
}

/// How the names of the API begin.
const PREFIXES: [&str; 4] = ["lua_", "luaL_", "luaI_", "luaJIT_"];
/// Functions of the versions between, which 5.4 no longer has; LuaJIT has the first.
const LUA_5_2_AND_5_3: [&str; 7] = [
    "lua_newuserdata",
    "luaL_checkunsigned",
    "luaL_optunsigned",
    "lua_getuservalue",
    "lua_pushunsigned",
    "lua_setuservalue",
    "lua_tounsignedx",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn built_for(needed: &[&str], interpreter: Interpreter) -> Option<&'static str> {
        let mismatch = LuaApi::new().mismatch(needed, interpreter);
        mismatch.map(|mismatch| mismatch.built_for)
    }

    #[test]
    fn a_module_that_finds_all_it_needs_fits() {
        let needed = [
            "lua_pushinteger",
            "luaL_checklstring",
            "malloc",
            "luaopen_other",
        ];
        assert_eq!(built_for(&needed, Interpreter::Lua54), None);
        assert_eq!(built_for(&needed, Interpreter::Luajit21), None);
        assert_eq!(built_for(&["lua_newuserdatauv"], Interpreter::Lua54), None);
        assert_eq!(built_for(&["luaL_register"], Interpreter::Luajit21), None);
    }

    #[test]
    fn a_module_for_another_lua_names_it_and_the_symbol() {
        let api = LuaApi::new();
        let needed = ["strlen", "lua_pushstring", "luaL_register"];
        let expected = Mismatch {
            built_for: "Lua 5.1 or LuaJIT",
            symbol: "luaL_register",
        };
        assert_eq!(api.mismatch(&needed, Interpreter::Lua54), Some(expected));
        let of_5_3 = ["luaL_checkversion_", "lua_newuserdata"];
        assert_eq!(
            built_for(&of_5_3, Interpreter::Lua54),
            Some("Lua 5.2 or 5.3")
        );
        assert_eq!(
            built_for(&of_5_3, Interpreter::Luajit21),
            Some("Lua 5.2 or 5.3")
        );
        assert_eq!(
            built_for(&["lua_newuserdatauv"], Interpreter::Luajit21),
            Some("Lua 5.2, 5.3 or 5.4")
        );
        assert_eq!(
            built_for(&["lua_from_nowhere"], Interpreter::Lua54),
            Some("another Lua")
        );
    }
}
