-- JSON bodies of requests.
local part = ...
local refuse = part("web/http_error").refuse

return function(req)
  local body = req.body
  if body == nil or body == "" then
    refuse(400, "the request has no body; JSON is expected")
  elseif type(body) ~= "string" then
    -- What the user put into its place.
    return body
  end
  local ok, value = pcall(require("lambda.json").decode, body)
  if not ok then
    if type(value) ~= "string" or value:find("not enough memory$") then
      error(value, 0)
    end
    refuse(400, "the request's body is no JSON: " .. value)
  end
  -- Most have none.
  if body:find("null", 1, true) then
    return part("web/nulls").drop(value)
  end
  return value
end
