-- Stops before the time is up and says where to go on; what is open is closed however it ends.
local log = require("lambda.log")

local M = {}

---@class deadline.Event
---@field items integer[]
---@field from? integer
---@field reserve_ms? integer

local function open_batch()
  local batch = { sum = 0 }
  return setmetatable(batch, {
    -- Runs after the last item, after an error, and when the runtime interrupts a slow handler.
    __close = function(_, err)
      log.info("batch closed", { complete = err == nil })
    end,
  })
end

---Adds up the items, as many as the time allows.
---@param event deadline.Event
---@param context lambda.Context
---@return { sum: integer, next?: integer }
function M.handler(event, context)
  local batch <close> = open_batch()
  for i = event.from or 1, #event.items do
    if context.get_remaining_time_in_millis() < (event.reserve_ms or 0) then
      return { sum = batch.sum, next = i }
    end
    batch.sum = batch.sum + event.items[i]
  end
  return { sum = batch.sum }
end

return M
