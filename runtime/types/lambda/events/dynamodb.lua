---@meta _

---The changes of a stream of a table, and attribute values, `{ N = "42" }`, both ways.
---
---Called with an event of DynamoDB Streams, or of a stream of Kinesis that has a table's changes,
---it gives a list of them.
---@class lambda.events.dynamodb
---@overload fun(event: table): lambda.events.Change[]
local dynamodb = {}

---An attribute value as plain Lua; an error with its path where it is none.
---
---A string, a boolean, a list (which remembers that it is one) and a map are themselves, `NULL` is
---`json.null` (with `MOONLAYER_JSON_NULL=nil` absent in a map). A number is an integer or a float
---where Lua holds all its digits, else a `lambda.events.Decimal`; a binary value is a
---`lambda.events.Binary`, a set a `lambda.events.Set`, so that `encode` gives back what it was.
---@param value table
---@return any value
function dynamodb.decode(value) end

---A whole item, a map of attribute values by name, as a plain table. An error for nil, as for every
---other value that is no table.
---@param item table
---@return table<string, any> item
function dynamodb.decode_item(item) end

---A plain value as an attribute value.
---
---A table is a list or a map by the rules of `json.encode`: an empty one is a map, unless
---`json.array` says otherwise; a hole is `NULL`. An error with its path for what DynamoDB does not
---take: a function, NaN, a number out of its range or of more than 38 digits, an empty or mixed
---set, more than 32 levels.
---@param value any
---@return table value
function dynamodb.encode(value) end

---A plain table as an item: a map of attribute values by name. An error for a list, a set, bytes or
---a single number.
---@param item table
---@return table<string, table> item
function dynamodb.encode_item(item) end

---The number that a text is: an integer or a float where Lua holds all its digits, else a
---`lambda.events.Decimal`. An error where it is none.
---@param text string Decimal, such as `"12345678901234567890.5"` or `"1E+30"`.
---@return number|lambda.events.Decimal number
function dynamodb.number(text) end

---Bytes that are no text.
---@param bytes string
---@return lambda.events.Binary binary
function dynamodb.binary(bytes) end

---A set of strings, of numbers, or of binary values, which it copies out of a list.
---@param list any[]
---@return lambda.events.Set set
function dynamodb.set(list) end

---One change of an item.
---@class lambda.events.Change
---@field id string
---@field event_name "INSERT"|"MODIFY"|"REMOVE"
---@field table_name string
---The item's key, as plain Lua.
---@field keys table<string, any>
---The item after the change; nil of a removal, or where the stream's view leaves it out.
---@field new? table<string, any>
---The item before the change; nil of an insertion, or where the stream's view leaves it out.
---@field old? table<string, any>
---Of more digits than a number has; partial batch failures name it.
---@field sequence_number? string
---@field size_bytes integer
---`"NEW_AND_OLD_IMAGES"` and its like; nil through Kinesis.
---@field view? string
---@field time_ms integer
---Whether DynamoDB removed the item because its time to live was over.
---@field is_expired boolean
---The stream's ARN.
---@field arn? string
---@field region string
---The record of Kinesis that it came in.
---@field kinesis? lambda.events.KinesisRecord
---@field raw table

---A number with more digits than Lua's have.
---
---`tostring`, `json.encode` and `encode` give all of them; `==` and `<` compare such numbers
---exactly with each other, on Lua 5.4 `<` also with Lua's numbers. Arithmetic is an error.
---@class lambda.events.Decimal
---The digits.
---@field text string
local Decimal = {}

---The nearest number of Lua's.
---@return number number
function Decimal:tonumber() end

---Bytes that are no text. `tostring` gives them, `==` compares them, `json.encode` writes base64.
---@class lambda.events.Binary
---@field bytes string

---A set of DynamoDB: a list that remembers what it is. `json.encode` writes an array.
---@class lambda.events.Set
---@field [integer] string|number|lambda.events.Decimal|lambda.events.Binary
local Set = {}

---Whether the value is in the set.
---@param value string|number|lambda.events.Decimal|lambda.events.Binary
---@return boolean found
function Set:has(value) end
