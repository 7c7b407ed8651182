-- What every peer's hello does: one string out of the event, one into the response.
local M = {}

---@param event { name: string }
---@return { message: string }
function M.handler(event)
  return { message = "Hello " .. event.name }
end

return M
