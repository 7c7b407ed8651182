"use strict";

const { LuaFunction } = require("./lib/lua-function");
const { luaLayer } = require("./lib/lua-layer");

module.exports = { LuaFunction, luaLayer };
