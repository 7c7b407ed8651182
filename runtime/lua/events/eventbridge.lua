-- events.eventbridge and events.schedule: one event of a bus, or of a schedule.
local part = ...
local raise = part("events/raise")
local source = part("events/source")
local values = part("events/values")

local M = {}

-- What is in the detail; a schedule writes it as JSON in a string.
local function detail_of(event)
  local detail = values.optional(event.detail)
  if type(detail) == "string" then
    local ok, value = values.decode(detail)
    if ok then
      return values.optional(value)
    end
  end
  return detail
end

local function record(event)
  return {
    id = values.optional(event.id),
    source = event.source,
    detail_type = event["detail-type"],
    detail = detail_of(event),
    time = values.optional(event.time),
    time_ms = values.time_ms(event.time),
    region = values.optional(event.region),
    account = values.optional(event.account),
    resources = values.list(event.resources),
    raw = event,
  }
end

function M.event(event)
  local found = source.of(event)
  if found ~= "eventbridge" and found ~= "schedule" then
    raise.wrong_source("eventbridge", "EventBridge", event)
  end
  return record(event)
end

function M.schedule(event)
  if source.of(event) ~= "schedule" then
    local hint = "; a schedule with an input of its own sends that input alone"
    raise.wrong_source("schedule", "a schedule", event, hint)
  end
  local schedule = record(event)
  local arn = schedule.resources[1]
  schedule.arn = arn
  -- A rule's ARN ends in rule/NAME or rule/BUS/NAME, a schedule's in schedule/GROUP/NAME.
  schedule.name = values.arn_name(arn, "/")
  schedule.group = type(arn) == "string" and arn:match(":schedule/([^/]+)/") or nil
  return schedule
end

return M
