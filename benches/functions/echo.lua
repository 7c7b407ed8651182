-- What every peer's echo does: the event, decoded, is the response, encoded.
local M = {}

---@param event any
---@return any
function M.handler(event)
  return event
end

return M
