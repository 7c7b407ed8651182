-- The parts of multipart/form-data: RFC 7578, RFC 2046.
local part = ...
local refuse = part("web/http_error").refuse
local media_type = part("web/media_type")

local find, gsub, lower, sub = string.find, string.gsub, string.lower, string.sub

local LONGEST_HEADERS_BYTES = 16 * 1024
local ENCODINGS = { ["7bit"] = true, ["8bit"] = true, binary = true }
-- Browsers encode these three in names, and no more.
local ENCODED = { ["%22"] = "\"", ["%0D"] = "\r", ["%0A"] = "\n" }

local function fault(nth, message, ...)
  refuse(400, ("part %d of the form "):format(nth) .. message:format(...))
end

-- What a boundary that ends before `at` is: "part" and where its headers begin, "end", or nil when
-- the same bytes are content.
local function kind(body, at)
  local _, stop = find(body, "^[ \t]*\r?\n", at)
  if stop then
    return "part", stop + 1
  elseif find(body, "^%-%-[ \t]*\r?\n", at) or find(body, "^%-%-[ \t]*$", at) then
    return "end"
  end
end

-- The headers that count, by names in lower case.
local function headers_of(text)
  local headers = {}
  -- A line that begins with a blank goes on.
  for line in gsub(text, "\r?\n[ \t]+", " "):gmatch("[^\r\n]+") do
    local name, value = line:match("^([^:]+):(.*)$")
    if name then
      headers[lower(name):match("^%S*")] = value:match("^%s*(.-)$")
    end
  end
  return headers
end

local function named(text)
  return text and gsub(text, "%%[02][2ADad]", function(code)
    return ENCODED[code:upper()]
  end)
end

-- What the headers say of a part.
local function described(nth, text)
  local headers = headers_of(text)
  local encoding = headers["content-transfer-encoding"]
  encoding = encoding and lower(encoding):match("^%S*")
  if encoding and not ENCODINGS[encoding] then
    local seen = part("web/shown")(encoding)
    fault(nth, "has the transfer encoding %s; parts of forms have none", seen)
  end
  local disposition, parameters = media_type.parse(headers["content-disposition"] or "")
  local name = named(parameters.name)
  if disposition ~= "form-data" or not name then
    fault(nth, "has no name: a header like Content-Disposition: form-data; name=\"a\"")
  end
  local filename = parameters["filename*"] and media_type.extended(parameters["filename*"])
  return name, filename or named(parameters.filename), headers["content-type"]
end

-- The first boundary: where its headers begin, nil for a form without parts.
local function opened(body, opening)
  local at = sub(body, 1, #opening) == opening and 1 or nil
  local search = 1
  while true do
    if not at then
      at = find(body, "\n" .. opening, search, true)
      at = at and at + 1
    end
    if not at then
      refuse(400, "the form's body does not have the boundary that its content type names")
    end
    local what, next_at = kind(body, at + #opening)
    if what then
      return what == "part" and next_at or nil
    end
    search, at = at + 1, nil
  end
end

-- Where a part's headers end and its content begins, and the headers.
local function split(nth, body, at, newline, delimiter)
  if sub(body, at, at + #newline - 1) == newline then
    return at + #newline, ""
  end
  local stop = find(body, newline .. newline, at, true)
  if not stop then
    fault(nth, "ends within its headers, and the form with it")
  end
  local head = sub(body, at, stop - 1)
  if #head > LONGEST_HEADERS_BYTES or find(head, delimiter, 1, true) then
    fault(nth, "has no blank line behind its headers")
  end
  return stop + 2 * #newline, head
end

-- Where the boundary behind a part's content begins, and where the next part's headers do.
local function closed(nth, body, search, delimiter)
  local stop = find(body, delimiter, search, true)
  while stop do
    local what, next_at = kind(body, stop + #delimiter)
    if what then
      return stop, next_at
    end
    stop = find(body, delimiter, stop + 1, true)
  end
  fault(nth, "never ends: its closing boundary is missing")
end

-- Calls `add(nth, name, filename, content_type, content)` for each part.
return function(body, boundary, add)
  local opening = "--" .. boundary
  local at, nth = opened(body, opening), 0
  local newline = at and sub(body, at - 2, at - 2) == "\r" and "\r\n" or "\n"
  local delimiter = newline .. opening
  while at do
    nth = nth + 1
    local from, head = split(nth, body, at, newline, delimiter)
    local name, filename, content_type = described(nth, head)
    -- An empty part may have but one line break between its headers and the boundary.
    local stop, next_at = closed(nth, body, from - #newline, delimiter)
    add(nth, name, filename, content_type, sub(body, from, stop - 1))
    at = next_at
  end
end
