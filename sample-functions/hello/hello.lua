-- The smallest handler: the event is a table, and what is returned is the response, both as JSON.
local M = {}

---@class hello.Event
---@field name string

---Greets whom the event names.
---@param event hello.Event
---@param _context lambda.Context
---@return { message: string }
function M.handler(event, _context)
  return { message = "Hello " .. event.name }
end

return M
