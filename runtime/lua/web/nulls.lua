-- JSON nulls, which are nil in requests. In an array one stays: it has its place there.
local json = require("lambda.json")

local null, array_mt = json.null, json.array_mt

local M = {}

-- Takes them out of what was decoded.
function M.drop(value)
  if value == null then
    return nil
  elseif type(value) == "table" then
    local is_array = getmetatable(value) == array_mt
    for key, item in pairs(value) do
      if type(item) == "table" then
        M.drop(item)
      elseif item == null and not is_array then
        value[key] = nil
      end
    end
  end
  return value
end

-- A copy without them.
function M.without(value)
  if value == null then
    return nil
  elseif type(value) ~= "table" then
    return value
  end
  local copy, is_array = {}, getmetatable(value) == array_mt
  for key, item in pairs(value) do
    if item ~= null then
      copy[key] = M.without(item)
    elseif is_array then
      copy[key] = item
    end
  end
  return setmetatable(copy, getmetatable(value))
end

return M
