-- Lambda authorizers of API Gateway: REST, WebSocket and HTTP APIs.
local part = ...
local expected = part("events/expected")
local handlers = part("handlers")
local policy = part("events/policy")
local raise = part("events/raise")

local M = {}

-- What allow and deny give; the answer is made of it when the event's form is known.
local DECISION = {
  __tojson = function(decision)
    local message = "a decision is no answer by itself: return it from the function that you give "
      .. "to authorizer.handler"
    error(decision.position .. message, 0)
  end,
}

local ALLOW_OPTIONS = { context = "table", resources = "table", usage_key = "string" }
local HANDLER_OPTIONS = { policy = "boolean" }

local function check_options(name, options, known)
  if options == nil then
    return {}
  elseif type(options) ~= "table" then
    raise.fail("bad argument #2 to '%s' (table of options expected, got %s)", name, type(options))
  end
  for key, value in pairs(options) do
    local wanted = known[key]
    if not wanted then
      local list = {}
      for option in pairs(known) do
        list[#list + 1] = option
      end
      table.sort(list)
      local takes = table.concat(list, ", ")
      raise.fail("'%s' has no option '%s'; it takes %s", name, tostring(key), takes)
    elseif type(value) ~= wanted then
      raise.fail("the option '%s' of '%s' is a %s, not a %s", key, name, wanted, type(value))
    end
  end
  return options
end

local function decide(name, allowed, principal, options)
  if type(principal) ~= "string" or principal == "" then
    local got = principal == "" and "an empty one" or type(principal)
    raise.fail("bad argument #1 to '%s' (string expected, got %s)", name, got)
  end
  options = check_options(name, options, ALLOW_OPTIONS)
  local message = policy.fault(options)
  if message then
    raise.fail("%s", message)
  end
  local decision = { allowed = allowed, principal = principal, options = options }
  -- For what is found wrong only when the event's form is known.
  decision.position = raise.position()
  return setmetatable(decision, DECISION)
end

function M.allow(principal, options)
  return decide("allow", true, principal, options)
end

function M.deny(principal, options)
  return decide("deny", false, principal == nil and "unknown" or principal, options)
end

function M.unauthorized()
  -- API Gateway compares the whole text: no position.
  error("Unauthorized", 0)
end

local function simple_answer(decision)
  local options = decision.options
  if options.resources then
    error(
      decision.position
        .. "the simple answer of an HTTP API has no resources: give authorizer.handler the option "
        .. "policy = true, and switch simple responses off",
      0
    )
  elseif options.usage_key then
    local message = "usage_key is for REST APIs: HTTP APIs have no usage plans"
    error(decision.position .. message, 0)
  end
  local context = { principalId = decision.principal }
  for name, value in pairs(options.context or {}) do
    context[name] = value
  end
  return { isAuthorized = decision.allowed, context = context }
end

-- Of payload version 2.0, which takes tables in the context.
local function is_http_api(event)
  return event.version == "2.0"
end

local function policy_answer(decision, arn, event)
  local name = policy.not_scalar(decision.options.context)
  if name and not is_http_api(event) then
    local message = "%scontext.%s is a table: API Gateway takes strings, numbers and booleans "
      .. "here; encode it as JSON"
    error(message:format(decision.position, name), 0)
  end
  return policy.answer(decision, arn)
end

-- An answer in AWS's own form passes.
local function is_answer(value)
  return type(value) == "table" and (value.policyDocument ~= nil or value.isAuthorized ~= nil)
end

function M.handler(fn, options)
  handlers.check("handler", fn)
  options = check_options("handler", options, HANDLER_OPTIONS)
  return handlers.wrap(fn, function(event, context)
    expected("authorizer", "authorizer", event)
    local request = part("events/authorizer_request")(event)
    local decision, err = fn(request, context)
    if decision == nil and err ~= nil then
      return nil, err
    elseif is_answer(decision) then
      return decision
    elseif type(decision) ~= "table" or getmetatable(decision) ~= DECISION then
      local got = decision == nil and "nothing" or "a " .. type(decision)
      local remedy = "return authorizer.allow(…) or authorizer.deny(…)"
      raise.fail("the authorizer returned %s: %s", got, remedy)
    elseif is_http_api(event) and not options.policy then
      return simple_answer(decision)
    end
    return policy_answer(decision, request.arn, event)
  end)
end

return M
