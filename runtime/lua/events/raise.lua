-- Errors at the place in the user's code that called into `lambda.events`.
local part = ...

local M = {}

-- Where the user's code is now: the innermost function that is not one of ours; empty where a tail
-- call has left none.
function M.position()
  local level = 2
  local frame = debug.getinfo(level, "Sl")
  while frame do
    if frame.currentline > 0 and not frame.source:find("^=lambda%.") then
      return ("%s:%d: "):format(frame.short_src, frame.currentline)
    end
    level = level + 1
    frame = debug.getinfo(level, "Sl")
  end
  return ""
end

-- Raises with that position.
function M.fail(message, ...)
  if select("#", ...) > 0 then
    message = message:format(...)
  end
  error(M.position() .. message, 0)
end

-- A value for a message: text in quotes, at most its beginning; of others what they are.
function M.shown(value)
  if type(value) ~= "string" then
    return "a " .. type(value)
  end
  return "\"" .. (#value > 40 and value:sub(1, 40) .. "…" or value) .. "\""
end

-- The names of what is in a table, a few of them, in words.
function M.members(event)
  local names = {}
  for name in pairs(event) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  if #names == 0 then
    return "it is empty"
  elseif event[1] ~= nil then
    return "it is a list"
  end
  local shown = table.concat(names, ", ", 1, math.min(#names, 6))
  return "its members: " .. shown .. (#names > 6 and ", …" or "")
end

-- Whose records have their own form in a pipe of EventBridge, too.
local PIPED = { dynamodb = true, sqs = true }

-- What the event is, in words: "one of S3".
function M.said(event)
  local source = part("events/source")
  local name = source.of(event)
  if name then
    return "one of " .. source.LABELS[name], source.READERS[name]
  end
  if type(event) ~= "table" then
    return "no table but a " .. type(event)
  end
  local first = source.of_record(event[1])
  if PIPED[first] then
    local said = "a list of records of %s, as a pipe of EventBridge sends; "
      .. "call events.record for each"
    return said:format(source.LABELS[first])
  end
  return "one of an unknown source (" .. M.members(event) .. ")"
end

-- Raises that `events.NAME` was called with an event of another source; `wanted` is in words, and
-- `hint` for what nothing reads.
function M.wrong_source(name, wanted, event, hint)
  if type(event) ~= "table" then
    M.fail("bad argument #1 to '%s' (an event expected, got %s)", name, type(event))
  end
  local said, reader = M.said(event)
  local remedy = reader and "; " .. reader .. " reads it" or hint or ""
  M.fail("events.%s: expected an event of %s, got %s%s", name, wanted, said, remedy)
end

return M
