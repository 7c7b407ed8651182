-- events.kinesis: the records of a stream, their data as bytes.
local part = ...
local values = part("events/values")

local Record = values.methods("data", function(record)
  return "the data of Kinesis record " .. tostring(record.sequence_number)
end)

local function record(raw, nth)
  local kinesis = values.members(raw.kinesis)
  if type(kinesis.data) ~= "string" then
    values.missing("kinesis", nth, "kinesis.data", kinesis.data)
  end
  local id = values.optional(raw.eventID)
  return setmetatable({
    id = id,
    data = values.bytes(kinesis.data, "events.kinesis: the data of record " .. nth),
    partition_key = values.optional(kinesis.partitionKey),
    sequence_number = values.optional(kinesis.sequenceNumber),
    shard_id = type(id) == "string" and id:match("^([^:]+):") or nil,
    time_ms = values.seconds_ms(kinesis.approximateArrivalTimestamp),
    stream = values.arn_name(raw.eventSourceARN, "/"),
    arn = values.optional(raw.eventSourceARN),
    region = values.optional(raw.awsRegion),
    raw = raw,
  }, Record)
end

return function(event)
  local records = values.array({})
  for nth, raw in ipairs(values.records("kinesis", "kinesis", "Kinesis", event)) do
    values.check("kinesis", "kinesis", "Kinesis", raw, nth)
    records[nth] = record(raw, nth)
  end
  return records
end
