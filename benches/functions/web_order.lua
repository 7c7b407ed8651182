-- The answer of order.lua by web.handler.
local web = require("lambda.web")

local M = {}

M.handler = web.handler(function(req)
  return { id = req.path:match("/orders/(%d+)$") }
end)

return M
