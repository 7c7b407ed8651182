-- Watches a table of articles through its DynamoDB stream, and notes which ones have become
-- cheaper. A change that cannot be handled is retried with those behind it, since a stream keeps
-- its order; those before it are not: only the failed one's number goes back.
--
-- The event source needs ReportBatchItemFailures among its FunctionResponseTypes, the stream's view
-- NEW_AND_OLD_IMAGES. Give it a MaximumRetryAttempts and a DestinationConfig: without them a change
-- that always fails holds up its shard for a day.
local batch = require("lambda.batch")
local events = require("lambda.events")
local log = require("lambda.log")

local M = {}

---@param item? table<string, any>
---@return number?
local function price(item)
  local value = item and item.price
  if value ~= nil and type(value) ~= "number" then
    error({ type = "BadItem", message = "the price is no number: " .. tostring(value) })
  end
  return value
end

---@param change lambda.events.Change
local function watch(change)
  if change.event_name ~= "MODIFY" then
    log.debug("nothing to compare", { id = change.keys.id, event = change.event_name })
    return
  end
  local before, after = price(change.old), price(change.new)
  if before and after and after < before then
    log.info("cheaper", { id = change.keys.id, before = before, after = after })
  end
end

---@param record lambda.events.DynamoDBEvent.Record
M.handler = batch.handler(function(record)
  -- Numbers come as numbers, sets as lists, and not as {"N": "19.90"} and {"SS": […]}.
  watch(events.record(record))
end)

return M
