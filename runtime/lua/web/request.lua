-- `req`: one form for the requests of all front ends. What a handler does not look at is not made.
local part = ...
local fronts = part("web/fronts")

local Request, lazy = { __name = "lambda.web.Request" }, {}
local methods = {}

function Request.__index(req, key)
  local make = lazy[key]
  if make then
    local value = make(req)
    rawset(req, key, value)
    return value
  end
  return methods[key]
end

-- Names in any case.
local any_case = {
  __index = function(headers, name)
    if type(name) == "string" then
      local lower = name:lower()
      if lower ~= name then
        return rawget(headers, lower)
      end
    end
  end,
}

local function is_null(value)
  return value == nil or type(value) == "userdata"
end

local function without_nulls(value)
  if type(value) ~= "table" then
    return value
  end
  local copy = {}
  for key, item in pairs(value) do
    if not is_null(item) then
      copy[key] = without_nulls(item)
    end
  end
  return setmetatable(copy, getmetatable(value))
end

function lazy._header_lists(req)
  return req._front.headers(req.event)
end

function lazy.headers(req)
  local headers = {}
  for name, list in pairs(req._header_lists) do
    headers[name] = #list == 1 and list[1] or table.concat(list, name == "cookie" and "; " or ", ")
  end
  return setmetatable(headers, any_case)
end

function methods.header_all(req, name)
  local copy = {}
  for i, value in ipairs(req._header_lists[name:lower()] or copy) do
    copy[i] = value
  end
  return copy
end

function lazy._query_lists(req)
  return req._front.query(req.event)
end

function lazy.query(req)
  local query = {}
  for name, list in pairs(req._query_lists) do
    query[name] = list[#list]
  end
  return query
end

function methods.query_all(req, name)
  local copy = {}
  for i, value in ipairs(req._query_lists[name] or copy) do
    copy[i] = value
  end
  return copy
end

function lazy.cookies(req)
  local cookies = {}
  local parse = part("web/cookies").parse
  local list = req.event.cookies
  if type(list) == "table" then
    for _, header in ipairs(list) do
      parse(header, cookies)
    end
  else
    for _, header in ipairs(req._header_lists.cookie or {}) do
      parse(header, cookies)
    end
  end
  return cookies
end

function lazy.body(req)
  local event = req.event
  local body = event.body
  if is_null(body) then
    return nil
  elseif type(body) ~= "string" then
    local message = "the event's body is a %s where a string is expected"
    part("web/http_error").refuse(400, message:format(type(body)))
  elseif event.isBase64Encoded == true then
    local bytes, message = require("lambda.crypto").from_base64(body)
    if not bytes then
      part("web/http_error").refuse(400, "the event's body is not the base64 it is said to be: " .. message)
    end
    return bytes
  end
  return body
end

function lazy.path(req)
  return part("web/url").decode(req._path)
end

function lazy._path(req)
  return req._front.path(req.event)
end

function lazy.raw_path(req)
  return req._front.raw_path(req.event)
end

function lazy.params(req)
  return without_nulls(req.event.pathParameters) or {}
end

local function in_context(name)
  return function(req)
    local context = req.event.requestContext
    local value = type(context) == "table" and context[name] or nil
    if not is_null(value) then
      return without_nulls(value)
    end
  end
end

lazy.authorizer = in_context("authorizer")
lazy.stage = in_context("stage")
lazy.id = in_context("requestId")

function lazy.source_ip(req)
  local value = req._front.source_ip(req)
  if not is_null(value) then
    return value
  end
end

function methods.json(req)
  return part("web/body").json(req)
end

function methods.form(req, options)
  return part("web/form")(req, options)
end

local M = {}

function M.is(value)
  return type(value) == "table" and getmetatable(value) == Request
end

function M.new(event, context)
  local front, method = fronts.of(event)
  return setmetatable({
    event = event,
    context = context,
    method = method,
    source = front.name,
    _front = front,
  }, Request)
end

return M
