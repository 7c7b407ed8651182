-- Calls what the user wrote for a request, and makes an answer of what comes of it.
local part = ...
local answer = part("web/answer")
local http_error = part("web/http_error")
-- Notes where an error was raised: it may be raised again from here.
local keep = part("trace")

local function refused(req, err)
  if err.logged then
    local log = require("lambda.log")
    local message = "the request was answered with %d: %s"
    log.warn(message:format(err.status, err.message), { method = req.method, path = req.path })
  end
  return answer.json(err.body or { message = err.message }, err.status, err.headers)
end

local function serve(fn, req, ok, first, second, third)
  if ok then
    return answer.of(fn, first, second, third)
  elseif http_error.is(first) then
    return refused(req, first)
  end
  error(first, 0)
end

return function(fn, req, response)
  return serve(fn, req, xpcall(fn, keep, req, response))
end
