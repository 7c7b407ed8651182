-- `wsapi_env.input`: the body of a request.

local Input = {}
Input.__index = Input

local function line(self, keeps_end)
  local body, at = self._body, self._at
  if at > #body then
    return nil
  end
  local stop = body:find("\n", at, true)
  self._at = (stop or #body) + 1
  return body:sub(at, stop and not keeps_end and stop - 1 or self._at - 1)
end

local function bytes(self, count)
  local body, at = self._body, self._at
  -- Also for a count of 0, as WSAPI has it.
  if count <= 0 or at > #body then
    return nil
  end
  self._at = math.min(at + count, #body + 1)
  return body:sub(at, self._at - 1)
end

-- As the servers of WSAPI have it, and with the formats of Lua's files.
function Input:read(what)
  if what == nil then
    return bytes(self, #self._body)
  end
  local count = tonumber(what)
  if count then
    return bytes(self, count < 2 ^ 53 and math.floor(count) or #self._body)
  end
  local format = type(what) == "string" and what:gsub("^%*", ""):sub(1, 1)
  if format == "a" then
    return bytes(self, #self._body) or ""
  elseif format == "l" or format == "L" then
    return line(self, format == "L")
  end
  local message = "bad argument #1 to 'read' (a number of bytes, \"a\" or \"l\" expected, got %s)"
  error(message:format(type(what) == "string" and ("%q"):format(what) or type(what)), 2)
end

function Input:lines()
  return function()
    return line(self)
  end
end

return function(body)
  return setmetatable({ length = #body, _body = body, _at = 1 }, Input)
end
