-- JSON bodies of requests.
local part = ...
local refuse = part("web/http_error").refuse

local function keeps_nulls(options)
  if options == nil then
    return false
  elseif type(options) ~= "table" then
    part("web/fault")(nil, "bad argument #1 to 'json' (table expected, got %s)", type(options))
  end
  for name, value in pairs(options) do
    if name ~= "nulls" then
      part("web/fault")(nil, "json: unknown option %s; there is nulls", part("web/shown")(name))
    elseif type(value) ~= "boolean" then
      part("web/fault")(nil, "json: nulls is %s; it is true or false", part("web/shown")(value))
    end
  end
  return options.nulls
end

return function(req, options)
  local keeps = keeps_nulls(options)
  local body = req.body
  if body == nil or body == "" then
    refuse(400, "the request has no body; JSON is expected")
  elseif type(body) ~= "string" then
    -- What the user put into its place.
    return body
  end
  local decode = keeps and part("json/nulls") or require("lambda.json").decode
  local ok, value = pcall(decode, body)
  if not ok then
    if type(value) ~= "string" or value:find("not enough memory$") then
      error(value, 0)
    end
    refuse(400, "the request's body is no JSON: " .. value)
  end
  -- Most have none.
  if not keeps and body:find("null", 1, true) then
    return part("web/nulls").drop(value)
  end
  return value
end
