-- Values of DynamoDB that Lua has no type for: bytes, which are no text, and sets.
local part = ...
local json = require("lambda.json")
local raise = part("events/raise")

local M = {}

local Binary = { __name = "lambda.events.Binary" }
Binary.__index = Binary

function Binary.__tostring(binary)
  return binary.bytes
end

function Binary.__eq(a, b)
  return a.bytes == b.bytes
end

function Binary.__len(binary)
  return #binary.bytes
end

-- As DynamoDB itself writes bytes.
function Binary.__tojson(binary)
  return require("lambda.crypto").base64(binary.bytes)
end

function M.binary(bytes)
  if type(bytes) ~= "string" then
    raise.fail("bad argument #1 to 'binary' (string expected, got %s)", type(bytes))
  end
  return setmetatable({ bytes = bytes }, Binary)
end

function M.is_binary(value)
  return getmetatable(value) == Binary
end

local Set = { __name = "lambda.events.Set" }
Set.__index = Set

function Set.has(set, value)
  for _, member in ipairs(set) do
    if member == value then
      return true
    end
  end
  return false
end

function Set.__tojson(set)
  local list = {}
  for nth, member in ipairs(set) do
    list[nth] = member
  end
  return json.array(list)
end

function M.set(list)
  if type(list) ~= "table" then
    raise.fail("bad argument #1 to 'set' (table expected, got %s)", type(list))
  end
  local set = {}
  for nth, member in ipairs(list) do
    set[nth] = member
  end
  return setmetatable(set, Set)
end

function M.is_set(value)
  return getmetatable(value) == Set
end

return M
