---@meta cjson

---lua-cjson's names and options on this runtime's own JSON codec, unless the function or a layer ships a `cjson` of its own.
---`require("cjson.safe")` gives the same with an `encode` and a `decode` that return `nil` and a message instead of throwing.
---@class cjson
---`null` in JSON: the NULL light userdata.
---@field null lightuserdata
---A value that is encoded as `[]`.
---@field empty_array lightuserdata
---The metatable of tables that are always an array.
---@field array_mt table
---The metatable of tables that are an array when they are empty.
---@field empty_array_mt table
local cjson = {}

---Gives the JSON text of a value.
---@param value any
---@return string? text
---@return any err  With `cjson.safe` only.
function cjson.encode(value) end

---Gives the value of a JSON text.
---@param text string
---@return any value
---@return string? err  With `cjson.safe` only.
function cjson.decode(text) end

---Whether decoded arrays get `array_mt`; off at first. Sets it when given.
---@param on? boolean|"on"|"off"
---@return boolean
function cjson.decode_array_with_array_mt(on) end

---How many levels a text may nest, from 1; 1,000 at first. Sets it when given.
---@param depth? integer
---@return integer
function cjson.decode_max_depth(depth) end

---Whether an empty table is `{}`; on at first. Sets it when given.
---@param on? boolean|"on"|"off"
---@return boolean
function cjson.encode_empty_table_as_object(on) end

---Significant digits of floats, 1 to 17; 17, the first value, is the shortest text that reads back the same. Sets it when given.
---@param digits? integer
---@return integer
function cjson.encode_number_precision(digits) end

---What becomes of an array whose largest index is over `safe` (10 at first) and over `ratio` (2) times the count of its items: an
---error, or with `convert` (off) an object. A ratio of 0 lets every array pass. Sets what is given.
---@param convert? boolean|"on"|"off"
---@param ratio? integer
---@param safe? integer
---@return boolean convert
---@return integer ratio
---@return integer safe
function cjson.encode_sparse_array(convert, ratio, safe) end

---Gives a module like this one, with settings of its own at their first values.
---@return cjson
function cjson.new() end

return cjson
