-- The answer of web_order.lua and routed.lua, without lambda.web.
local json = require("lambda.json")

local M = {}

---@param event { rawPath: string }
---@return table
function M.handler(event)
  local id = event.rawPath:match("/orders/(%d+)$")
  return {
    statusCode = 200,
    headers = { ["content-type"] = "application/json" },
    body = json.encode({ id = id }),
    isBase64Encoded = false,
  }
end

return M
