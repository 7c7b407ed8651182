-- Errors that are answers: what web.error raises, and what is wrong with a request.
local part = ...

local HttpError = {}
HttpError.__index = HttpError
HttpError.__name = "lambda.web.Error"

function HttpError:__tostring()
  return self.status .. " " .. self.message
end

local M = {}

function M.is(value)
  return type(value) == "table" and getmetatable(value) == HttpError
end

-- `message` is a text for the client, or a table that is sent as JSON.
function M.new(status, message, headers)
  local fault = part("web/fault")
  if type(status) ~= "number" or status < 400 or status > 599 or status % 1 ~= 0 then
    local text = "bad argument #1 to 'error' (a status from 400 to 599 expected, got %s)"
    fault(nil, text, part("web/shown")(status))
  elseif headers ~= nil and type(headers) ~= "table" then
    fault(nil, "bad argument #3 to 'error' (table expected, got %s)", type(headers))
  end
  status = math.floor(status)
  if message == false or message == require("lambda.json").null then
    message = nil
  end
  local kind = type(message)
  if kind ~= "string" and kind ~= "number" and kind ~= "table" and kind ~= "nil" then
    -- The client would get its address.
    fault(nil, "bad argument #2 to 'error' (string or table expected, got %s)", kind)
  end
  local err = { type = "HttpError", status = status, headers = headers }
  if type(message) == "table" then
    err.body = message
    message = message.message
  end
  err.message = message and tostring(message) or part("web/reasons")[status] or "Error"
  return setmetatable(err, HttpError)
end

-- Raises what is wrong with the request: the client gets `message`, and so does the log.
function M.refuse(status, message)
  local err = M.new(status, message)
  err.logged = true
  error(err, 0)
end

-- Forgets what a stream was to begin with: the answer to an error takes its place.
function M.discard(response)
  if response and response._discard then
    response:_discard()
  end
end

-- The answer that the error is.
function M.answer(req, err)
  if err.logged then
    local log = require("lambda.log")
    local message = "the request was answered with %d: %s"
    log.warn(message:format(err.status, err.message), req:_named())
  end
  M.discard(rawget(req, "_response"))
  local json = part("web/answer").json
  return json(err.body or { message = err.message }, err.status, err.headers, req._by)
end

return M
