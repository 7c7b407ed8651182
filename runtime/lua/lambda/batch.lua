-- lambda.batch: handlers of queues and streams, called for one record at a time.
local part = ...
local handlers = part("handlers")

local M = {}

local TAKES = {
  groups = "boolean",
  margin_ms = "number",
  raise_on_entire_batch_failure = "boolean",
}
local NAMES = "groups, margin_ms, raise_on_entire_batch_failure"

-- Raises in the code that calls `handler`.
local function checked(options)
  if options == nil then
    return {}
  end
  local function refuse(message, ...)
    error("bad argument #2 to 'handler' (" .. message:format(...) .. ")", 4)
  end
  if type(options) ~= "table" then
    refuse("table of options expected, got %s", type(options))
  end
  local copy = {}
  for name, value in pairs(options) do
    local expected = TAKES[name]
    if not expected then
      refuse("unknown option '%s'; it takes: %s", tostring(name), NAMES)
    elseif type(value) ~= expected then
      refuse("%s: %s expected, got %s", name, expected, type(value))
    end
    copy[name] = value
  end
  local margin_ms = copy.margin_ms or 0
  if margin_ms < 0 or margin_ms ~= margin_ms then
    refuse("margin_ms: 0 milliseconds or more expected")
  end
  return copy
end

function M.handler(fn, options)
  handlers.check("handler", fn)
  options = checked(options)
  local work = part("batch/work")
  return handlers.wrap(fn, function(event, context)
    return work(fn, options, event, context)
  end)
end

return M
