-- Percent-encoding and query strings.
local M = {}

local find, gsub, byte, char = string.find, string.gsub, string.byte, string.char

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

-- All but the unreserved characters of RFC 3986.
function M.encode(text)
  return (gsub(text, "[^%w._~-]", function(c)
    return ("%%%02X"):format(byte(c))
  end))
end

-- Adds a value to those of its name.
function M.add(all, name, value)
  local list = all[name]
  if list then
    list[#list + 1] = value
  else
    all[name] = { value }
  end
end

-- The values of each name in `a=1&b=2`.
function M.parse(text, all)
  for pair in text:gmatch("[^&]+") do
    local at = find(pair, "=", 1, true)
    local name = at and pair:sub(1, at - 1) or pair
    M.add(all, M.decode_form(name), at and M.decode_form(pair:sub(at + 1)) or "")
  end
  return all
end

return M
