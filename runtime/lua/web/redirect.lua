-- Answers that send the client elsewhere.
local part = ...
local answer = part("web/answer")

local STATUSES = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }

return function(location, status)
  status = status or 302
  if type(location) ~= "string" or location == "" then
    local message = "bad argument #1 to 'redirect' (a path or URL expected, got %s)"
    error(message:format(type(location)), 3)
  elseif not STATUSES[status] then
    local message = "bad argument #2 to 'redirect' (301, 302, 303, 307 or 308 expected, got %s)"
    error(message:format(tostring(status)), 3)
  elseif location:find("[%c ]") then
    -- What a user sent may be in it: a line break would begin another header.
    local message = "bad argument #1 to 'redirect' (a blank or a control character in %q: "
      .. "percent-encode it)"
    error(message:format(location), 3)
  end
  return answer.of(nil, status, { location = location })
end
