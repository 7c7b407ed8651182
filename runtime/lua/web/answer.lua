-- What handlers answer with, and its form for each front end.
local part = ...
local json = require("lambda.json")
local is_utf8 = part("text").is_utf8

local floor, lower, find = math.floor, string.lower, string.find

local Answer = {}
Answer.__index = Answer
Answer.__name = "lambda.web.Answer"

local M = {}

local KEYS = { status = true, headers = true, body = true, cookies = true }

-- Raises an error that begins with where `fn` stands: nothing of it is on the stack any more.
local function fault(fn, message)
  local place = ""
  if type(fn) == "function" then
    local info = debug.getinfo(fn, "S")
    if info.short_src:sub(1, 7) ~= "lambda." then
      place = info.short_src .. ":" .. info.linedefined .. ": "
    end
  end
  error(place .. message, 0)
end

local function shown(value)
  if type(value) == "string" then
    return ("%q"):format(value)
  end
  return type(value) == "number" and tostring(value) or "a " .. type(value)
end

local function integer(fn, status)
  if type(status) ~= "number" or status % 1 ~= 0 or status < 100 or status > 599 then
    local message = "the handler answered with the status %s; a status is an integer from 100 to 599"
    fault(fn, message:format(shown(status)))
  end
  return floor(status)
end

local function encoded(fn, value)
  local ok, text = pcall(json.encode, value)
  if not ok then
    -- The position in it is of this file.
    text = type(text) == "string" and text:gsub("^lambda%.[%w.]+:%d+: ", "") or text
    if type(text) ~= "string" then
      error(text, 0)
    end
    fault(fn, "the answer's body is no JSON: " .. text)
  end
  return text
end

-- The headers with names in lower case; values as they are.
local function lowered(fn, headers)
  local list = {}
  if headers ~= nil then
    if type(headers) ~= "table" then
      fault(fn, "the answer's headers are a " .. type(headers) .. "; they are a table, name = value")
    end
    for name, value in pairs(headers) do
      if type(name) ~= "string" then
        fault(fn, "an answer's header has the name " .. shown(name) .. "; names are strings")
      end
      list[lower(name)] = value
    end
  end
  return list
end

local function new(fn, status, headers, body, cookies)
  headers = lowered(fn, headers)
  local kind = type(body)
  if kind == "string" then
    if not headers["content-type"] then
      local text = not find(body, "[\128-\255]") or is_utf8(body)
      headers["content-type"] = text and "text/plain; charset=utf-8" or "application/octet-stream"
    end
  elseif kind == "table" then
    body = encoded(fn, body)
    headers["content-type"] = headers["content-type"] or "application/json"
  elseif kind == "number" or kind == "boolean" then
    body = tostring(body)
    headers["content-type"] = headers["content-type"] or "text/plain; charset=utf-8"
  elseif kind ~= "function" and body ~= nil and body ~= json.null then
    local message = "the answer's body is a %s; it is a string, a table that is sent as JSON, or a "
      .. "function that gives its pieces"
    fault(fn, message:format(kind))
  end
  if body == json.null then
    body = nil
  end
  if cookies ~= nil and type(cookies) ~= "table" then
    fault(fn, "the answer's cookies are a " .. type(cookies) .. "; they are a list of strings")
  end
  local answer = { status = integer(fn, status), headers = headers, body = body, cookies = cookies }
  return setmetatable(answer, Answer)
end

-- Whether a table is an answer and no value to send as JSON.
local function is_form(value)
  local status = value.status
  if type(status) == "number" then
    return true
  end
  if status ~= nil or (value.body == nil and value.headers == nil and value.cookies == nil) then
    return false
  end
  for key in pairs(value) do
    if not KEYS[key] then
      return false
    end
  end
  return true
end

-- Makes an answer of what `fn` returned.
function M.of(fn, first, second, third)
  local kind = type(first)
  if kind == "table" then
    if getmetatable(first) == Answer then
      return first
    elseif type(first.statusCode) == "number" then
      -- As Lambda has it.
      local headers = lowered(fn, first.headers)
      for name, values in pairs(lowered(fn, first.multiValueHeaders)) do
        headers[name] = values
      end
      local body = first.body
      if first.isBase64Encoded == true and type(body) == "string" then
        local bytes, message = require("lambda.crypto").from_base64(body)
        body = bytes or fault(fn, "the answer's body is not the base64 that it says: " .. message)
      end
      return new(fn, first.statusCode, headers, body, first.cookies)
    elseif is_form(first) then
      return new(fn, first.status or 200, first.headers, first.body, first.cookies)
    end
    return new(fn, 200, nil, first)
  elseif kind == "number" then
    return new(fn, first, second, third)
  elseif kind == "string" then
    return new(fn, 200, nil, first)
  elseif first == nil and second == nil then
    return new(fn, 204)
  elseif first == nil then
    error(second, 0)
  end
  local message = "the handler answered with a %s; answer with a string, a table (sent as JSON), "
    .. "{ status =, headers =, body = }, or status, headers, body"
  fault(fn, message:format(kind))
end

function M.json(value, status, headers)
  headers = lowered(nil, headers)
  headers["content-type"] = headers["content-type"] or "application/json"
  return new(nil, status or 200, headers, encoded(nil, value))
end

function M.typed(name, text, status, headers, content_type)
  if type(text) ~= "string" then
    error(("bad argument #1 to '%s' (string expected, got %s)"):format(name, type(text)), 3)
  end
  headers = lowered(nil, headers)
  headers["content-type"] = headers["content-type"] or content_type
  return new(nil, status or 200, headers, text)
end

local function text_of(name, value)
  local kind = type(value)
  if kind ~= "string" then
    if kind ~= "number" and kind ~= "boolean" then
      error(("the answer's header %s is a %s; it is a string"):format(name, kind), 0)
    end
    value = tostring(value)
  end
  if find(value, "%c") and find(value, "[^\t\32-\126\128-\255]") then
    local message = "the answer's header %s has a line break or another control character in it: %q"
    error(message:format(name, value), 0)
  end
  return value
end

-- Calls `add(name, text)` for each value of each header; cookies are headers too.
local function each(answer, add)
  for name, value in pairs(answer.headers) do
    if name == "" or find(name, "[^%w!#$%%&'*+.^_`|~-]") then
      local message = "the answer has a header named %q; names are letters, digits and -_"
      error(message:format(name), 0)
    end
    if type(value) == "table" then
      for i = 1, #value do
        add(name, text_of(name, value[i]))
      end
    elseif value ~= json.null and value ~= false then
      add(name, text_of(name, value))
    end
  end
  local cookies = answer.cookies
  if cookies then
    for i = 1, #cookies do
      add("set-cookie", text_of("set-cookie", cookies[i]))
    end
  end
end

-- A list of values a header.
function M.multiple(answer)
  local headers = {}
  each(answer, function(name, value)
    local list = headers[name]
    if list then
      list[#list + 1] = value
    else
      headers[name] = { value }
    end
  end)
  return headers
end

-- One value a header, several in one; and the cookies apart.
function M.single(answer)
  local headers, cookies = {}, nil
  each(answer, function(name, value)
    if name == "set-cookie" then
      cookies = cookies or {}
      cookies[#cookies + 1] = value
    else
      local before = headers[name]
      headers[name] = before and before .. ", " .. value or value
    end
  end)
  return headers, cookies
end

local function pieces(answer)
  local list = {}
  for piece in answer.body do
    list[#list + 1] = tostring(piece)
  end
  return table.concat(list)
end

-- The answer in the form that the request's front end takes.
function M.render(req, answer)
  local status, body = answer.status, answer.body
  if type(body) == "function" then
    body = pieces(answer)
  end
  if body == nil or req.method == "HEAD" or status == 204 or status == 304 then
    body = ""
  end
  local binary = find(body, "[\128-\255]") and not is_utf8(body) or false
  if binary then
    body = require("lambda.crypto").base64(body)
  end
  local rendered = { statusCode = status, body = body, isBase64Encoded = binary }
  req._front.head(M, req, answer, rendered)
  return rendered
end

return M
