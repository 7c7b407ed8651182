-- One bad message does not send its whole batch back to the queue: only what failed is reported.
-- (The event source needs ReportBatchItemFailures among its FunctionResponseTypes.)
local batch = require("lambda.batch")
local json = require("lambda.json")
local log = require("lambda.log")

local M = {}

---@param record lambda.events.SQSEvent.Record
local function pack(record)
  local order = json.decode(record.body)
  assert(order.quantity > 0, "an order of nothing")
  local priority = record.messageAttributes.priority.stringValue
  log.info("packed", { order = order.id, priority = priority })
end

-- What `pack` raises is logged, and its record comes again.
M.handler = batch.handler(pack)

return M
