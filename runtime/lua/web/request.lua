-- `req`: one form for the requests of all front ends. What a handler does not look at is not made.
--
-- Members that begin with a low line are the runtime's: what a user sets changes no answer's form.
local part = ...
local front_of = part("web/fronts").of

local lower, rawget, rawset, setmetatable, type = string.lower, rawget, rawset, setmetatable, type

local Request, lazy, methods = { __name = "lambda.web.Request" }, {}, {}

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
      local known = lower(name)
      if known ~= name then
        return rawget(headers, known)
      end
    end
  end,
  __newindex = function(headers, name, value)
    rawset(headers, type(name) == "string" and lower(name) or name, value)
  end,
}

local function is_null(value)
  return value == nil or type(value) == "userdata"
end

local function list_of(all, last, name)
  local copy, list = {}, all[name] or { last[name] }
  for i = 1, #list do
    copy[i] = list[i]
  end
  return copy
end

local function warn_of_percent(req, where)
  local message = "the request's %s has a percent sign that encodes nothing; it stays as it is"
  require("lambda.log").warn(message:format(where), req:_named())
end

function lazy._headers(req)
  local last, all = req._front.headers(req._event)
  req._header_lists = all
  return setmetatable(last, any_case)
end

function lazy.headers(req)
  return req._headers
end

function methods.header_all(req, name)
  local headers = req._headers
  return list_of(req._header_lists, headers, type(name) == "string" and lower(name) or name)
end

function lazy._query(req)
  local last, all, broken = req._front.query(req._event)
  req._query_lists = all
  if broken then
    warn_of_percent(req, "query")
  end
  return last
end

function lazy.query(req)
  return req._query
end

function methods.query_all(req, name)
  local query = req._query
  return list_of(req._query_lists, query, name)
end

function lazy.cookies(req)
  local cookies, parse = {}, part("web/cookies").parse
  local headers = req._headers
  local list = req._header_lists.cookie or { headers.cookie }
  for i = 1, #list do
    parse(list[i], cookies)
  end
  return cookies
end

function lazy.body(req)
  local event = req._event
  local body = event.body
  if is_null(body) then
    return nil
  elseif type(body) ~= "string" then
    local message = "the event's body is a %s where a string is expected"
    part("web/http_error").refuse(400, message:format(type(body)))
  elseif event.isBase64Encoded == true then
    local bytes, message = require("lambda.crypto").from_base64(body)
    if not bytes then
      message = "the event's body is not the base64 that it is said to be: " .. message
      part("web/http_error").refuse(400, message)
    end
    return bytes
  end
  return body
end

function lazy._path(req)
  return req._front.path(req._event)
end

function lazy.path(req)
  local url = part("web/url")
  local path = req._path
  if url.is_broken(path) then
    warn_of_percent(req, "path")
  end
  return url.decode(path)
end

function lazy.raw_path(req)
  return req._front.raw_path(req._event)
end

function lazy.params(req)
  local params = part("web/nulls").without(req._event.pathParameters)
  if type(params) ~= "table" then
    return {}
  elseif req._front.name == "api-gateway" and req._event.version ~= "1.0" then
    -- A REST API leaves them as they stand in the path.
    local decode = part("web/url").decode
    for name, value in pairs(params) do
      params[name] = type(value) == "string" and decode(value) or value
    end
  end
  return params
end

local function in_context(name)
  return function(req)
    return part("web/nulls").without(req._event.requestContext[name])
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

function lazy.source(req)
  return req._front.name
end

function lazy.time_ms(req)
  return req._front.time_ms(req._event.requestContext)
end

function methods.json(req, options)
  return part("web/body")(req, options)
end

function methods.form(req, options)
  local form = part("web/form")(req, options)
  return form.fields, form.files
end

function methods.form_all(req, name)
  local form = part("web/form")(req)
  return list_of(form.all, form.last, name)
end

-- For the log.
function methods._named(req)
  return { method = req._method, path = part("web/url").decode(req._path) }
end

local M = {}

function M.is(value)
  return type(value) == "table" and getmetatable(value) == Request
end

function M.new(event, context)
  local front, method = front_of(event)
  return setmetatable({
    event = event,
    context = context,
    method = method,
    _event = event,
    _front = front,
    _method = method,
  }, Request)
end

return M
