-- What handlers answer with, and its form for each front end.
local part = ...
local json = require("lambda.json")
local is_utf8 = part("text").is_utf8

local floor, find, lower = math.floor, string.find, string.lower
local next, pairs, setmetatable, tostring, type = next, pairs, setmetatable, tostring, type

local Answer = {}
Answer.__index = Answer
Answer.__name = "lambda.web.Answer"

local M = {}

local KEYS = { status = true, headers = true, body = true, cookies = true }
local JSON, BYTES = "application/json", "application/octet-stream"
local TEXT = "text/plain; charset=utf-8"

local function fault(fn, message, ...)
  part("web/fault")(fn, message, ...)
end

local function shown(value)
  return part("web/shown")(value)
end

local function is_null(value)
  return value == nil or value == json.null
end

local function status_of(fn, status)
  if type(status) ~= "number" or status % 1 ~= 0 or status < 200 or status > 599 then
    fault(
      fn,
      "the handler answered with the status %s; a status is an integer from 200 to 599",
      shown(status)
    )
  end
  -- Of 200.0, JSON would have the point.
  return floor(status)
end

local function encoded(fn, value)
  local ok, text = pcall(json.encode, value)
  if not ok then
    if type(text) ~= "string" or find(text, "not enough memory$") then
      error(text, 0)
    end
    fault(fn, "the answer's body is no JSON: %s", text)
  end
  return text
end

local function is_text(body)
  -- A short body is looked at sooner than a function is called.
  if #body < 64 and not find(body, "[\128-\255]") then
    return true
  end
  return is_utf8(body)
end

-- The body as it is sent, for which `headers` get a type; a function is left for later.
local function settled(fn, headers, body)
  local kind, content_type = type(body), nil
  if kind == "string" then
    content_type = headers["content-type"] or (is_text(body) and TEXT or BYTES)
  elseif kind == "table" then
    body, content_type = encoded(fn, body), JSON
  elseif kind == "number" or kind == "boolean" then
    body, content_type = tostring(body), TEXT
  elseif is_null(body) then
    return nil
  elseif kind ~= "function" then
    fault(
      fn,
      "the answer's body is %s; it is a string, a table that is sent as JSON, or a function that "
        .. "gives its pieces",
      shown(body)
    )
  end
  headers["content-type"] = headers["content-type"] or content_type
  return body
end

local function copied(list)
  local copy = {}
  for i = 1, #list do
    copy[i] = list[i]
  end
  return copy
end

-- The headers with names in lower case; values as they are, lists in tables of their own.
local function lowered(fn, headers)
  local list = {}
  if is_null(headers) then
    return list
  elseif type(headers) ~= "table" then
    fault(
      fn,
      "the answer's headers are %s; they are a table, name = value, and stand between status and "
        .. "body",
      shown(headers)
    )
  end
  for name, value in pairs(headers) do
    if type(name) ~= "string" then
      fault(fn, "an answer's header has the name %s; names are strings", shown(name))
    end
    local known = lower(name)
    if list[known] ~= nil then
      fault(fn, "the answer has the header %s twice, in different case", known)
    end
    list[known] = type(value) == "table" and copied(value) or value
  end
  return list
end

local function new(fn, status, headers, body, cookies)
  status = status_of(fn, status)
  headers = headers and lowered(fn, headers) or {}
  if is_null(cookies) then
    cookies = nil
  elseif type(cookies) ~= "table" or (cookies[1] == nil and next(cookies) ~= nil) then
    local kind = type(cookies) == "table" and "a table with names" or shown(cookies)
    fault(fn, "the answer's cookies are %s; they are a list of what web.cookie gives", kind)
  end
  cookies = cookies and copied(cookies)
  body = settled(fn, headers, body)
  local answer = { status = status, headers = headers, body = body, cookies = cookies, by = fn }
  return setmetatable(answer, Answer)
end

-- An answer in Lambda's own form.
local function of_lambda(fn, value)
  local headers = lowered(fn, value.headers)
  for name, values in pairs(lowered(fn, value.multiValueHeaders)) do
    headers[name] = values
  end
  local body = value.body
  if value.isBase64Encoded == true and type(body) == "string" then
    local bytes, message = require("lambda.crypto").from_base64(body)
    body = bytes or fault(fn, "the answer's body is not the base64 that it says: %s", message)
  end
  return new(fn, tonumber(value.statusCode), headers, body, value.cookies)
end

-- Whether a table is an answer and no value to send as JSON.
local function is_form(fn, value)
  local has_status = type(value.status) == "number"
  if not has_status and (value.status ~= nil or next(value) == nil) then
    return false
  end
  for key in pairs(value) do
    if not KEYS[key] then
      if has_status then
        fault(
          fn,
          "the handler answered with a table that has a status and %s; an answer has status, "
            .. "headers, body and cookies, and web.json(value) sends a value that has a status",
          type(key) == "string" and key or shown(key)
        )
      end
      return false
    end
  end
  return true
end

-- Makes an answer of what `fn` returned.
function M.of(fn, first, second, third)
  local kind = type(first)
  if kind == "string" then
    local headers = { ["content-type"] = is_text(first) and TEXT or BYTES }
    return setmetatable({ status = 200, headers = headers, body = first, by = fn }, Answer)
  elseif kind == "table" then
    if getmetatable(first) == Answer then
      first.by = fn
      return first
    elseif tonumber(first.statusCode) then
      return of_lambda(fn, first)
    elseif is_form(fn, first) then
      return new(fn, first.status or 200, first.headers, first.body, first.cookies)
    end
    return new(fn, 200, nil, first)
  elseif kind == "number" then
    return new(fn, first, second, third)
  elseif first == nil and second == nil then
    return new(fn, 204)
  elseif first == nil then
    error(second, 0)
  end
  fault(
    fn,
    "the handler answered with %s; answer with a string, a table (sent as JSON), "
      .. "{ status =, headers =, body = }, or status, headers, body",
    shown(first)
  )
end

-- The same in tables of its own, for what changes it.
function M.copy(fn, answer)
  return new(fn, answer.status, answer.headers, answer.body, answer.cookies)
end

-- `by` is whose answer it is, when it is not made by running code of the user's.
function M.json(value, status, headers, by)
  headers = lowered(by, headers)
  headers["content-type"] = headers["content-type"] or JSON
  return new(by, status or 200, headers, encoded(by, value))
end

function M.typed(name, text, status, headers, content_type)
  if type(text) ~= "string" then
    fault(nil, "bad argument #1 to '%s' (string expected, got %s)", name, type(text))
  end
  headers = lowered(nil, headers)
  headers["content-type"] = headers["content-type"] or content_type
  return new(nil, status or 200, headers, text)
end

-- Names that were found good, and what most answers have.
local good_names, good_count = {}, 0
local GOOD_TEXTS = { [JSON] = true, [TEXT] = true, ["text/html; charset=utf-8"] = true }

local function check_name(answer, name)
  if type(name) ~= "string" or name == "" or find(name, "[^%w!#$%%&'*+.^_`|~-]") then
    local message = "the answer has a header named %s; names are letters, digits and -_"
    fault(answer.by, message, shown(name))
  elseif good_count < 256 then
    good_names[name], good_count = true, good_count + 1
  end
end

local function text_of(answer, name, value)
  local kind = type(value)
  if kind ~= "string" then
    if kind ~= "number" and kind ~= "boolean" then
      local message = "the answer's header %s is %s; it is a string, or a list of strings"
      fault(answer.by, message, name, shown(value))
    end
    -- As a count is written: of 5.0, too.
    value = kind == "number" and value % 1 == 0 and ("%.0f"):format(value) or tostring(value)
  end
  if find(value, "[^\32-\126]") then
    -- What a user sent may be in it: a line break would begin another header.
    if find(value, "[^\t\32-\126\128-\255]") then
      local message = "the answer's header %s has a line break or another control character: %s"
      fault(answer.by, message, name, shown(value))
    elseif not is_utf8(value) then
      fault(answer.by, "the answer's header %s is not UTF-8; percent-encode it", name)
    end
  end
  return value
end

-- `false` is what `condition and web.cookie(…)` may give, and no cookie.
local function cookie_of(answer, value)
  if type(value) ~= "string" then
    local message = "the answer has the cookie %s; one is a string, as web.cookie gives it"
    fault(answer.by, message, shown(value))
  end
  return text_of(answer, "set-cookie", value)
end

local function listed(answer, name, value)
  local list = {}
  for i = 1, #value do
    list[i] = text_of(answer, name, value[i])
  end
  return list
end

-- A list of values a header; cookies are headers too.
function M.multiple(answer)
  local headers = {}
  for name, value in pairs(answer.headers) do
    if not good_names[name] then
      check_name(answer, name)
    end
    if type(value) == "table" then
      headers[name] = #value > 0 and listed(answer, name, value) or nil
    elseif value ~= false and value ~= json.null then
      headers[name] = { GOOD_TEXTS[value] and value or text_of(answer, name, value) }
    end
  end
  local cookies = answer.cookies
  if cookies then
    local list = headers["set-cookie"] or {}
    for i = 1, #cookies do
      list[#list + 1] = cookie_of(answer, cookies[i])
    end
    headers["set-cookie"] = #list > 0 and list or nil
  end
  return headers
end

-- One value a header, several in one; and the cookies apart.
function M.single(answer)
  local headers, cookies = {}, nil
  for name, value in pairs(answer.headers) do
    if not good_names[name] then
      check_name(answer, name)
    end
    if name == "set-cookie" or type(value) == "table" then
      if value == false or value == json.null then
        value = {}
      end
      local list = listed(answer, name, type(value) == "table" and value or { value })
      if name == "set-cookie" then
        cookies = list
      elseif #list > 0 then
        headers[name] = table.concat(list, ", ")
      end
    elseif value ~= false and value ~= json.null then
      headers[name] = GOOD_TEXTS[value] and value or text_of(answer, name, value)
    end
  end
  local more = answer.cookies
  if more then
    cookies = cookies or {}
    for i = 1, #more do
      cookies[#cookies + 1] = cookie_of(answer, more[i])
    end
  end
  return headers, cookies and cookies[1] and cookies
end

-- Whether an answer to the request has a body at all: RFC 9110, 6.4.1.
function M.has_body(req, status)
  return req._method ~= "HEAD" and status ~= 204 and status ~= 304
end

-- The answer in the form that the request's front end takes.
function M.render(req, answer)
  local body = answer.body
  if type(body) == "function" then
    answer = part("web/pieces").whole(req, answer)
    body = answer.body
  elseif type(body) ~= "string" then
    -- What came between the handler and this may have set anything.
    body = settled(answer.by, answer.headers, body)
  end
  local status = answer.status == 200 and 200 or status_of(answer.by, answer.status)
  if body == nil or not M.has_body(req, status) then
    body = ""
  end
  local binary = not is_text(body)
  if binary then
    body = require("lambda.crypto").base64(body)
  end
  local rendered = { statusCode = status, body = body, isBase64Encoded = binary }
  req._front.head(M, req, answer, rendered)
  return rendered
end

return M
