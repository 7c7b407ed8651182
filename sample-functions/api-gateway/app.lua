-- An HTTP endpoint behind API Gateway's REST API: the answer's body is a string, so it is encoded.
local json = require("lambda.json")

local M = {}

---@class api-gateway.Event
---@field httpMethod string
---@field path string
---@field queryStringParameters table<string, string>|lightuserdata

---Greets the caller by the `name` in the query.
---@param event api-gateway.Event
---@param _context lambda.Context
---@return { statusCode: integer, headers: table<string, string>, body: string }
function M.handler(event, _context)
  local query = event.queryStringParameters
  -- Without a query, API Gateway sends null: json.null is truthy, so compare with it.
  local name = query ~= json.null and query.name or "world"
  return {
    statusCode = 200,
    headers = { ["content-type"] = "application/json" },
    body = json.encode({
      message = ("Hello %s, from %s %s"):format(name, event.httpMethod, event.path),
    }),
  }
end

return M
