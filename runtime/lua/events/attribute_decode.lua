-- Attribute values of DynamoDB, `{"N": "42"}`, as plain Lua.
local part = ...
local json = require("lambda.json")
local decimal = part("events/decimal")
local marked = part("events/marked")
local raise = part("events/raise")

local null, array = json.null, json.array
-- Whether the user wants members that are null to be absent.
local null_is_absent = json.decode("{\"null\":null}").null == nil

-- Raises what is wrong, with where: `path` has the keys on the way, of which `depth` count.
local function bad(path, depth, message, ...)
  local place = { "$" }
  for nth = 1, depth do
    local key = path[nth]
    place[nth + 1] = type(key) == "number" and "[" .. key .. "]" or "." .. tostring(key)
  end
  raise.fail("%s: at %s, %s", path.caller, table.concat(place), message:format(...))
end

local function number(text, path, depth)
  local value
  if type(text) == "string" then
    value = decimal.read(text)
  end
  if value == nil then
    bad(path, depth, "%s is no number in a string", raise.shown(text))
  end
  return value
end

local function binary(text, path, depth)
  local bytes, why
  if type(text) == "string" then
    bytes, why = require("lambda.crypto").from_base64(text)
  end
  if not bytes then
    bad(path, depth, "a binary value is not base64: %s", why or "it is a " .. type(text))
  end
  return marked.binary(bytes)
end

local function text(value, path, depth)
  if type(value) ~= "string" then
    bad(path, depth, "a string is a %s", type(value))
  end
  return value
end

local function set_of(decode)
  return function(list, path, depth)
    if type(list) ~= "table" then
      bad(path, depth, "a set is a %s", type(list))
    end
    local set = {}
    for nth, value in ipairs(list) do
      path[depth + 1] = nth
      set[nth] = decode(value, path, depth + 1)
    end
    return marked.set(set)
  end
end

local decode

local function list(values, path, depth)
  if type(values) ~= "table" then
    bad(path, depth, "a list is a %s", type(values))
  end
  local plain = {}
  for nth, value in ipairs(values) do
    path[depth + 1] = nth
    plain[nth] = decode(value, path, depth + 1)
  end
  return array(plain)
end

local function map(values, path, depth)
  if type(values) ~= "table" then
    bad(path, depth, "a map is a %s", type(values))
  end
  local plain = {}
  for name, value in pairs(values) do
    path[depth + 1] = name
    value = decode(value, path, depth + 1)
    if value ~= null or not null_is_absent then
      plain[name] = value
    end
  end
  return plain
end

local DECODERS = {
  B = binary,
  BOOL = function(value, path, depth)
    if type(value) ~= "boolean" then
      bad(path, depth, "a boolean is a %s", type(value))
    end
    return value
  end,
  BS = set_of(binary),
  L = list,
  M = map,
  N = number,
  NS = set_of(number),
  NULL = function()
    return null
  end,
  S = text,
  SS = set_of(text),
}

function decode(value, path, depth)
  if type(value) ~= "table" then
    bad(path, depth, "a %s stands where an attribute value is expected", type(value))
  end
  local kind, inner = next(value)
  local decoder = DECODERS[kind]
  if not decoder or next(value, kind) ~= nil then
    local message = "a table is no attribute value, as {S = \"text\"} is: %s"
    bad(path, depth, message, raise.members(value))
  end
  return decoder(inner, path, depth)
end

local M = {}

-- One value; `caller` is for errors, "dynamodb.decode".
function M.value(value, caller)
  return decode(value, { caller = caller }, 0)
end

-- A whole item: attribute values by their names.
function M.item(item, caller)
  return map(item, { caller = caller }, 0)
end

return M
