-- JSON comes back as it went in: nulls, empty arrays, 64-bit integers and floats survive Lua.
local M = {}

---Returns its event.
---@param event any
---@param _context lambda.Context
---@return any
function M.handler(event, _context)
  return event
end

return M
