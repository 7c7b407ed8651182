-- Raises an error in the user's code, however deep in the built-ins it was found.
local OURS = "=lambda."

return function(message, ...)
  if select("#", ...) > 0 then
    message = message:format(...)
  end
  local level, gone = 2, false
  while true do
    local info = debug.getinfo(level, "Slt")
    if not info or gone then
      error(message, 0)
    elseif info.what ~= "C" and info.source:sub(1, #OURS) ~= OURS then
      error(("%s:%d: %s"):format(info.short_src, info.currentline, message), 0)
    end
    -- `return web.file(…)` leaves no frame of the user's function: what comes next is its caller.
    gone = info.istailcall
    level = level + 1
  end
end
