-- events.dynamodb: the changes that a stream of a table tells, and DynamoDB's attribute values.
local part = ...
local raise = part("events/raise")
local source = part("events/source")
local values = part("events/values")

local M = {}

-- A time in seconds; of a stream of Kinesis in milliseconds or microseconds, all since 1970.
local function time_ms(time)
  if type(time) ~= "number" then
    return nil
  elseif time < 1e11 then
    return values.seconds_ms(time)
  end
  return math.floor(time < 1e14 and time or time / 1000)
end

local function image(item, nth, name)
  item = values.optional(item)
  if item == nil then
    return nil
  end
  local caller = "events.dynamodb: " .. name .. " of record " .. nth
  return part("events/attribute_decode").item(item, caller)
end

local function table_of(arn)
  return type(arn) == "string" and arn:match(":table/([^/]+)") or nil
end

local function record(raw, nth, kinesis)
  local change = values.table(raw.dynamodb)
  if not change then
    values.missing("dynamodb", nth, "dynamodb", raw.dynamodb)
  end
  local arn = values.optional(raw.eventSourceARN)
  local identity = values.members(raw.userIdentity)
  return {
    id = values.optional(raw.eventID),
    event_name = values.optional(raw.eventName),
    table_name = values.optional(raw.tableName) or table_of(arn),
    keys = image(change.Keys, nth, "Keys"),
    new = image(change.NewImage, nth, "NewImage"),
    old = image(change.OldImage, nth, "OldImage"),
    sequence_number = values.optional(change.SequenceNumber),
    size_bytes = values.optional(change.SizeBytes),
    view = values.optional(change.StreamViewType),
    time_ms = time_ms(change.ApproximateCreationDateTime),
    -- Who deletes what has expired, when it is DynamoDB itself.
    is_expired = identity.principalId == "dynamodb.amazonaws.com",
    arn = arn,
    region = values.optional(raw.awsRegion),
    kinesis = kinesis,
    raw = raw,
  }
end

function M.records(event)
  local changes = values.array({})
  if source.of(event) == "kinesis" then
    for nth, carrier in ipairs(part("events/kinesis")(event)) do
      local raw = carrier:json()
      if source.of_record(raw) ~= "dynamodb" then
        local message = "events.dynamodb: the data of record %d is no change of a table of DynamoDB"
        raise.fail(message .. "; events.kinesis reads it", nth)
      end
      changes[nth] = record(raw, nth, carrier)
    end
    return changes
  end
  for nth, raw in ipairs(values.records("dynamodb", "dynamodb", "DynamoDB", event)) do
    values.check("dynamodb", "dynamodb", "DynamoDB", raw, nth)
    changes[nth] = record(raw, nth)
  end
  return changes
end

function M.decode(value)
  return part("events/attribute_decode").value(value, "dynamodb.decode")
end

-- An item that was not found is nil, too.
local function check_item(name, item)
  if type(item) ~= "table" then
    raise.fail("bad argument #1 to '%s' (table expected, got %s)", name, type(item))
  end
end

function M.decode_item(item)
  check_item("decode_item", item)
  return part("events/attribute_decode").item(item, "dynamodb.decode_item")
end

function M.encode(value)
  return part("events/attribute_encode").value(value, "dynamodb.encode")
end

function M.encode_item(item)
  check_item("encode_item", item)
  return part("events/attribute_encode").item(item, "dynamodb.encode_item")
end

function M.number(text)
  local number
  if type(text) == "string" then
    number = part("events/decimal").read(text)
  end
  if number == nil then
    local shown = raise.shown(text)
    raise.fail("bad argument #1 to 'number' (a number in a string expected, got %s)", shown)
  end
  return number
end

function M.binary(bytes)
  return part("events/marked").binary(bytes)
end

function M.set(list)
  return part("events/marked").set(list)
end

return M
