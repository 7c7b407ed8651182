std = "lua54"
max_line_length = 100
-- Definitions for editors declare functions without bodies; rocks are other people's.
exclude_files = { "target", "**/lua_modules", "**/node_modules", "runtime/types" }
-- The built-ins serve LuaJIT as well: what Lua 5.1 to 5.4 and LuaJIT share.
files["runtime/lua"] = { std = "min" }
files["runtime/src/standalone/luajit.lua"] = { std = "luajit" }
