-- What is told of an error that does not end the invocation.
local M = {}

-- A message handler: the error with the user's frames, innermost first, as stack traces show them.
function M.caught(err)
  local frames = {}
  -- 1 is this function.
  local level = 2
  local info = debug.getinfo(level, "Sln")
  while info do
    -- C functions and built-ins are left out.
    if info.currentline > 0 and info.source:sub(1, 8) ~= "=lambda." then
      local name = info.name and ("function '%s'"):format(info.name) or "a function"
      frames[#frames + 1] = ("%s:%d: in %s"):format(info.short_src, info.currentline, name)
    end
    level = level + 1
    info = debug.getinfo(level, "Sln")
  end
  return { err = err, frames = frames }
end

function M.text(err)
  if type(err) == "table" and type(err.message) == "string" then
    return type(err.type) == "string" and err.type .. ": " .. err.message or err.message
  end
  local shown, text = pcall(tostring, err)
  return shown and text or "an error that cannot be shown"
end

return M
