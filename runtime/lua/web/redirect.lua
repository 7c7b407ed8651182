-- Answers that send the client elsewhere.
local part = ...

local STATUSES = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }

local function bad(position, expected, value)
  local message = "bad argument #%d to 'redirect' (%s, got %s)"
  part("web/fault")(nil, message, position, expected, part("web/shown")(value))
end

return function(location, status)
  status = status or 302
  if type(location) ~= "string" or location == "" then
    bad(1, "a path or URL expected", location)
  elseif not STATUSES[status] then
    bad(2, "301, 302, 303, 307 or 308 expected", status)
  elseif location:find("[^\33-\126\128-\255]") then
    -- What a user sent may be in it: a line break would begin another header.
    bad(1, "a path or URL without blanks and control characters expected; see encode", location)
  end
  return part("web/answer").of(nil, status, { location = location })
end
