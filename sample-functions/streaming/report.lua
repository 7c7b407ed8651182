-- A response is sent while it is made: the client has the first rows before the last are there,
-- and the whole may be larger than the 6 MB that a returned value is held to.
local json = require("lambda.json")
local stream = require("lambda.stream")

local M = {}

---@class streaming.Event
---@field rows? integer How many rows to make; 3 unless given.

---@param event streaming.Event
---@param response lambda.stream.Response
---@param _context lambda.Context
M.handler = stream.handler(function(event, response, _context)
  response:content_type("application/json")
  response:write("[")
  for row = 1, event.rows or 3 do
    if row > 1 then
      response:write(",")
    end
    response:write(json.encode({ row = row, square = row * row }))
  end
  response:write("]")
end)

return M
