-- Triggers of a Cognito user pool: each function fills the response, the whole event goes back.
local part = ...
local handlers = part("handlers")
local raise = part("events/raise")
local expected = part("events/expected")

local M = {}

local function kind(trigger)
  return trigger:match("^[^_]*")
end

local function names(functions)
  local list = {}
  for name in pairs(functions) do
    list[#list + 1] = name
  end
  table.sort(list)
  return table.concat(list, ", ")
end

-- A copy: what the caller adds later would be unchecked.
local function checked(functions)
  if type(functions) ~= "table" then
    local message = "bad argument #1 to 'handler' (table of functions by trigger expected, got %s)"
    raise.fail(message, type(functions))
  end
  local copy = {}
  for name, fn in pairs(functions) do
    if type(name) ~= "string" then
      raise.fail("a trigger is named by a string, like PreSignUp, not by a %s", type(name))
    elseif not handlers.is_callable(fn) then
      raise.fail("the trigger %s takes a function, not a %s", name, type(fn))
    end
    copy[name] = fn
  end
  if next(copy) == nil then
    raise.fail("no trigger: give functions by name, like { PreSignUp = function … end }")
  end
  return copy
end

function M.handler(functions)
  functions = checked(functions)
  return function(event, context)
    local trigger = expected("cognito", "cognito", event).triggerSource
    local fn = functions[trigger] or functions[kind(trigger)]
    if not fn then
      local message = "no function for the Cognito trigger %s: there are %s; "
        .. "add %s, or take the trigger off the user pool"
      raise.fail(message, trigger, names(functions), kind(trigger))
    end
    -- Cognito sends null for some, and none at all for others.
    if type(event.response) ~= "table" then
      event.response = {}
    end
    if type(event.request) ~= "table" then
      event.request = {}
    end
    local given, err = fn(event.request, event.response, event, context)
    if given == nil and err ~= nil then
      return nil, err
    elseif given ~= nil and given ~= event and given ~= event.response then
      local message = "the function for %s returned a %s: set fields of response, return nothing"
      raise.fail(message, trigger, type(given))
    end
    return event
  end
end

return M
