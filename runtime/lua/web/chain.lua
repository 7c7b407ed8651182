-- What runs for a route: the middleware of the app and of the groups around it, its own, and its
-- function. Each step is a function of the request that gives an answer: `next`.
local part = ...
local answers = part("web/answer")
local fault = part("web/fault")
local http_error = part("web/http_error")
local keep = part("trace")

-- Each step is some calls of C within the one before, and Lua bears 200 of them.
local MOST_STEPS = 50

local answer_of = answers.of

local M = {}

local function called(fn, req, response)
  return answer_of(fn, fn(req, response))
end

-- The answer of this request alone. One that was made before may be given to many requests, and
-- what is around the function may change it: put a cookie into it, say.
local function owned(fn, req, first, second, third)
  local answer = answer_of(fn, first, second, third)
  if answer == first and answer ~= rawget(req, "_answer") then
    answer = answers.copy(fn, answer)
  end
  req._answer = answer
  return answer
end

local function called_within(fn, req, response)
  return owned(fn, req, fn(req, response))
end

local function passed(fn, req, next, response)
  local first, second, third = fn(req, next, response)
  if first == nil and second == nil then
    local message = "the middleware returned nothing; return what next(req) gives, or an answer of "
      .. "its own"
    fault(fn, message)
  end
  return owned(fn, req, first, second, third)
end

-- The answer of the app's `on_error`; nothing where it leaves the error as it is.
local function asked(hook, err, req)
  local first, second, third = hook(err, req)
  if first ~= nil or second ~= nil then
    return owned(hook, req, first, second, third)
  end
end

-- What becomes of an error that `fn` raised: an answer, of itself or of the app's `on_error`; or it
-- goes on.
local function failed(core, fn, req, err)
  local response = rawget(req, "_response")
  if response and response._begun then
    -- The client has a part of another answer.
    error(err, 0)
  elseif http_error.is(err) then
    req._by = fn
    return http_error.answer(req, err)
  end
  local hook = core.on_error
  local known = rawget(req, "_failed")
  if not hook or (known and known.core == core and rawequal(known.err, err)) then
    error(err, 0)
  end
  local report = part("report")
  local frames = report.frames(err)
  if not frames then
    error(err, 0)
  end
  req._failed = { core = core, err = err }
  local ok, made = xpcall(asked, keep, hook, err, req)
  if ok and not made then
    error(err, 0)
  end
  report.log(err, frames)
  if not ok then
    req._failed.err = made
    return failed(core, hook, req, made)
  end
  http_error.discard(response)
  return made
end

-- The last step: `fn` is called with the request, and the response of a stream.
local function last(core, fn, is_within)
  local call = is_within and called_within or called
  return function(req)
    local ok, result = xpcall(call, keep, fn, req, rawget(req, "_response"))
    if ok then
      return result
    end
    return failed(core, fn, req, result)
  end
end

local function step(core, fn, next)
  local function checked(req)
    if type(req) ~= "table" then
      -- `return next()` leaves no frame of the middleware.
      local message = "bad argument #1 to 'next' (request expected, got %s); call next(req)"
      fault(fn, message, type(req))
    end
    return next(req)
  end
  return function(req)
    local ok, result = xpcall(passed, keep, fn, req, checked, rawget(req, "_response"))
    if ok then
      return result
    end
    return failed(core, fn, req, result)
  end
end

-- The middleware of a scope and of those around it, the outermost first.
local function add_uses(list, scope)
  if scope.outer then
    add_uses(list, scope.outer)
  end
  for _, fn in ipairs(scope.uses) do
    list[#list + 1] = fn
  end
end

-- The first step for a route in a scope, whose own middleware is `uses`.
function M.of(core, scope, uses, fn)
  local list = {}
  add_uses(list, scope)
  for _, use in ipairs(uses) do
    list[#list + 1] = use
  end
  if #list > MOST_STEPS then
    local message =
      "a request to this route goes through %d functions of middleware; %d are the most"
    error(message:format(#list, MOST_STEPS), 0)
  end
  local run = last(core, fn, #list > 0)
  for i = #list, 1, -1 do
    run = step(core, list[i], run)
  end
  return run
end

return M
