-- Percent-encoding and query strings.
local M = {}

local find, gmatch, gsub, sub = string.find, string.gmatch, string.gsub, string.sub
local byte, char = string.byte, string.char

local function unescaped(digits)
  return char(tonumber(digits, 16))
end

-- What is no percent-encoding stays as it is.
function M.decode(text)
  if find(text, "%", 1, true) then
    text = gsub(text, "%%(%x%x)", unescaped)
  end
  return text
end

-- As forms and query strings have it: a plus is a blank.
function M.decode_form(text)
  if find(text, "+", 1, true) then
    text = gsub(text, "+", " ")
  end
  return M.decode(text)
end

-- Whether there is a percent sign that encodes nothing.
function M.is_broken(text)
  return find(text, "%", 1, true) ~= nil
    and (find(text, "%%%X") or find(text, "%%%x%X") or find(text, "%%%x?$")) ~= nil
end

-- All but the unreserved characters of RFC 3986.
function M.encode(text)
  return (gsub(text, "[^%w._~-]", function(c)
    return ("%%%02X"):format(byte(c))
  end))
end

-- Notes a value in `last`, which has the last of each name, and in `all`, which has the list of
-- those of a name that came more than once.
function M.add(last, all, name, value)
  local before = last[name]
  if before ~= nil then
    local list = all[name]
    if list then
      list[#list + 1] = value
    else
      all[name] = { before, value }
    end
  end
  last[name] = value
end

-- Notes the values in `a=1&b=2`.
function M.parse(text, last, all)
  local encoded = find(text, "[%%+]") ~= nil
  local add, decode_form = M.add, M.decode_form
  for pair in gmatch(text, "[^&]+") do
    local at = find(pair, "=", 1, true)
    local name, value = pair, ""
    if at then
      name, value = sub(pair, 1, at - 1), sub(pair, at + 1)
    end
    if encoded then
      name, value = decode_form(name), decode_form(value)
    end
    add(last, all, name, value)
  end
end

return M
