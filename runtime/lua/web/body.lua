-- Bodies of requests.
local part = ...
local refuse = part("web/http_error").refuse

local M = {}

function M.json(req)
  local body = req.body
  if body == nil or body == "" then
    refuse(400, "the request has no body; JSON is expected")
  end
  local ok, value = pcall(require("lambda.json").decode, body)
  if not ok then
    if type(value) ~= "string" then
      error(value, 0)
    end
    -- The position in it is of this file.
    refuse(400, "the request's body is no JSON: " .. value:gsub("^lambda%.[%w.]+:%d+: ", ""))
  end
  if type(value) == "userdata" then
    return nil
  end
  return value
end

return M
