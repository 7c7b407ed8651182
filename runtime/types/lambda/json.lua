---@meta lambda.json

---JSON without loss. Errors are thrown, with position and path.
---@class lambda.json
---`null` in JSON: the NULL light userdata, which is truthy and equals `cjson.null`.
---@field null lightuserdata
---The metatable of arrays; `decode` gives it to every array.
---@field array_mt table
---The metatable of tables that are an object even when they are empty or hold a sequence.
---@field object_mt table
local json = {}

---@class lambda.json.Options
---Spaces a level, 0 to 16; members are sorted by name. 0 (the default) is one line in table order.
---@field indent? integer

---Gives the JSON text of a value.
---
---A table with only positive integer keys is an array, any other an object; an empty one is `{}` unless marked as an array.
---A `__tojson(value)` on a metatable gives the value to encode instead. `__index` and `__pairs` play no part.
---
---Throws on what JSON cannot say, with the path: `cannot encode a function at $.items[3].cb`.
---@param value any
---@param options? lambda.json.Options
---@return string
function json.encode(value, options) end

---Gives the value of a JSON text.
---
---Throws on what is not JSON, with the byte's position from 1: `invalid JSON at byte 5: expected a value`.
---@param text string
---@return any
function json.decode(text) end

---Marks a table as an array, so that it is `[]` when empty, and gives it back. Without a table, gives a new one.
---@generic T: table
---@param t? T
---@return T
function json.array(t) end

---Marks a table as an object, and gives it back. Without a table, gives a new one.
---@generic T: table
---@param t? T
---@return T
function json.object(t) end

---Gives a value that is encoded as the JSON text it was made of, unchanged. Throws when the text is not JSON in UTF-8.
---@param text string
---@return userdata
function json.raw(text) end

return json
