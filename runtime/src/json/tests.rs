//! The codec's rules: each row and sentence of docs/json.md.

mod cjson;
mod hostile;
mod marks;

use mlua::Lua;

use super::*;
use crate::modules;

/// A state with `json`, `cjson` and `safe` as globals.
fn lua() -> Lua {
    let lua = Lua::new();
    let codec = Codec::new(&lua, Nulls::Null).unwrap();
    let globals = lua.globals();
    globals
        .set("json", modules::json::module(&lua, &codec).unwrap())
        .unwrap();
    globals
        .set(
            "cjson",
            modules::cjson::module(&lua, &codec, false).unwrap(),
        )
        .unwrap();
    globals
        .set("safe", modules::cjson::module(&lua, &codec, true).unwrap())
        .unwrap();
    lua
}

#[track_caller]
fn run(source: &str) {
    let lua = lua();
    if let Err(error) = lua.load(source).set_name("=app.lua").exec() {
        panic!("{error}");
    }
}

/// The text that comes back when a text is decoded and encoded.
fn echo(text: &str) -> String {
    let lua = Lua::new();
    let codec = Codec::new(&lua, Nulls::Null).unwrap();
    let value = codec.decode(&lua, text.as_bytes()).unwrap();
    let mut out = b"kept".to_vec();
    codec.encode(&lua, &value, &mut out).unwrap();
    String::from_utf8(out)
        .unwrap()
        .strip_prefix("kept")
        .unwrap()
        .to_owned()
}

#[test]
fn every_row_of_the_table_comes_back_as_it_went() {
    for text in [
        "null",
        "[]",
        "{}",
        "[1,2]",
        "[null]",
        "[[],{}]",
        "9007199254740991",
        "-9007199254740991",
        "-0.0",
        "0.1",
        "true",
        "false",
        "\"\"",
        "\"é\\u0000\\n\"",
        "{\"a\":[{\"b\":null}]}",
        "[1,[2,[3,[]]],{\"x\":[[]]}]",
        "\"😀\"",
    ] {
        assert_eq!(echo(text), text);
    }
    assert_eq!(echo("-0"), "0");
    assert_eq!(echo("9223372036854775808"), "9.223372036854776e+18");
    assert_eq!(echo("{\"a\":1,\"a\":2}"), "{\"a\":2}");
    assert_eq!(
        echo("{\"a\":1,\"b\":0,\"a\":[1]}").len(),
        "{\"a\":[1],\"b\":0}".len()
    );
    assert_eq!(echo("\"\\ud800\""), "\"\u{fffd}\"");
    assert_eq!(echo("\"\\u0000\\u00e9\""), "\"\\u0000é\"");
}

#[cfg(feature = "lua54")]
#[test]
fn integers_and_floats_stay_what_they_are() {
    for text in [
        "9007199254740993",
        "9223372036854775807",
        "-9223372036854775808",
        "1.0",
    ] {
        assert_eq!(echo(text), text);
    }
    assert_eq!(echo("1e2"), "100.0");
    run(r#"
        assert(math.type(json.decode("1")) == "integer" and math.type(json.decode("1.0")) == "float")
        assert(math.type(json.decode("-0")) == "integer")
    "#);
}

#[cfg(feature = "luajit")]
#[test]
fn doubles_without_a_fraction_have_no_point() {
    for (text, back) in [
        ("1.0", "1"),
        ("-3.0", "-3"),
        ("1e2", "100"),
        ("1e15", "1000000000000000"),
        ("9007199254740992", "9007199254740992"),
        ("9007199254740993", "9007199254740992"),
        ("-9007199254740992.0", "-9007199254740992"),
        ("9223372036854775807", "9.223372036854776e+18"),
        ("1234567890123456789", "1.2345678901234568e+18"),
        ("1.5", "1.5"),
        ("1e-7", "1e-7"),
    ] {
        assert_eq!(echo(text), back, "{text}");
    }
    run(r#"
        assert(json.encode({ 100, 2 ^ 53 - 1, -2 ^ 53 + 1, 1e15 / 3 * 3, -1 / math.huge })
          == "[100,9007199254740991,-9007199254740991,1000000000000000,-0.0]", json.encode({ -1 / math.huge }))
        assert(json.encode({ [2 ^ 40] = 1, x = 2 }):find('"1099511627776":1', 1, true))
    "#);
}

#[test]
fn values_have_the_types_that_lua_expects() {
    run(r#"
        assert(json.decode("1e400") == math.huge and json.decode("-1e400") == -math.huge)
        assert(1 / json.decode("-0.0") == -math.huge and json.decode("-0") == 0)
        assert(json.null == cjson.null and json.decode("null") == json.null and json.null)
        assert(type(json.null) == "userdata" and json.decode("[null]")[1] == json.null)
        assert(getmetatable(json.decode("[]")) == json.array_mt and json.array_mt == cjson.array_mt)
        assert(getmetatable(json.decode("{}")) == nil)
        assert(json.decode('"\xff"') == "\xff", "bytes pass through")
        local seven = json.decode('{"a":{"b":[1,2,{"c":7}]}}')
        assert(seven.a.b[3].c == 7 and #seven.a.b == 3)
        local emptied = json.decode("[1]")
        emptied[1] = nil
        assert(json.encode(emptied) == "[]")
    "#);
}

#[test]
fn nothing_of_a_table_is_dropped() {
    run(r#"
        local function same(value, text)
          local got = json.encode(value)
          assert(got == text, got .. " for " .. text)
        end
        same({ 1, 2, 3 }, "[1,2,3]")
        same({ [3] = 3, [1] = 1, [2] = 2 }, "[1,2,3]")
        same({ 1, 2, nil, 4 }, "[1,2,null,4]")
        same({ [2] = "b" }, '[null,"b"]')
        same({ [10] = 1 }, "[null,null,null,null,null,null,null,null,null,1]")
        same({}, "{}")
        same(json.array({}), "[]")
        same(json.array(), "[]")
        same(json.object({}), "{}")
        same(json.object({ 7 }), '{"1":7}')
        same(json.array({ 1, nil, 3 }), "[1,null,3]")
        same({ [0] = "a" }, '{"0":"a"}')
        same({ [-1] = "a" }, '{"-1":"a"}')
        same({ [1.5] = "a" }, '{"1.5":"a"}')
        same({ {}, json.array(), { { 1 } } }, "[{},[],[[1]]]")
        local decoded = json.decode(json.encode({ 1, 2, x = 3 }))
        assert(decoded["1"] == 1 and decoded["2"] == 2 and decoded.x == 3 and decoded[1] == nil)
        decoded = json.decode(json.encode({ { 1 }, { 2 }, x = { 3 } }))
        assert(decoded["1"][1] == 1 and decoded["2"][1] == 2 and decoded.x[1] == 3)
        assert(json.encode(setmetatable({ 1 }, { __index = { 2, 3 }, __pairs = error, __len = error })) == "[1]")
        local shared = { 1 }
        same({ shared, shared }, "[[1],[1]]")
        -- An array whose later items fell into the hash part, in any order.
        local big = {}
        for i = 100, 1, -1 do big[i] = { i } end
        decoded = json.decode(json.encode(big))
        for i = 1, 100 do assert(decoded[i][1] == i) end
        same(nil, "null")
        same("x", '"x"')
    "#);
}

#[test]
fn every_refusal_says_what_it_met_and_where() {
    run(r#"
        local function refused(value, message)
          local ok, got = pcall(json.encode, value)
          assert(not ok and got == message, tostring(got))
        end
        refused(print, "cannot encode a function at $")
        refused({ items = { 1, 2, { cb = print } } }, "cannot encode a function at $.items[3].cb")
        refused({ x = coroutine.create(print) }, "cannot encode a thread at $.x")
        refused({ x = io.stdout }, "cannot encode a userdata at $.x")
        refused({ 0 / 0 }, "cannot encode NaN at $[1]")
        refused({ a = -math.huge }, "cannot encode an infinity at $.a")
        refused({ ["a b"] = { [2] = "\xff", [1] = 1 } },
          'cannot encode a string that is not UTF-8 at $["a b"][2]; base64-encode it')
        refused({ o = { ["\xff"] = 1 } }, "cannot encode a key that is not UTF-8 at $.o")
        refused({ o = { [true] = 1 } }, "cannot encode a boolean key at $.o")
        refused({ o = { [print] = 1 } }, "cannot encode a function key at $.o")
        refused({ o = { 1, [true] = 1 } }, "cannot encode a boolean key at $.o")
        refused({ o = { ["1"] = 1, 5 } }, 'cannot encode the keys 1 and "1" together at $.o')
        refused({ o = { ["1.5"] = 1, [1.5] = 5 } }, 'cannot encode the keys 1.5 and "1.5" together at $.o')
        refused({ [11] = 1 }, "cannot encode an excessively sparse array (1 items up to index 11) at $")
        refused({ a = { [1] = 1, [1e6] = 2 } },
          "cannot encode an excessively sparse array (2 items up to index 1000000) at $.a")
        refused({ json.array({ 1, 2, x = 3 }) }, 'cannot encode the key "x" in a table marked as an array at $[1]')
        refused(json.array({ [0] = 3 }), "cannot encode the key 0 in a table marked as an array at $")
        local cycle = { b = {} }
        cycle.b.c = { cycle }
        refused(cycle, "cannot encode a cycle at $.b.c[1], which is $ again")
        refused({ x = cycle.b }, "cannot encode a cycle at $.x.c[1].b, which is $.x again")
        local ok, message = pcall(function() local x = json.encode({ print }) return x end)
        assert(message == "app.lua:29: cannot encode a function at $[1]", message)
        assert(message:match("function") and message .. "")
    "#);
}

#[test]
fn syntax_errors_give_the_position_counted_from_one() {
    run(r#"
        local function refused(text, position)
          local ok, message = pcall(json.decode, text)
          assert(not ok and message:match("^invalid JSON at byte (%d+): ") == tostring(position), text .. message)
        end
        refused("", 1) refused("NaN", 1) refused("0x10", 2) refused("01", 2) refused('"a\nb"', 3)
        refused("[1,]", 4) refused("{} x", 4) refused("\xef\xbb\xbf{}", 1) refused("[1", 3) refused("nul", 1)
        local ok, message = pcall(function() local x = json.decode("{") return x end)
        assert(message == "app.lua:8: invalid JSON at byte 2: the text ends inside an object", message)
        ok, message = pcall(json.decode)
        assert(message == "bad argument #1 to 'json.decode' (string expected, got no value)"
          or message == "bad argument #1 to '?' (string expected, got no value)", message)
        ok, message = pcall(json.decode, {})
        assert(message:find("string expected, got table", 1, true))
        ok, message = pcall(json.encode)
        assert(message:find("value expected", 1, true), message)
    "#);
}

#[test]
fn to_json_gives_what_is_encoded_instead() {
    run(r#"
        local Point = { __tojson = function(self) return { x = self[1], inner = json.encode({ self[2] }) } end }
        local point = setmetatable({ 1, 2 }, Point)
        local back = json.decode(json.encode({ points = { point, point } }))
        assert(back.points[2].x == 1 and back.points[1].inner == "[2]")
        assert(json.encode(setmetatable({}, { __tojson = function() end })) == "null")
        assert(json.encode(setmetatable({}, { __tojson = function() return "s", 2 end })) == '"s"')
        assert(json.encode(setmetatable({}, { __tojson = function() return point end })):find('"x":1'))
        assert(json.encode(setmetatable({}, { __tojson = function() return json.raw("[ 1 ]") end })) == "[ 1 ]")
        assert(json.encode(setmetatable({ 1 }, {})) == "[1]", "other metatables do not matter")

        local raised = { code = 7 }
        local bad = setmetatable({}, { __tojson = function() error(raised) end })
        local ok, got = pcall(json.encode, { a = { bad } })
        assert(not ok and rawequal(got, raised))
        ok, got = pcall(json.encode, setmetatable({}, { __tojson = function() error("text") end }))
        assert(got == "app.lua:16: text", got)
        ok, got = pcall(json.encode, setmetatable({}, { __tojson = 5 }))
        assert(not ok and got:find("attempt to call a number value", 1, true), got)
        assert(json.encode({ 1 }) == "[1]", "the codec goes on")

        local itself = setmetatable({}, { __tojson = function(self) return self end })
        ok, got = pcall(json.encode, { itself })
        assert(got == "cannot encode a __tojson that gives a value with one again and again at $[1]", got)
        local wraps = setmetatable({}, { __tojson = function(self) return { self } end })
        ok, got = pcall(json.encode, wraps)
        assert(not ok and got:find("1000 levels", 1, true), got)
        local encodes = setmetatable({}, { __tojson = function(self) return json.encode(self) end })
        assert(not pcall(json.encode, encodes))
        ok, got = pcall(json.encode, { f = setmetatable({}, { __tojson = function() return print end }) })
        assert(got == "cannot encode a function at $.f", got)
    "#);
}

#[test]
fn indent_sorts_members_and_breaks_lines() {
    run(r#"
        local value = { b = { 1, { z = json.null, a = json.array(), ["a\n"] = {} } }, a = "x", [10] = true }
        local expected = [[
{
  "10": true,
  "a": "x",
  "b": [
    1,
    {
      "a": [],
      "a\n": {},
      "z": null
    }
  ]
}]]
        for _ = 1, 3 do
          assert(json.encode(value, { indent = 2 }) == expected, json.encode(value, { indent = 2 }))
        end
        assert(json.encode({ 1 }, { indent = 1 }) == "[\n 1\n]")
        assert(json.encode({ 1 }, { indent = 0 }) == "[1]" and json.encode({ 1 }, nil) == "[1]" and json.encode({ 1 }, {}) == "[1]")
        local many = {}
        for i = 1, 300 do many[("key%03d"):format(i * 7 % 300)] = { i, { y = i, x = { b = 1, a = 2 } } } end
        local text = json.encode(many, { indent = 3 })
        local last = ""
        for key in text:gmatch('\n   "(key%d+)"') do
          assert(last < key)
          last = key
        end
        assert(last == "key299")
        assert(json.encode(json.decode(text), { indent = 3 }) == text)
        for _, options in ipairs({ { indent = 17 }, { indent = -1 }, { indent = "x" }, { other = 1 }, { 1 } }) do
          local ok, message = pcall(json.encode, 1, options)
          assert(not ok and message:find("bad argument #2", 1, true), message)
        end
        assert(not pcall(json.encode, 1, 2))
    "#);
}

#[test]
fn raw_text_is_checked_once_and_passes_unchanged() {
    run(r#"
        local raw = json.raw('{ "a" : [1.50, null] }')
        assert(json.encode({ x = raw, y = { raw } }):find('"x":{ "a" : [1.50, null] }', 1, true))
        assert(cjson.encode({ raw }) == '[{ "a" : [1.50, null] }]')
        for _, text in ipairs({ "", "{", "[1],2", '"\xff"', "nil" }) do
          local ok, message = pcall(json.raw, text)
          assert(not ok and type(message) == "string" and message:find("invalid JSON at byte", 1, true), message)
        end
        local ok, message = pcall(function() local x = json.raw("x") return x end)
        assert(message == "app.lua:9: invalid JSON at byte 1: expected a value", message)
    "#);
}

#[test]
fn nulls_can_be_absent_keys() {
    let lua = Lua::new();
    let codec = Codec::new(&lua, Nulls::Nil).unwrap();
    let json = modules::json::module(&lua, &codec).unwrap();
    lua.load(
        r#"
        local json = ...
        local value = json.decode('{"a":null,"b":[null,1],"c":1,"c":null,"d":{"e":null}}')
        assert(value.a == nil and value.b[1] == json.null and value.c == nil and next(value.d) == nil)
        assert(json.decode("null") == json.null)
        assert(json.encode({ json.null }) == "[null]")
    "#,
    )
    .call::<()>(json)
    .unwrap();
}

#[test]
fn the_examples_of_the_documentation_hold() {
    let page = include_str!("../../../docs/json.md");
    let mut blocks = 0;
    for block in page.split("```lua\n").skip(1) {
        let source = block.split("```").next().unwrap();
        let lua = lua();
        let require =
            "local known = { ['lambda.json'] = json, cjson = cjson, ['cjson.safe'] = safe }
            function require(name) return known[name] end";
        lua.load(require).exec().unwrap();
        lua.load(source)
            .exec()
            .unwrap_or_else(|error| panic!("{source}\n{error}"));
        blocks += 1;
    }
    assert_eq!(blocks, 5);
}
