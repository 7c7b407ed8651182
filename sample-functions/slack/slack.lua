-- A slash command of Slack's behind a function URL: `/days 2026-12-24` tells how long that is
-- still. Anybody may call the URL, so nothing is done before the signature is checked.
--
-- Set SLACK_SIGNING_SECRET to the app's signing secret, and the command's request URL to the
-- function's.
local crypto = require("lambda.crypto")
local log = require("lambda.log")
local web = require("lambda.web")

local M = {}

local SECRET = os.getenv("SLACK_SIGNING_SECRET") or ""
assert(SECRET ~= "", "SLACK_SIGNING_SECRET is not set")

-- Noon of a day: differences are whole days, whatever the clocks do in between.
local function noon(year, month, day)
  return os.time({ year = year, month = month, day = day, hour = 12 })
end

---@param text string What the user wrote behind the command.
---@param now integer The Unix time.
---@return string
local function days(text, now)
  local year, month, day = text:match("^%s*(%d%d%d%d)%-(%d%d)%-(%d%d)%s*$")
  local time = year and noon(tonumber(year), tonumber(month), tonumber(day))
  -- os.time takes a 31st of February for a day in March.
  if not time or os.date("%Y-%m-%d", time) ~= ("%s-%s-%s"):format(year, month, day) then
    return "Give a day, as in `/days 2026-12-24`."
  end
  local today = os.date("!*t", now)
  local left = math.floor((time - noon(today.year, today.month, today.day)) / 86400 + 0.5)
  if left == 0 then
    return "That is today."
  end
  local unit = math.abs(left) == 1 and "day" or "days"
  return ("%d %s %s"):format(math.abs(left), unit, left > 0 and "to go." or "ago.")
end

---@param req lambda.web.Request
M.handler = web.handler(function(req)
  -- When the function URL got the request: in tests as old as the event says.
  local now = math.floor(req.time_ms / 1000)
  local ok, reason = crypto.verify_slack({
    secret = SECRET,
    body = req.body,
    signature = req.headers["x-slack-signature"],
    timestamp = req.headers["x-slack-request-timestamp"],
    now = now,
  })
  if not ok then
    log.warn("refused", { reason = reason })
    web.error(401, "not signed by Slack")
  end
  -- Slack shows it to the one who asked; `in_channel` shows it to all.
  return { response_type = "ephemeral", text = days(req:form().text or "", now) }
end)

return M
