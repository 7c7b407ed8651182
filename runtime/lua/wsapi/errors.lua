-- `wsapi_env.error`: what is written there are records of the log.

local errors = {}

function errors:write(...)
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
function errors:flush()
  return self
end

return errors
