-- Errors about what the user's code gave: strings that begin with a place in it.
local error, getinfo, sub = error, debug.getinfo, string.sub

local function is_ours(info)
  return sub(info.source, 1, 8) == "=lambda."
end

-- Where a function, or what is called for a table, was written.
local function definition(fn)
  if type(fn) ~= "function" then
    local metatable = debug.getmetatable(fn)
    fn = type(metatable) == "table" and rawget(metatable, "__call") or nil
  end
  local info = type(fn) == "function" and getinfo(fn, "S")
  if info and info.what ~= "C" and not is_ours(info) then
    return info.short_src .. ":" .. info.linedefined .. ": "
  end
end

-- Functions of these have the user's function that they call as their first local.
local CALLERS = { ["=lambda.web.chain"] = true, ["=lambda.web.serve"] = true }

-- Where the user's code is now. What it called by `return web.json(…)` has taken the place of its
-- frame: then where that function is.
local function caller()
  local level = 3
  local info = getinfo(level, "Sl")
  while info do
    if not is_ours(info) then
      if info.currentline > 0 then
        return info.short_src .. ":" .. info.currentline .. ": "
      end
    elseif CALLERS[info.source] then
      local _, fn = debug.getlocal(level, 1)
      local place = definition(fn)
      if place then
        return place
      end
    end
    level = level + 1
    info = getinfo(level, "Sl")
  end
  return ""
end

-- `fn` is the handler whose answer it is about, of which nothing is on the stack any more; without
-- one, it is about what the running code called. The message may be a format of what is behind it.
return function(fn, message, ...)
  if select("#", ...) > 0 then
    message = message:format(...)
  end
  error((fn and definition(fn) or caller()) .. message, 0)
end
