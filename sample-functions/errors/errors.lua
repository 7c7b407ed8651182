-- Two ways to fail: a string error is a bug, with its line; a table's type is for callers to match.
local M = {}

---@class errors.Event
---@field order? integer

local orders = { [1] = "a lamp", [2] = "a rope" }

local function find(number)
  if not number then
    error("the event names no order")
  end
  local order = orders[number]
  if not order then
    error({ type = "OrderNotFound", message = "no order " .. number })
  end
  return order
end

---Gives the order that the event names.
---@param event errors.Event
---@param _context lambda.Context
---@return { order: string }
function M.handler(event, _context)
  local order = find(event.order)
  return { order = order }
end

return M
