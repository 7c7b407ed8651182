//! What hostile or unlucky callers do: no crash, no hang, no leak.

use mlua::MultiValue;

use super::*;

#[test]
fn a_table_that_a_to_json_changes_under_the_walk_does_no_harm() {
    run(r#"
        for grown = 1, 50 do
          local t = {}
          local change = setmetatable({}, { __tojson = function()
            for key in pairs(t) do t[key] = nil end
            for i = 1, grown do t["new" .. i] = i end
            collectgarbage()
            return 1
          end })
          for i = 1, 20 do t["k" .. i] = change end
          local ok, message = pcall(json.encode, { t = t })
          assert(ok or message == "cannot encode a table that changes while it is encoded at $.t", message)
          local list = {}
          local shrink = setmetatable({}, { __tojson = function()
            for i = 2, #list do list[i] = nil end
            list.x = 1
            collectgarbage()
            return {}
          end })
          list[1] = shrink
          for i = 2, grown do list[i] = { i } end
          ok, message = pcall(json.encode, { l = list })
          assert(ok or message == "cannot encode a table that changes while it is encoded at $.l", message)
        end
        assert(json.encode({ a = 1 }) == '{"a":1}')
    "#);
}

#[test]
fn a_finalizer_may_use_the_codec_in_the_middle_of_a_call() {
    run(r#"
        local function on_collect(f)
          if not newproxy then return setmetatable({}, { __gc = f }) end
          getmetatable(newproxy(true)).__gc = f
        end
        local runs = 0
        local function again()
          on_collect(function()
            runs = runs + 1
            assert(json.decode('{"k":["x","\\n"]}').k[2] == "\n" and json.encode({ [1.5] = {} }) == '{"1.5":{}}')
            assert(not pcall(json.decode, "["))
            if runs < 2000 then again() end
          end)
        end
        for _ = 1, 20 do again() end
        collectgarbage("setpause", 0)
        local parts = {}
        for i = 1, 3000 do parts[i] = ('{"k":"value\\n%d","n":%d}'):format(i, i) end
        local text = "[" .. table.concat(parts, ",") .. "]"
        for _ = 1, 5 do
          local value = json.decode(text)
          for i = 1, 3000 do assert(value[i].k == "value\n" .. i and value[i].n == i) end
          local copy = json.decode(json.encode(value))
          assert(copy[3000].n == 3000)
        end
        assert(runs > 0)
    "#);
}

#[test]
fn a_state_that_is_closed_may_still_encode_in_its_finalizers() {
    let lua = lua();
    lua.load(
        r#"
        local json, cjson = json, cjson
        for _ = 1, 10 do
          setmetatable({}, { __gc = function() pcall(json.encode, { 1 }) pcall(cjson.decode, "[1]") end })
          kept = setmetatable({ kept }, { __gc = function() pcall(json.encode, { 1 }) pcall(cjson.decode, "[1]") end })
          other = cjson.new()
          last = setmetatable({ last, other }, { __gc = function(self) pcall(self[2].encode, { 1 }) end })
        end
    "#,
    )
    .exec()
    .unwrap();
    drop(lua);
}

#[test]
fn out_of_memory_at_any_point_is_lua_s_own_error_and_leaks_nothing() {
    let lua = lua();
    let codec = Codec::new(&lua, Nulls::Null).unwrap();
    let item = r#"{"name":"a\tb","list":[1,2.5,null,[]],"long":"0123456789012345678901234567890123456789012345"}"#;
    let text = format!("[{}]", vec![item; 200].join(","));
    let value = codec.decode(&lua, text.as_bytes()).unwrap();
    let encode_mixed: mlua::Function = lua
        .load(r#"local t = {} for i = 1, 200 do t[i * 1.5] = setmetatable({}, { __tojson = function() return { ("x"):rep(200) } end }) end
                 return function() return json.encode(t) end"#)
        .eval()
        .unwrap();
    let decode_in_lua: mlua::Function = lua
        .load("local text = ... return function() return json.decode(text) end")
        .call(text.as_str())
        .unwrap();
    let (mut refused, mut served) = (0, 0);
    lua.gc_collect().unwrap();
    lua.gc_collect().unwrap();
    let base = lua.used_memory();
    for extra in (0..60)
        .map(|step| step * 64)
        .chain((0..150).map(|step| step * 2048))
    {
        let mut count = |memory_error: bool, ok: bool| {
            assert!(memory_error != ok, "extra {extra}");
            if ok { served += 1 } else { refused += 1 }
        };
        lua.gc_collect().unwrap();
        lua.set_memory_limit(lua.used_memory() + extra).unwrap();
        let decoded = codec.decode(&lua, text.as_bytes());
        count(
            matches!(decoded, Err(DecodeError::Lua(mlua::Error::MemoryError(_)))),
            decoded.is_ok(),
        );
        drop(decoded);
        let mut out = Vec::new();
        codec
            .encode(&lua, &value, &mut out)
            .unwrap_or_else(|error| assert!(matches!(error, EncodeError::Lua(_))));
        for function in [&encode_mixed, &decode_in_lua] {
            let result = function.call::<MultiValue>(());
            count(
                matches!(result, Err(mlua::Error::MemoryError(_))),
                result.is_ok(),
            );
        }
        lua.set_memory_limit(0).unwrap();
    }
    assert!(
        refused > 20 && served > 20,
        "{refused} refused, {served} served"
    );
    lua.gc_collect().unwrap();
    lua.gc_collect().unwrap();
    assert!(
        lua.used_memory() < base + 20_000,
        "{} was {base}",
        lua.used_memory()
    );
    assert!(codec.decode(&lua, text.as_bytes()).is_ok());
}

/// `isrunning` is of Lua 5.2, and LuaJIT has it.
fn is_collecting(lua: &Lua) -> bool {
    let asked = lua.load("return collectgarbage('isrunning')").eval();
    asked.unwrap()
}

#[test]
fn the_collector_is_left_as_it_was_found() {
    let lua = lua();
    let codec = Codec::new(&lua, Nulls::Null).unwrap();
    let big = format!("[{}]", vec!["[1,2,3]"; 50_000].join(","));
    assert!(is_collecting(&lua));
    drop(codec.decode(&lua, big.as_bytes()).unwrap());
    assert!(is_collecting(&lua));
    lua.gc_collect().unwrap();
    lua.set_memory_limit(lua.used_memory() + 100_000).unwrap();
    assert!(codec.decode(&lua, big.as_bytes()).is_err());
    assert!(is_collecting(&lua));
    lua.set_memory_limit(0).unwrap();
    lua.gc_stop();
    drop(codec.decode(&lua, big.as_bytes()).unwrap());
    assert!(!is_collecting(&lua));
    lua.gc_restart();
    for _ in 0..30 {
        drop(codec.decode(&lua, big.as_bytes()).unwrap());
    }
    assert!(
        lua.used_memory() < 60_000_000,
        "garbage is collected: {}",
        lua.used_memory()
    );
}

#[test]
fn a_thousand_levels_and_no_more_go_both_ways() {
    run(r#"
        local function nested(levels)
          local t = json.array()
          for _ = 2, levels do t = { t } end
          return t
        end
        local text = json.encode(nested(1000))
        assert(text == ("["):rep(1000) .. ("]"):rep(1000))
        assert(json.encode(json.decode(text)) == text)
        local ok, message = pcall(json.encode, nested(1001))
        assert(not ok and message:find("cannot encode more than 1000 levels of tables at $[1][1]", 1, true), message)
        assert(#message < 300, message)
        ok, message = pcall(json.decode, "[" .. text .. "]")
        assert(message == "invalid JSON at byte 1001: nesting is too deep here", message)
        assert(not pcall(json.decode, ("["):rep(100000)))
        -- Mixed tables at each level: decided once, not once more at each level.
        local mixed = { 1 }
        for _ = 2, 900 do mixed = { mixed, x = 1 } end
        assert(#json.encode(mixed) > 900)
        mixed = { 1 }
        for _ = 2, 900 do mixed = { mixed, [3] = 1 } end
        assert(#json.encode(mixed) > 900)
    "#);
}

#[test]
fn what_was_in_the_buffer_stays_when_encoding_fails() {
    let lua = Lua::new();
    let codec = Codec::new(&lua, Nulls::Null).unwrap();
    let mut out = b"before".to_vec();
    let value: Value = lua.load("return { 1, 2, { print } }").eval().unwrap();
    let error = codec.encode(&lua, &value, &mut out).unwrap_err();
    assert_eq!(error.to_string(), "cannot encode a function at $[3][1]");
    assert_eq!(out, b"before");
    let value: Value = lua
        .load("return { setmetatable({}, { __tojson = function() error({ type = 'T' }) end }) }")
        .eval()
        .unwrap();
    let EncodeError::Raised(Value::Table(raised)) =
        codec.encode(&lua, &value, &mut out).unwrap_err()
    else {
        panic!("the table that was raised");
    };
    assert_eq!(raised.get::<String>("type").unwrap(), "T");
    assert_eq!(out, b"before");
}

#[cfg(feature = "lua54")]
#[test]
fn cjson_nests_as_deep_as_it_is_told() {
    run(r#"
        cjson.decode_max_depth(100000)
        local value = cjson.decode(("["):rep(100000) .. ("]"):rep(100000))
        for _ = 1, 99999 do value = value[1] end
        assert(value[1] == nil)
    "#);
}

// A C function of LuaJIT gets 8,000 slots of the stack, of which a level takes some.
#[cfg(feature = "luajit")]
#[test]
fn cjson_nests_as_deep_as_luajit_has_stack_for_it() {
    run(r#"
        cjson.decode_max_depth(100000)
        local value = cjson.decode(("["):rep(1500) .. ("]"):rep(1500))
        for _ = 1, 1499 do value = value[1] end
        assert(value[1] == nil)
        local ok, message = pcall(cjson.decode, ("["):rep(100000) .. ("]"):rep(100000))
        assert(not ok and message:find("too many levels of JSON", 1, true), message)
        assert(#cjson.decode("[1,2]") == 2)
    "#);
}

#[test]
fn the_memory_that_a_large_text_took_is_given_back_after_small_ones() {
    let lua = Lua::new();
    let codec = Codec::new(&lua, Nulls::Null).unwrap();
    let large = format!("[{}\"\\n{}\"]", "1,".repeat(500_000), "x".repeat(5_000_000));
    let capacity = || {
        let decoder = codec.decoder.take().unwrap();
        let bytes = decoder.capacity_bytes();
        codec.decoder.set(Some(decoder));
        bytes
    };
    codec.decode(&lua, large.as_bytes()).unwrap();
    codec.shrink();
    assert!(capacity() > 8_000_000, "kept while texts are large");
    codec.decode(&lua, b"[1]").unwrap();
    codec.shrink();
    assert!(capacity() <= 2 * 1024 * 1024, "{}", capacity());
}
