-- Raises an error in the user's code, however deep in the built-ins it was found.
local part = ...
local fault = part("web/fault")

return function(message, ...)
  fault(nil, select("#", ...) > 0 and message:format(...) or message)
end
