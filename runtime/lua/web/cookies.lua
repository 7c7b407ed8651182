-- Cookies of requests, and `Set-Cookie` of answers (RFC 6265).
local part = ...
local decode = part("web/url").decode
local fault = part("web/fault")

local M = {}

-- By two steps, each of which reads a text of blanks once.
local function trimmed(text)
  local first = text:find("%S")
  return first and text:match("^.*%S", first) or ""
end

-- Adds the cookies of one `Cookie` header to `cookies`; the first of a name counts.
function M.parse(header, cookies)
  for pair in header:gmatch("[^;]+") do
    local at = pair:find("=", 1, true)
    local name = at and trimmed(pair:sub(1, at - 1)) or ""
    if name ~= "" and cookies[name] == nil then
      local value = trimmed(pair:sub(at + 1))
      cookies[name] = decode(value:match("^\"(.*)\"$") or value)
    end
  end
end

local FLAGS = { secure = "Secure", http_only = "HttpOnly", partitioned = "Partitioned" }
local SAME_SITE = { strict = "Strict", lax = "Lax", none = "None" }
local DAYS, MONTHS = "SunMonTueWedThuFriSat", "JanFebMarAprMayJunJulAugSepOctNovDec"
-- The last second of the year 9999.
local LAST_SECOND = 253402300799

local function bad(message, ...)
  fault(nil, "cookie: " .. message:format(...))
end

local function shown(value)
  return part("web/shown")(value)
end

local function checked(option, value)
  if type(value) ~= "string" or value:find("[%c;]") then
    bad("%s is %s; it is text without semicolons and line breaks", option, shown(value))
  end
  return value
end

-- An HTTP date, whatever the locale.
local function date(seconds)
  local t = os.date("!*t", seconds)
  local day, month = DAYS:sub(t.wday * 3 - 2, t.wday * 3), MONTHS:sub(t.month * 3 - 2, t.month * 3)
  local form = "%s, %02d %s %04d %02d:%02d:%02d GMT"
  return form:format(day, t.day, month, t.year, t.hour, t.min, t.sec)
end

local function attribute(option, value)
  if FLAGS[option] then
    return value and FLAGS[option]
  elseif option == "path" or option == "domain" then
    return (option == "path" and "Path=" or "Domain=") .. checked(option, value)
  elseif option == "max_age" then
    if type(value) ~= "number" or value % 1 ~= 0 then
      bad("max_age is %s; it is a whole number of seconds", shown(value))
    end
    return ("Max-Age=%.0f"):format(value + 0)
  elseif option == "expires" then
    if type(value) ~= "number" or not (value >= 0 and value <= LAST_SECOND) then
      bad("expires is %s; it is a time in seconds, as os.time gives it", shown(value))
    end
    return "Expires=" .. date(math.floor(value))
  elseif option == "same_site" then
    local name = type(value) == "string" and SAME_SITE[value:lower()]
    return name and "SameSite=" .. name
      or bad("same_site is %s; it is strict, lax or none", shown(value))
  end
  bad(
    "no option %s; there are domain, expires, http_only, max_age, partitioned, path, same_site "
      .. "and secure",
    shown(option)
  )
end

function M.format(name, value, options)
  if type(name) ~= "string" or name == "" or name:find("[^%w!#$%%&'*+.^_`|~-]") then
    bad("the name is %s; names are letters, digits and -_", shown(name))
  elseif type(value) ~= "string" and type(value) ~= "number" then
    bad("the value of %s is %s; it is a string", name, shown(value))
  elseif options ~= nil and type(options) ~= "table" then
    bad("the options of %s are %s; they are a table", name, shown(options))
  end
  -- What a cookie cannot hold is percent-encoded, and decoded when it comes back.
  value = tostring(value):gsub("[^%w!#$&'()*+./:<=>?@%[%]^_`{|}~-]", function(char)
    return ("%%%02X"):format(char:byte())
  end)
  local attributes = {}
  for option, setting in pairs(options or {}) do
    attributes[#attributes + 1] = attribute(option, setting) or nil
  end
  table.sort(attributes)
  table.insert(attributes, 1, name .. "=" .. value)
  return table.concat(attributes, "; ")
end

return M
