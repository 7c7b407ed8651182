-- The attributes of messages, which SQS and SNS write in different words, as plain values.
local part = ...
local decimal = part("events/decimal")
local values = part("events/values")

local M = {}

-- One value by its type: `String`, `Number`, `Binary`, `String.Array` of SNS, or one of those with
-- a name of the sender's after a dot. `text` is the value, a binary one in base64; `what` is for
-- errors.
function M.value(kind, text, what)
  local base = tostring(kind):match("^[^.]*")
  if base == "Binary" then
    return values.bytes(text, what)
  elseif type(text) ~= "string" then
    return values.optional(text)
  elseif base == "Number" then
    local number = decimal.read(text)
    -- Up to 38 digits: those that no number of Lua's holds stay text.
    return type(number) == "number" and number or text
  elseif kind == "String.Array" then
    local ok, list = values.decode(text)
    return ok and type(list) == "table" and list or text
  end
  return text
end

return M
