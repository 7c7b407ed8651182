-- Calls what the user wrote for a request, and makes an answer of what comes of it.
local part = ...
local of = part("web/answer").of
local http_error = part("web/http_error")
-- Notes where an error was raised: it may be raised again from here.
local keep = part("trace")

local error, xpcall = error, xpcall

local function serve(fn, req, response, ok, first, second, third)
  if ok then
    return of(fn, first, second, third)
  end
  response = response or rawget(req, "_response")
  if http_error.is(first) and not (response and response._begun) then
    req._by = fn
    return http_error.answer(req, first)
  end
  error(first, 0)
end

-- `response` is that of web.stream: once it has begun, no other can take its place.
return function(fn, req, response)
  return serve(fn, req, response, xpcall(fn, keep, req, response))
end
