-- A rock in the function's lua_modules is required like any module; `make rocks` puts it there.
local slug = require("slug")

local M = {}

---@class rock-pure.Event
---@field title string

---Makes a title fit for a URL.
---@param event rock-pure.Event
---@param _context lambda.Context
---@return { slug: string }
function M.handler(event, _context)
  return { slug = slug.of(event.title) }
end

return M
