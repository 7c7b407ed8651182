-- Whose records an event has: how they are called, and what a failure means for those behind it.
local M = {}

local TAKES = "lambda.batch takes events of SQS (aws:sqs), Kinesis (aws:kinesis) and DynamoDB "
  .. "streams (aws:dynamodb)"

-- `id_name` is the name of the field in the log. `behind` is what becomes of the records behind one
-- that failed: "go on"; "stop", where the source gives them again by itself; or "report".
local KINESIS = {
  id_name = "sequenceNumber",
  id_path = "kinesis.sequenceNumber",
  behind = "stop",
  id = function(record)
    return type(record.kinesis) == "table" and record.kinesis.sequenceNumber
  end,
}
local DYNAMODB = {
  id_name = "sequenceNumber",
  id_path = "dynamodb.SequenceNumber",
  behind = "stop",
  id = function(record)
    return type(record.dynamodb) == "table" and record.dynamodb.SequenceNumber
  end,
}

local function message_id(record)
  return record.messageId
end

local QUEUE = { id_name = "messageId", id_path = "messageId", behind = "go on", id = message_id }
local FIFO = { id_name = "messageId", id_path = "messageId", behind = "report", id = message_id }

local function of(record)
  local name = record.eventSource
  if name == "aws:kinesis" then
    return KINESIS
  elseif name == "aws:dynamodb" then
    return DYNAMODB
  elseif name == "aws:sqs" then
    local queue = record.eventSourceARN
    return type(queue) == "string" and queue:find("%.fifo$") and FIFO or QUEUE
  end
end

local function text(value)
  return type(value) == "string" and #value <= 100 and value or nil
end

-- What another event is from, as far as it says.
local function seen(event, first)
  if type(event) ~= "table" then
    return "a " .. type(event)
  end
  local name = first and (text(first.eventSource) or text(first.EventSource))
    or text(event.eventSource)
    or text(event.source)
  if name then
    return "from " .. name
  elseif event.requestContext ~= nil then
    return "an HTTP request"
  elseif event.Records == nil then
    return "an object without Records"
  end
  return "one whose Records have no eventSource"
end

-- Gives the source of the event's records, their identifiers and a list of them that the function
-- cannot change, or raises. No record is handled before all are known to be ones of which a failure
-- can be reported.
function M.identify(event)
  local records = type(event) == "table" and event.Records
  if records and type(event.window) == "table" then
    error(
      "lambda.batch does not keep the state of tumbling windows: set TumblingWindowInSeconds "
        .. "of the event source to 0, or write the handler without lambda.batch",
      0
    )
  end
  local first = type(records) == "table" and records[1]
  local source = type(first) == "table" and of(first)
  if not source then
    if type(records) == "table" and next(records) == nil then
      return nil, {}, {}
    end
    local what = seen(event, type(first) == "table" and first or nil)
    error(TAKES .. "; this event is " .. what, 0)
  end
  local ids, kept = {}, {}
  for nth, record in ipairs(records) do
    local id = type(record) == "table" and of(record) == source and source.id(record)
    if type(id) ~= "string" or id == "" then
      local message = "record %d of %d is malformed: one of %s with a string %s expected"
      error(message:format(nth, #records, first.eventSource, source.id_path), 0)
    end
    ids[nth], kept[nth] = id, record
  end
  return source, ids, kept
end

return M
