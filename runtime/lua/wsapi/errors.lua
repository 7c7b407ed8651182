-- `wsapi_env.error`: what is written there are records of the log.

local Error = {}
Error.__index = Error

function Error:write(...)
  local pieces = {}
  for i = 1, select("#", ...) do
    pieces[i] = tostring((select(i, ...)))
  end
  local text = table.concat(pieces):gsub("\r?\n$", "")
  if text ~= "" then
    require("lambda.log").error(text)
  end
  return self
end

-- A record is never held back.
function Error:flush()
  return self
end

-- One a request: what an application puts in place of `write` is not for the next.
return function()
  return setmetatable({}, Error)
end
