-- lambda.stream: responses that are sent while the handler makes them.
local part = ...
local handlers = part("handlers")
local open = part("stream/open")

local M = {}

function M.handler(fn)
  handlers.check("handler", fn)
  return handlers.wrap(fn, function(event, context)
    local response, message = open()
    if not response then
      error(message, 2)
    end
    -- A tail call: traces show the user's function where it was called.
    return fn(event, response, context)
  end)
end

return M
