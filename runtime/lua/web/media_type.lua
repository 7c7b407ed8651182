-- Headers with parameters, as Content-Type and Content-Disposition: `form-data; name="a"`.
local part = ...
local url = part("web/url")

local find, gsub, lower, sub = string.find, string.gsub, string.lower, string.sub

-- The text in the quotes that open at `at`, and where it goes on behind them.
local function quoted(text, at)
  local close = at + 1
  while true do
    close = find(text, "[\"\\]", close)
    if not close then
      return sub(text, at + 1), #text + 1
    elseif sub(text, close, close) == "\"" then
      break
    end
    -- With the character that it escapes.
    close = close + 2
  end
  -- Any other backslash is one: some clients send paths of Windows.
  return gsub(sub(text, at + 1, close - 1), "\\([\"\\])", "%1"), close + 1
end

local function latin_1(char)
  local code = char:byte()
  return string.char(code < 192 and 194 or 195, code < 192 and code or code - 64)
end

local CHARSETS = { ["utf-8"] = true, utf8 = true, ["us-ascii"] = true, ascii = true }

local M = {}

-- The value in lower case and its parameters, by names in lower case; the first of a name counts.
function M.parse(text)
  local at = find(text, ";", 1, true)
  local value = lower(sub(text, 1, (at or 0) - 1)):match("^%s*(%S*)")
  local parameters = {}
  while at do
    local _, stop, name = find(text, "^[;%s]*([^%s=;]+)%s*=%s*", at)
    if not stop then
      break
    end
    local content
    if sub(text, stop + 1, stop + 1) == "\"" then
      content, at = quoted(text, stop + 1)
    else
      content = text:match("^[^;%s]*", stop + 1)
      at = stop + 1 + #content
    end
    name = lower(name)
    parameters[name] = parameters[name] or content
    at = find(text, ";", at, true)
  end
  return value, parameters
end

-- The bytes as UTF-8, or nil when the charset is one that is not known here.
function M.to_utf8(bytes, charset)
  charset = charset and lower(charset)
  if not charset or CHARSETS[charset] then
    return bytes
  elseif charset == "iso-8859-1" or charset == "latin1" then
    return (gsub(bytes, "[\128-\255]", latin_1))
  end
end

-- The text of `filename*=UTF-8''na%C3%AFve`: RFC 8187.
function M.extended(text)
  local charset, content = text:match("^([^']*)'[^']*'(.*)$")
  return charset and M.to_utf8(url.decode(content), charset)
end

return M
