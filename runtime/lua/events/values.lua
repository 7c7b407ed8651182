-- How the values of events become plain Lua: times, numbers, bytes, JSON, what may be null.
local part = ...
local json = require("lambda.json")
local raise = part("events/raise")

local M = {}
local null = json.null

-- Null is absent in records, whatever MOONLAYER_JSON_NULL says.
function M.optional(value)
  if value == null then
    return nil
  end
  return value
end

-- A table, or nil where there is none.
function M.table(value)
  return type(value) == "table" and value or nil
end

-- A table, also where there is none.
function M.members(value)
  return type(value) == "table" and value or {}
end

-- A string, or nil where there is none.
function M.text(value)
  return type(value) == "string" and value or nil
end

-- What is given out as a list: as JSON it is an array, also when it is empty.
M.array = json.array

-- A list, also where there is none.
function M.list(value)
  return type(value) == "table" and value or json.array({})
end

-- A whole number that AWS writes as text, such as a count; nil where it is none.
function M.integer(value)
  if type(value) == "string" then
    value = value:find("^%d+$") and tonumber(value)
  end
  return type(value) == "number" and math.floor(value) or nil
end

-- The last part of an ARN, after its last `separator`.
function M.arn_name(arn, separator)
  return type(arn) == "string" and arn:match("[^" .. separator .. "]*$") or nil
end

-- Milliseconds since 1970 of a count of seconds.
function M.seconds_ms(seconds)
  return type(seconds) == "number" and math.floor(seconds * 1000 + 0.5) or nil
end

-- Days from 1970-01-01 to a date of the Gregorian calendar. The year is counted from March, so
-- that the day which only some years have is its last.
local function days(year, month, day)
  if month < 3 then
    year, month = year - 1, month + 12
  end
  local leap_days = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
  return 365 * year + leap_days + math.floor((153 * month - 457) / 5) + day - 719469
end

local TIME = "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)%.?(%d*)(.*)$"

-- Milliseconds since 1970 of a time as ISO 8601 writes it; nil where it is none.
function M.time_ms(text)
  if type(text) ~= "string" then
    return nil
  end
  local year, month, day, hour, minute, second, fraction, zone = text:match(TIME)
  if not year then
    return nil
  end
  local sign, zone_hours, zone_minutes = zone:match("^([+-])(%d%d):?(%d%d)$")
  if not sign and zone ~= "Z" and zone ~= "z" and zone ~= "" then
    return nil
  end
  local minutes = days(tonumber(year), tonumber(month), tonumber(day)) * 1440
  minutes = minutes + tonumber(hour) * 60 + tonumber(minute)
  if sign then
    local offset = tonumber(zone_hours) * 60 + tonumber(zone_minutes)
    minutes = sign == "+" and minutes - offset or minutes + offset
  end
  local thousandths = tonumber((fraction .. "000"):sub(1, 3))
  return (minutes * 60 + tonumber(second)) * 1000 + thousandths
end

-- True and what the text is as JSON, or false and why it is none.
function M.decode(text)
  local ok, value = pcall(json.decode, text)
  -- Running out of memory or of time is no fault of the text.
  if not ok and (type(value) ~= "string" or not value:find("invalid JSON", 1, true)) then
    error(value, 0)
  end
  return ok, value
end

-- What the text is as JSON; `what`, in words, is for the error, as the `remedy` is.
function M.json(text, what, remedy)
  local ok, value = M.decode(text)
  if not ok then
    raise.fail("%s is not JSON: %s%s", what, value, remedy or "")
  end
  return value
end

-- The bytes that the text is in base64; `what`, in words, is for the error.
function M.bytes(text, what)
  if type(text) ~= "string" then
    raise.fail("%s is no string of base64 but a %s", what, type(text))
  end
  local bytes, why = require("lambda.crypto").from_base64(text)
  if not bytes then
    raise.fail("%s is not base64: %s", what, why)
  end
  return bytes
end

-- What records have as `record:json()`: their `field` decoded; `name(record)` is for the error.
function M.methods(field, name)
  return {
    __index = {
      json = function(record)
        if type(record) ~= "table" then
          local got = type(record)
          raise.fail("bad self to 'json' (record expected, got %s); call record:json()", got)
        end
        local text = record[field]
        if text == nil then
          return nil
        end
        return M.json(text, name(record))
      end,
    },
  }
end

-- The records of an event of `source`, for `events.NAME`, which is in words `wanted`. Also none:
-- a list without records says no source.
function M.records(name, source, wanted, event)
  if type(event) ~= "table" then
    raise.wrong_source(name, wanted, event)
  end
  local records = event.Records
  local found = part("events/source").of(event)
  if type(records) ~= "table" or found ~= source and (found or records[1] ~= nil) then
    raise.wrong_source(name, wanted, event)
  end
  return records
end

-- Raises unless record `nth` is one of the source, too.
function M.check(name, source, wanted, record, nth)
  local events = part("events/source")
  local found = events.of_record(record)
  if found == source then
    return
  end
  local said = found and "of " .. events.LABELS[found] or "no such record"
  raise.fail("events.%s: record %d is %s, where one of %s is expected", name, nth, said, wanted)
end

-- Raises that record `nth` lacks a member, or has another value there.
function M.missing(name, nth, member, value)
  if value == nil or value == null then
    raise.fail("events.%s: record %d has no %s", name, nth, member)
  end
  raise.fail("events.%s: the %s of record %d is a %s", name, member, nth, type(value))
end

return M
