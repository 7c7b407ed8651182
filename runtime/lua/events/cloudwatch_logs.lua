-- events.cloudwatch_logs: the log events of a subscription, from CloudWatch Logs or out of a stream
-- of Kinesis.
local part = ...
local raise = part("events/raise")
local source = part("events/source")
local values = part("events/values")

-- CloudWatch Logs sends at most 1 MB zipped. Lines that repeat shrink a thousandfold, others to a
-- tenth.
local LARGEST_BYTES = 64 * 1024 * 1024

local Event = values.methods("message", function(event)
  return "the message of log event " .. tostring(event.id)
end)

-- What is zipped in there. `what` is for errors.
local function unzipped(gzip, what)
  local pieces, why = part("gunzip")(gzip, LARGEST_BYTES)
  if not pieces then
    raise.fail("events.cloudwatch_logs: %s: %s", what, why)
  end
  local content = table.concat(pieces)
  local batch = values.json(content, "events.cloudwatch_logs: what " .. what .. " unzips to")
  if type(batch) ~= "table" or type(batch.logEvents) ~= "table" then
    raise.fail("events.cloudwatch_logs: what %s unzips to has no logEvents", what)
  end
  return batch
end

local function log_event(raw, batch, nth, kinesis)
  if type(raw) ~= "table" or type(raw.message) ~= "string" then
    values.missing("cloudwatch_logs", nth, "message", values.members(raw).message)
  end
  return setmetatable({
    id = values.optional(raw.id),
    message = raw.message,
    time_ms = values.optional(raw.timestamp),
    fields = values.table(raw.extractedFields),
    group = batch.group,
    stream = batch.stream,
    account = batch.account,
    kinesis = kinesis,
    raw = raw,
  }, Event)
end

-- Adds what one zipped batch has to both lists.
local function add(gzip, what, events, batches, kinesis)
  local raw = unzipped(gzip, what)
  local batch = {
    is_control = raw.messageType == "CONTROL_MESSAGE",
    group = values.optional(raw.logGroup),
    stream = values.optional(raw.logStream),
    account = values.optional(raw.owner),
    filters = values.list(raw.subscriptionFilters),
    raw = raw,
  }
  batches[#batches + 1] = batch
  if batch.is_control then
    return
  end
  for nth, event in ipairs(raw.logEvents) do
    events[#events + 1] = log_event(event, batch, nth, kinesis)
  end
end

return function(event)
  local events, batches = values.array({}), values.array({})
  local found = source.of(event)
  if found == "kinesis" then
    for nth, record in ipairs(part("events/kinesis")(event)) do
      add(record.data, "the data of record " .. nth, events, batches, record)
    end
  elseif found == "cloudwatch-logs" then
    local gzip = values.bytes(event.awslogs.data, "events.cloudwatch_logs: awslogs.data")
    add(gzip, "awslogs.data", events, batches)
  else
    raise.wrong_source("cloudwatch_logs", "CloudWatch Logs", event)
  end
  return events, batches
end
