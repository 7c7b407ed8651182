-- Custom resources of CloudFormation: the stack waits for an answer at a URL, whatever happens.
local part = ...
local json = require("lambda.json")
local expected = part("events/expected")
local handlers = part("handlers")
local raise = part("events/raise")
local values = part("events/values")
local map, text = values.members, values.text

local M = {}

local KINDS = { Create = "create", Delete = "delete", Update = "update" }
local ID_MAX_BYTES = 1024
local NO_ID = "physical_id is text of 1 to 1024 bytes without control characters"

-- The id of what a failed create left: nothing, so that its delete has nothing to do.
local NOTHING = "moonlayer-create-failed-"

local function checked(functions)
  if type(functions) ~= "table" then
    local message = "bad argument #1 to 'handler' (table of functions expected, got %s)"
    raise.fail(message, type(functions))
  end
  local copy = {}
  for name, fn in pairs(functions) do
    if name ~= "create" and name ~= "update" and name ~= "delete" then
      local message = "a custom resource has create, update and delete, no '%s'"
      raise.fail(message, tostring(name))
    elseif not handlers.is_callable(fn) then
      raise.fail("'%s' takes a function, not a %s", name, type(fn))
    end
    copy[name] = fn
  end
  if not copy.create then
    raise.fail("a custom resource needs a function for 'create'")
  end
  return copy
end

local function request_of(event)
  return {
    type = KINDS[event.RequestType] or event.RequestType:lower(),
    properties = map(event.ResourceProperties),
    old_properties = map(event.OldResourceProperties),
    physical_id = text(event.PhysicalResourceId),
    logical_id = text(event.LogicalResourceId),
    resource_type = text(event.ResourceType),
    request_id = text(event.RequestId),
    stack_id = text(event.StackId),
    stack_name = tostring(event.StackId):match(":stack/([^/]*)"),
    raw = event,
  }
end

-- Whether CloudFormation takes it. What JSON cannot tell would leave the stack without an answer.
local function is_id(value)
  local is_text = type(value) == "string" and value ~= "" and #value <= ID_MAX_BYTES
  return is_text and not value:find("%c") and pcall(json.encode, value)
end

-- What is wrong with what a function returned, or nil.
local function fault(kind, given)
  if type(given) ~= "table" then
    local message = "the function for %s returned a %s: "
      .. "return { physical_id = …, data = … } or nothing"
    return message:format(kind, type(given))
  end
  for name, value in pairs(given) do
    if name == "physical_id" then
      if not is_id(value) then
        return NO_ID
      end
    elseif name == "data" then
      if type(value) ~= "table" then
        return ("data is a table of names and values, not a %s"):format(type(value))
      end
    elseif name == "no_echo" then
      if type(value) ~= "boolean" then
        return ("no_echo is a boolean, not a %s"):format(type(value))
      end
    else
      local message = "the function for %s returned '%s': an answer has physical_id, data, no_echo"
      return message:format(kind, tostring(name))
    end
  end
end

-- Gives what the function returned, a table; or nil, the error, and whether it was raised.
local function outcome_of(fn, request, context)
  -- It notes where an error was raised.
  local keep = part("trace")
  local ok, given, err = xpcall(fn, keep, request, context)
  if not ok then
    return nil, given, true
  elseif given == nil and err ~= nil then
    return nil, err, false
  end
  given = given == nil and {} or given
  local message = fault(request.type, given)
  if message then
    -- There is something all the same, and its deletion needs to know which.
    if type(given) == "table" and is_id(given.physical_id) then
      request.physical_id = given.physical_id
    end
    return nil, message, false
  elseif request.physical_id ~= nil and not is_id(request.physical_id) then
    return nil, "request." .. NO_ID, false
  end
  return given
end

local function default_id(request)
  return ("%s-%s"):format(tostring(request.logical_id), tostring(request.request_id))
end

local function run(functions, request, context)
  local fn = functions[request.type]
  if request.type == "delete" and tostring(request.physical_id):sub(1, #NOTHING) == NOTHING then
    fn = nil
  elseif not fn and not KINDS[request.raw.RequestType] then
    return nil, "unknown RequestType " .. request.raw.RequestType, false
  end
  if not fn then
    return {}
  end
  return outcome_of(fn, request, context)
end

function M.handler(functions)
  functions = checked(functions)
  -- Loaded with the function, not in the first invocation.
  local answer = part("events/custom_resource_answer")
  return function(event, context)
    local request = request_of(expected("custom_resource", "cloudformation", event))
    local given, err, raised = run(functions, request, context)
    local noted = is_id(request.physical_id) and request.physical_id
    local id = given and given.physical_id or noted or text(event.PhysicalResourceId)
    if given then
      return answer.succeed(event, id or default_id(request), given, context)
    end
    id = id or NOTHING .. tostring(request.request_id)
    return answer.fail(event, id, err, raised, context)
  end
end

return M
