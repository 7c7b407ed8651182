-- One bad message does not send its whole batch back to the queue: only what failed is reported.
-- (The event source needs ReportBatchItemFailures among its FunctionResponseTypes.)
local json = require("lambda.json")
local log = require("lambda.log")

local M = {}

---@class sqs.Record
---@field messageId string
---@field body string
---@field messageAttributes table<string, { stringValue?: string, dataType: string }>

---@param record sqs.Record
local function pack(record)
  local order = json.decode(record.body)
  assert(order.quantity > 0, "an order of nothing")
  local priority = record.messageAttributes.priority.stringValue
  log.info("packed", { order = order.id, priority = priority })
end

---@param event { Records: sqs.Record[] }
---@param _context lambda.Context
---@return { batchItemFailures: { itemIdentifier: string }[] }
function M.handler(event, _context)
  -- An empty Lua table would be {} in JSON: json.array makes it [].
  local failures = json.array({})
  for _, record in ipairs(event.Records) do
    local ok, err = pcall(pack, record)
    if not ok then
      log.error(err, { message_id = record.messageId })
      table.insert(failures, { itemIdentifier = record.messageId })
    end
  end
  return { batchItemFailures = failures }
end

return M
