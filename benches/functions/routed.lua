-- The answer of order.lua by an app of 200 routes, every other with a parameter.
local web = require("lambda.web")

local M = {}

local app = web.router()
for i = 1, 99 do
  app:get("/resource" .. i .. "/list", function()
    return {}
  end)
  app:get("/resource" .. i .. "/items/:id", function(req)
    return { id = req.params.id }
  end)
end
app:get("/orders", function()
  return {}
end)
app:post("/orders/:id", function(req)
  return { id = req.params.id }
end)

M.handler = app

return M
