-- Plain Lua as attribute values of DynamoDB, `{"N": "42"}`.
local part = ...
local json = require("lambda.json")
local decimal = part("events/decimal")
local marked = part("events/marked")
local raise = part("events/raise")

local null, array = json.null, json.array
-- What DynamoDB takes.
local MOST_LEVELS = 32

local function bad(path, depth, message, ...)
  local place = { "$" }
  for nth = 1, depth do
    local key = path[nth]
    place[nth + 1] = type(key) == "number" and "[" .. key .. "]" or "." .. tostring(key)
  end
  if select("#", ...) > 0 then
    message = message:format(...)
  end
  raise.fail("%s: %s at %s", path.caller, message, table.concat(place))
end

local function number(value, path, depth)
  local text, why = decimal.write(value)
  if not text then
    bad(path, depth, "cannot encode a number: %s,", why)
  end
  return text
end

local function base64(binary)
  return require("lambda.crypto").base64(binary.bytes)
end

-- The kind of set that a value belongs to, and its text there.
local function member(value, path, depth)
  if type(value) == "string" then
    return "SS", value
  elseif type(value) == "number" or decimal.is_decimal(value) then
    return "NS", number(value, path, depth)
  elseif marked.is_binary(value) then
    return "BS", base64(value)
  end
  bad(path, depth, "a set has strings, numbers or binary values, but there is a %s", type(value))
end

local function set(value, path, depth)
  local list, seen, kind = {}, {}, nil
  for nth, item in ipairs(value) do
    path[depth + 1] = nth
    local item_kind, text = member(item, path, depth + 1)
    if kind and item_kind ~= kind then
      bad(path, depth + 1, "a set has values of one type, but there is another")
    elseif seen[text] then
      bad(path, depth + 1, "a set has each value once, but there is one again")
    end
    kind, seen[text], list[nth] = item_kind, true, text
  end
  if not kind then
    bad(path, depth, "cannot encode a set without values, which DynamoDB does not keep,")
  end
  return { [kind] = array(list) }
end

-- How many indices a list has, or nil where the table is a map: the rule of lambda.json.
local function length_of(value, path, depth)
  local mark = getmetatable(value)
  if mark == json.object_mt then
    return nil
  end
  local largest, count = 0, 0
  for key in pairs(value) do
    if type(key) ~= "number" or key < 1 or key % 1 ~= 0 then
      if mark == json.array_mt then
        bad(path, depth, "cannot encode a table marked as an array that has other keys")
      end
      return nil
    end
    largest, count = math.max(largest, key), count + 1
  end
  if count == 0 then
    return mark == json.array_mt and 0 or nil
  end
  if largest > 10 and largest > 2 * count then
    bad(path, depth, "cannot encode an excessively sparse array")
  end
  return largest
end

local encode

local function list(value, length, path, depth)
  local items = {}
  for nth = 1, length do
    path[depth + 1] = nth
    local item = rawget(value, nth)
    items[nth] = item == nil and { NULL = true } or encode(item, path, depth + 1)
  end
  return { L = array(items) }
end

local function map(value, path, depth)
  local members = {}
  for key, item in pairs(value) do
    path[depth + 1] = key
    local name = key
    if type(key) == "number" then
      name = decimal.write(key) or tostring(key)
    elseif type(key) ~= "string" then
      bad(path, depth + 1, "cannot encode a %s as the name of an attribute", type(key))
    end
    if members[name] then
      bad(path, depth + 1, "cannot encode two attributes of one name")
    end
    members[name] = encode(item, path, depth + 1)
  end
  return members
end

function encode(value, path, depth)
  local kind = type(value)
  if kind == "string" then
    return { S = value }
  elseif kind == "number" then
    return { N = number(value, path, depth) }
  elseif kind == "boolean" then
    return { BOOL = value }
  elseif value == null then
    return { NULL = true }
  elseif kind ~= "table" then
    bad(path, depth, "cannot encode a " .. kind)
  elseif decimal.is_decimal(value) then
    return { N = number(value, path, depth) }
  elseif marked.is_binary(value) then
    return { B = base64(value) }
  elseif marked.is_set(value) then
    return set(value, path, depth)
  elseif depth > MOST_LEVELS then
    -- A table that contains itself ends here, too.
    bad(path, depth, "cannot encode more than %d levels", MOST_LEVELS)
  end
  local length = length_of(value, path, depth)
  if length then
    return list(value, length, path, depth)
  end
  return { M = map(value, path, depth) }
end

local M = {}

-- One value; `caller` is for errors, "dynamodb.encode".
function M.value(value, caller)
  return encode(value, { caller = caller }, 0)
end

-- A whole item: attribute values by their names.
function M.item(item, caller)
  local path = { caller = caller }
  local is_value = marked.is_set(item) or marked.is_binary(item) or decimal.is_decimal(item)
  if is_value or length_of(item, path, 0) then
    local got = is_value and "value" or "list"
    bad(path, 0, "an item has attributes by name, but there is a single %s", got)
  end
  return map(item, path, 0)
end

return M
