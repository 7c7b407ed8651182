-- Where phones are: OwnTracks in its HTTP mode posts a point to this function URL, with `lat`,
-- `lon` and `tst`, as JSON; or a list of points, where something keeps them while it is offline.
-- The answer tells how far the phone has moved.
--
-- Set LOCATION_PASSWORD; the app sends it with the user's name (Preferences, Connection).
local crypto = require("lambda.crypto")
local log = require("lambda.log")
local web = require("lambda.web")

local M = {}

local PASSWORD = os.getenv("LOCATION_PASSWORD") or ""
assert(PASSWORD ~= "", "LOCATION_PASSWORD is not set")

local EARTH_RADIUS_M = 6371008.8

---@class location.Point
---@field lat number Degrees.
---@field lon number Degrees.
---@field tst integer The Unix time.

-- The last point of each user and what was answered to it, for as long as this process lives, and
-- only here: Lambda may start several, and ends idle ones. What must last belongs in a database.
---@type table<string, { point: location.Point, answer: table }>
local last = {}

-- The distance along the ground, by the haversine formula.
local function distance_m(a, b)
  local rad, sin, cos = math.rad, math.sin, math.cos
  local lat, lon = sin(rad(b.lat - a.lat) / 2), sin(rad(b.lon - a.lon) / 2)
  local h = lat * lat + cos(rad(a.lat)) * cos(rad(b.lat)) * lon * lon
  return 2 * EARTH_RADIUS_M * math.asin(math.min(1, math.sqrt(h)))
end

-- HTTP's basic authentication; gives the user's name.
local function user_of(req)
  local sent = (req.headers["authorization"] or ""):match("^[Bb]asic +(%S+)$")
  local plain = sent and crypto.from_base64(sent)
  local user, password = (plain or ""):match("^([^:]+):(.*)$")
  if not user or not crypto.equal(password, PASSWORD) then
    log.warn("refused", { user = user, source_ip = req.source_ip })
    web.error(401, "who are you?", { ["www-authenticate"] = "Basic realm=\"location\"" })
  end
  return user
end

-- One that lies in the future would keep later points out: a day for clocks that are wrong.
local function check(point, nth, now)
  local function within(name, low, high)
    local value = type(point) == "table" and point[name]
    if type(value) ~= "number" or value < low or value > high then
      local wanted = ("%s of point %d must be a number from %d to %d"):format(name, nth, low, high)
      web.error(422, wanted)
    end
  end
  within("lat", -90, 90)
  within("lon", -180, 180)
  within("tst", 1, now + 86400)
end

local function moved(from, points)
  local total = 0
  for _, point in ipairs(points) do
    total = total + (from and distance_m(from, point) or 0)
    from = point
  end
  return math.floor(total + 0.5)
end

---@param req lambda.web.Request
M.handler = web.handler(function(req)
  if req.method ~= "POST" then
    web.error(405, "post a point", { allow = "POST" })
  end
  local user, body = user_of(req), req:json()
  if type(body) == "table" and (body._type or "location") ~= "location" then
    -- OwnTracks tells more than points, and again and again what is not taken.
    return { ignored = body._type }
  end
  local points = type(body) == "table" and body[1] and body or { body }
  local now = math.floor(req.time_ms / 1000)
  for nth = 1, math.max(#points, 1) do
    check(points[nth], nth, now)
  end
  table.sort(points, function(a, b)
    return a.tst < b.tst
  end)
  local newest, known = points[#points], last[user]
  if known and newest.tst <= known.point.tst then
    -- Sent again, since our answer was lost on the way.
    return known.answer
  end
  local answer = { points = #points, moved_m = moved(known and known.point, points) }
  last[user] = { point = newest, answer = answer }
  log.info("location", {
    user = user,
    lat = newest.lat,
    lon = newest.lon,
    tst = newest.tst,
    moved_m = answer.moved_m,
    battery = newest.batt,
  })
  return answer
end)

return M
