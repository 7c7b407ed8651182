//! lua-cjson's names and options, as OpenResty has them.

use super::run;

#[test]
fn cjson_has_the_names_and_options_of_openresty() {
    run(r#"
        assert(cjson.encode(cjson.decode("[]")) == "{}", "arrays carry no mark unless asked for")
        assert(cjson.encode(cjson.empty_array) == "[]" and json.encode({ cjson.empty_array }) == "[[]]")
        assert(cjson.encode(setmetatable({}, cjson.array_mt)) == "[]")
        assert(cjson.encode(setmetatable({}, cjson.empty_array_mt)) == "[]")
        assert(cjson.encode(setmetatable({ a = 1 }, cjson.empty_array_mt)) == '{"a":1}')
        assert(cjson.encode(cjson.null) == "null" and cjson.encode({ 1, 2 }) == "[1,2]")

        assert(cjson.decode_array_with_array_mt() == false and cjson.decode_array_with_array_mt(true) == true)
        assert(cjson.encode(cjson.decode("[]")) == "[]")
        assert(getmetatable(cjson.decode("[1]")) == cjson.array_mt)

        assert(cjson.encode_empty_table_as_object() == true and cjson.encode_empty_table_as_object(false) == false)
        assert(cjson.encode({ a = {} }) == '{"a":[]}' and json.encode({}) == "{}")
        assert(cjson.encode_empty_table_as_object("on") == true and cjson.encode({}) == "{}")

        assert(cjson.encode_number_precision(3) == 3 and cjson.encode({ 1 / 3, 7 }) == "[0.333,7]")
        assert(cjson.encode_number_precision(17) == 17 and cjson.encode(1 / 3) == "0.3333333333333333")
        assert(not pcall(cjson.encode_number_precision, 18) and not pcall(cjson.encode_number_precision, "x"))

        local convert, ratio, safe_index = cjson.encode_sparse_array()
        assert(convert == false and ratio == 2 and safe_index == 10)
        assert(not pcall(cjson.encode, { [1000] = 1 }))
        convert, ratio, safe_index = cjson.encode_sparse_array(true)
        assert(convert and ratio == 2 and cjson.encode({ [1000] = 1 }) == '{"1000":1}')
        cjson.encode_sparse_array(false, 0)
        assert(#cjson.encode({ [1000] = 1 }) == 999 * 5 + 3)
        cjson.encode_sparse_array(false, 2, 3)
        assert(not pcall(cjson.encode, { [4] = 1 }) and cjson.encode({ [3] = 1 }) == "[null,null,1]")

        assert(cjson.decode_max_depth() == 1000 and cjson.decode_max_depth(2) == 2)
        assert(cjson.decode("[[1]]")[1][1] == 1 and not pcall(cjson.decode, "[[[1]]]"))
        assert(not pcall(cjson.decode_max_depth, 0) and cjson.decode_max_depth() == 2)

        local fresh = cjson.new()
        assert(fresh.decode_max_depth() == 1000 and fresh.null == cjson.null and fresh.array_mt == cjson.array_mt)
        fresh.decode_max_depth(5)
        assert(cjson.decode_max_depth() == 2)

        local ok, message = pcall(function() local x = cjson.decode("{") return x end)
        assert(not ok and message:match("^app.lua:%d+: invalid JSON at byte 2"), message)
        local value, err = safe.decode("{")
        assert(value == nil and err == "invalid JSON at byte 2: the text ends inside an object", err)
        value, err = safe.encode({ print })
        assert(value == nil and err == "cannot encode a function at $[1]", err)
        assert(safe.decode("[7]")[1] == 7 and safe.encode({ 7 }) == "[7]")
        value, err = safe.new().decode("x")
        assert(value == nil and type(err) == "string")
    "#);
}
