-- Raises an error in the user's code, however deep in the built-ins it was found.
local OURS = "=lambda."

return function(message, ...)
  if select("#", ...) > 0 then
    message = message:format(...)
  end
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then
      error(message, 0)
    elseif info.what ~= "C" and info.source:sub(1, #OURS) ~= OURS then
      error(("%s:%d: %s"):format(info.short_src, info.currentline, message), 0)
    end
    level = level + 1
  end
end
