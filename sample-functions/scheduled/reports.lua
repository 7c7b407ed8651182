-- A scheduled job: shortly after midnight it says which reports are due, of the day that is over,
-- and of the week or month that ended with it. The periods come of the event's time and not of the
-- clock: a retry hours later makes the same reports, under the same names.
--
-- A rule of EventBridge (`Schedule` in SAM) and EventBridge Scheduler (`ScheduleV2`) both deploy
-- it, with cron(5 0 * * ? *), in UTC.
local events = require("lambda.events")
local json = require("lambda.json")
local log = require("lambda.log")

local M = {}

local DAY_S = 86400

local function iso(time)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", time)
end

-- A period from its first second to the one after its last, in Unix time.
local function report(kind, from, to)
  local name = os.date(kind == "month" and "!%Y-%m" or "!%Y-%m-%d", from)
  local key = ("reports/%s/%s.csv"):format(kind, name)
  return { kind = kind, from = iso(from), to = iso(to), key = key }
end

---The reports that are due at a time.
---@param now integer The Unix time.
---@return { kind: string, from: string, to: string, key: string }[]
local function due(now)
  local midnight = now - now % DAY_S
  local list = json.array({ report("day", midnight - DAY_S, midnight) })
  local today = os.date("!*t", midnight)
  if today.wday == 2 then -- Monday: os.date counts from Sunday.
    table.insert(list, report("week", midnight - 7 * DAY_S, midnight))
  end
  if today.day == 1 then
    -- The month that is over has as many days as its last one says.
    local days = os.date("!*t", midnight - DAY_S).day
    table.insert(list, report("month", midnight - days * DAY_S, midnight))
  end
  return list
end

---@param event lambda.events.EventBridgeEvent
---@param _context lambda.Context
function M.handler(event, _context)
  local schedule = events.schedule(event)
  local reports = due(math.floor(schedule.time_ms / 1000))
  for _, each in ipairs(reports) do
    -- Here the report is made, and put into a bucket under its key.
    log.info("report due", each)
  end
  return { schedule = schedule.name, reports = reports }
end

return M
