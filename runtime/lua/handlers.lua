-- What all functions share that make a handler of a user's function.
local part = ...
local wrapped = part("wrapped")

local M = {}

function M.is_callable(value)
  if type(value) == "function" then
    return true
  end
  local metatable = debug.getmetatable(value)
  return type(metatable) == "table" and rawget(metatable, "__call") ~= nil
end

-- Raises in the caller's caller, the user's code, when `fn` cannot be called.
function M.check(name, fn, position)
  if not M.is_callable(fn) then
    local message = "bad argument #%d to '%s' (function expected, got %s)"
    error(message:format(position or 1, name, type(fn)), 3)
  end
end

-- Gives `handler`, which calls `fn`: traces show the name of the handler setting for `fn`.
function M.wrap(fn, handler)
  wrapped[handler] = fn
  return handler
end

return M
