-- What a request says of the answer it has or wants a part of (RFC 9110, 13 and 14).
local M = {}

-- Whether `If-None-Match` names the entity tag, weakly or not: the client has it.
function M.is_known(header, etag)
  if not header then
    return false
  elseif header:match("^%s*%*%s*$") then
    return true
  end
  for tag in header:gmatch("\"[^\"]*\"") do
    if tag == etag then
      return true
    end
  end
  return false
end

-- The part of `size` bytes that a `Range` header asks for, as its first and last byte from 0.
-- Nothing where the whole is to be sent: another unit, several parts, or no range at all. False
-- where there are no such bytes.
function M.range(header, size)
  local first, last = header:match("^%s*[Bb][Yy][Tt][Ee][Ss]%s*=%s*(%d*)%s*%-%s*(%d*)%s*$")
  if not first or (first == "" and last == "") then
    return nil
  elseif first == "" then
    local count = math.min(tonumber(last), size)
    if count == 0 then
      return false
    end
    return size - count, size - 1
  end
  first = tonumber(first)
  if last ~= "" and tonumber(last) < first then
    return nil
  elseif first >= size then
    return false
  end
  return first, last == "" and size - 1 or math.min(tonumber(last), size - 1)
end

-- Whether `Accept-Encoding` names the coding, and not as the one it refuses.
function M.accepts(header, coding)
  for item in (header or ""):lower():gmatch("[^,]+") do
    local name, weight = item:match("^%s*([^%s;]+)%s*;%s*q%s*=%s*([%d.]+)")
    name = name or item:match("^%s*([^%s;]+)")
    if name == coding then
      return tonumber(weight or 1) ~= 0
    end
  end
  return false
end

return M
