-- lambda.stream: responses that are sent while the handler makes them.
local open, wrapped = ...

local M = {}

local function is_callable(value)
  if type(value) == "function" then
    return true
  end
  local metatable = debug.getmetatable(value)
  return type(metatable) == "table" and rawget(metatable, "__call") ~= nil
end

function M.handler(fn)
  if not is_callable(fn) then
    error("bad argument #1 to 'handler' (function expected, got " .. type(fn) .. ")", 2)
  end
  local function handler(event, context)
    local response, message = open()
    if not response then
      error(message, 2)
    end
    -- A tail call: traces show the user's function where it was called.
    return fn(event, response, context)
  end
  wrapped[handler] = fn
  return handler
end

return M
