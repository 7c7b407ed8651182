-- Cookies of requests, and `Set-Cookie` of answers (RFC 6265).
local part = ...
local decode = part("web/url").decode

local M = {}

-- Adds the cookies of one `Cookie` header to `cookies`; the first of a name counts.
function M.parse(header, cookies)
  for pair in header:gmatch("[^;]+") do
    local name, value = pair:match("^%s*([^=%s]+)%s*=%s*(.-)%s*$")
    if name and cookies[name] == nil then
      cookies[name] = decode(value:match('^"(.*)"$') or value)
    end
  end
end

local FLAGS = { secure = "Secure", http_only = "HttpOnly", partitioned = "Partitioned" }
local SAME_SITE = { strict = "Strict", lax = "Lax", none = "None" }
local DAYS = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
local MONTHS = {
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
}

local function bad(message, ...)
  error("cookie: " .. message:format(...), 4)
end

local function checked(option, value)
  if type(value) ~= "string" or value:find("[%c;]") then
    bad("%s is %s; it is text without semicolons and line breaks", option, tostring(value))
  end
  return value
end

-- An HTTP date, whatever the locale.
local function date(seconds)
  local t = os.date("!*t", seconds)
  return ("%s, %02d %s %04d %02d:%02d:%02d GMT"):format(
    DAYS[t.wday],
    t.day,
    MONTHS[t.month],
    t.year,
    t.hour,
    t.min,
    t.sec
  )
end

local function attribute(option, value)
  if FLAGS[option] then
    return value and FLAGS[option]
  elseif option == "path" or option == "domain" then
    return (option == "path" and "Path=" or "Domain=") .. checked(option, value)
  elseif option == "max_age" then
    if type(value) ~= "number" or value % 1 ~= 0 then
      bad("max_age is %s; it is a whole number of seconds", tostring(value))
    end
    return ("Max-Age=%d"):format(value)
  elseif option == "expires" then
    if type(value) ~= "number" then
      bad("expires is %s; it is a time in seconds, as os.time gives it", tostring(value))
    end
    return "Expires=" .. date(math.floor(value))
  elseif option == "same_site" then
    local name = type(value) == "string" and SAME_SITE[value:lower()]
    return name and "SameSite=" .. name
      or bad("same_site is %s; it is strict, lax or none", tostring(value))
  end
  bad(
    "no option %s; there are domain, expires, http_only, max_age, partitioned, path, same_site, secure",
    tostring(option)
  )
end

function M.format(name, value, options)
  if type(name) ~= "string" or name == "" or name:find("[^%w!#$%%&'*+.^_`|~-]") then
    error(("cookie: the name %s; names are letters, digits and -_"):format(tostring(name)), 3)
  elseif type(value) ~= "string" and type(value) ~= "number" then
    error(("cookie: the value of %s is a %s; it is a string"):format(name, type(value)), 3)
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
