-- events.sqs: the messages of a queue.
local part = ...
local message_attributes = part("events/message_attributes")
local values = part("events/values")

local Message = values.methods("body", function(message)
  return "the body of SQS message " .. tostring(message.id)
end)

local function attributes(raw, nth)
  local plain = {}
  for name, attribute in pairs(values.members(raw.messageAttributes)) do
    if type(attribute) ~= "table" then
      values.missing("sqs", nth, "messageAttributes." .. name, attribute)
    end
    local kind = attribute.dataType
    local is_binary = type(kind) == "string" and kind:find("^Binary")
    local text = is_binary and attribute.binaryValue or attribute.stringValue
    local what = "events.sqs: attribute " .. name .. " of record " .. nth
    plain[name] = message_attributes.value(kind, text, what)
  end
  return plain
end

local function message(raw, nth)
  local system = values.members(raw.attributes)
  if type(raw.body) ~= "string" then
    values.missing("sqs", nth, "body", raw.body)
  end
  return setmetatable({
    id = values.optional(raw.messageId),
    body = raw.body,
    attributes = attributes(raw, nth),
    receive_count = values.integer(system.ApproximateReceiveCount),
    time_ms = values.integer(system.SentTimestamp),
    first_received_ms = values.integer(system.ApproximateFirstReceiveTimestamp),
    sender_id = values.optional(system.SenderId),
    trace_header = values.optional(system.AWSTraceHeader),
    group_id = values.optional(system.MessageGroupId),
    deduplication_id = values.optional(system.MessageDeduplicationId),
    sequence_number = values.optional(system.SequenceNumber),
    receipt_handle = values.optional(raw.receiptHandle),
    queue = values.arn_name(raw.eventSourceARN, ":"),
    arn = values.optional(raw.eventSourceARN),
    region = values.optional(raw.awsRegion),
    raw = raw,
  }, Message)
end

return function(event)
  local records = values.records("sqs", "sqs", "SQS", event)
  local messages = values.array({})
  for nth, raw in ipairs(records) do
    values.check("sqs", "sqs", "SQS", raw, nth)
    messages[nth] = message(raw, nth)
  end
  return messages
end
