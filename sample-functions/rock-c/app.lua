-- A rock written in C loads too: it is built for Lua 5.4 and the function's architecture.
local crc32 = require("crc32")

local M = {}

---@class rock-c.Event
---@field text string

---Gives the checksum of the text's bytes.
---@param event rock-c.Event
---@param _context lambda.Context
---@return { crc32: string }
function M.handler(event, _context)
  return { crc32 = ("%08x"):format(crc32.of(event.text)) }
end

return M
