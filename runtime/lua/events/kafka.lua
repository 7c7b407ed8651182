-- events.kafka: the records of Amazon MSK and of other Kafka clusters.
local part = ...
local raise = part("events/raise")
local source = part("events/source")
local values = part("events/values")

local Record = values.methods("value", function(record)
  local name = "the value of Kafka record %s of %s, partition %s"
  return name:format(tostring(record.offset), tostring(record.topic), tostring(record.partition))
end)

-- Kafka's bytes as a string. Java writes those from 128 on as negative numbers.
local function header_value(bytes, what)
  local characters = {}
  for nth, byte in ipairs(bytes) do
    if type(byte) ~= "number" or byte % 1 ~= 0 or byte < -128 or byte > 255 then
      raise.fail("%s has something else than bytes", what)
    end
    characters[nth] = string.char(byte % 256)
  end
  return table.concat(characters)
end

-- By name, the last of a name, and all of them in order.
local function headers(raw, place)
  local by_name, all = {}, values.array({})
  for _, entry in ipairs(values.members(raw.headers)) do
    for name, bytes in pairs(values.members(entry)) do
      local what = "events.kafka: the header " .. name .. " of " .. place
      if type(bytes) == "table" then
        bytes = header_value(bytes, what)
      end
      by_name[name] = values.optional(bytes)
      all[#all + 1] = { name = name, value = by_name[name] }
    end
  end
  return by_name, all
end

local function record(raw, group, nth)
  local place = "record " .. nth .. " of " .. group
  if type(raw) ~= "table" then
    raise.fail("events.kafka: %s is a %s", place, type(raw))
  end
  local key, value = values.optional(raw.key), values.optional(raw.value)
  local by_name, all = headers(raw, place)
  return setmetatable({
    topic = values.optional(raw.topic),
    partition = values.optional(raw.partition),
    offset = values.optional(raw.offset),
    key = key and values.bytes(key, "events.kafka: the key of " .. place),
    value = value and values.bytes(value, "events.kafka: the value of " .. place),
    headers = by_name,
    all_headers = all,
    time_ms = values.optional(raw.timestamp),
    time_type = values.optional(raw.timestampType),
    raw = raw,
  }, Record)
end

-- The names of the groups, by topic and then by partition as a number.
local function sorted(groups)
  local names, keys = {}, {}
  for name in pairs(groups) do
    local topic, partition = tostring(name):match("^(.*)%-(%d+)$")
    keys[name] = { topic or tostring(name), tonumber(partition or 0) }
    names[#names + 1] = name
  end
  table.sort(names, function(a, b)
    a, b = keys[a], keys[b]
    if a[1] ~= b[1] then
      return a[1] < b[1]
    end
    return a[2] < b[2]
  end)
  return names
end

return function(event)
  if source.of(event) ~= "kafka" then
    raise.wrong_source("kafka", "Kafka", event)
  end
  local groups, records = values.members(event.records), values.array({})
  for _, group in ipairs(sorted(groups)) do
    if type(groups[group]) ~= "table" then
      raise.fail("events.kafka: %s has no list of records but a %s", group, type(groups[group]))
    end
    for nth, raw in ipairs(groups[group]) do
      records[#records + 1] = record(raw, group, nth)
    end
  end
  return records
end
