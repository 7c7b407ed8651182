-- What is said of an event that is no HTTP request.
local part = ...

local ACCEPTED = "; HTTP requests come from API Gateway's REST APIs (payload 1.0) and HTTP APIs "
  .. "(payload 2.0), function URLs, and Application Load Balancers"

-- What the event is, for people, where nobody knows whose it is.
local function seen(event)
  if type(event) ~= "table" then
    return event == nil and "nothing" or type(event) == "userdata" and "null" or "a " .. type(event)
  end
  local keys = {}
  for key in pairs(event) do
    keys[#keys + 1] = tostring(key)
  end
  table.sort(keys)
  if #keys == 0 then
    return "an empty object"
  end
  local more = #keys > 8 and ", …" or ""
  return "an object with " .. table.concat(keys, ", ", 1, math.min(8, #keys)) .. more
end

return function(event)
  local source = part("events/source")
  local name = source.of(event)
  local label, reader = source.LABELS[name], source.READERS[name]
  if not label or reader == "lambda.web" then
    -- One of a front end has its marks, and lacks what makes it a request.
    return "this event is no HTTP request: it is " .. seen(event) .. ACCEPTED
  end
  local hint = reader and " (lambda.events reads it: " .. reader .. ")" or ""
  return "this event is one of " .. label .. hint .. ", no HTTP request" .. ACCEPTED
end
