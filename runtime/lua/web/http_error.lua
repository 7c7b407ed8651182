-- Errors that are answers: what web.error raises, and what is wrong with a request.
local HttpError = {}
HttpError.__index = HttpError
HttpError.__name = "lambda.web.Error"

function HttpError:__tostring()
  return self.status .. " " .. self.message
end

local M = {}

local REASONS = {
  [400] = "Bad Request",
  [401] = "Unauthorized",
  [403] = "Forbidden",
  [404] = "Not Found",
  [405] = "Method Not Allowed",
  [409] = "Conflict",
  [410] = "Gone",
  [412] = "Precondition Failed",
  [413] = "Content Too Large",
  [415] = "Unsupported Media Type",
  [416] = "Range Not Satisfiable",
  [422] = "Unprocessable Content",
  [429] = "Too Many Requests",
  [500] = "Internal Server Error",
  [501] = "Not Implemented",
  [502] = "Bad Gateway",
  [503] = "Service Unavailable",
  [504] = "Gateway Timeout",
}

function M.is(value)
  return type(value) == "table" and getmetatable(value) == HttpError
end

-- `message` is a text for the client, or a table that is sent as JSON.
function M.new(status, message, headers)
  if type(status) ~= "number" or status < 400 or status > 599 or status % 1 ~= 0 then
    local text = "bad argument #1 to 'error' (a status from 400 to 599 expected, got %s)"
    error(text:format(tostring(status)), 3)
  end
  local err = { type = "HttpError", status = status, headers = headers }
  if type(message) == "table" then
    err.body = message
    message = message.message
  end
  err.message = message and tostring(message) or REASONS[status] or "Error"
  return setmetatable(err, HttpError)
end

-- Raises what is wrong with the request: the client gets `message`, and so does the log.
function M.refuse(status, message)
  local err = M.new(status, message)
  err.logged = true
  error(err, 0)
end

return M
