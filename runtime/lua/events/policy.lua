-- The IAM policy that a Lambda authorizer answers with.
local M = {}

local SCALARS = { string = true, number = true, boolean = true }
-- Method and path, path, WebSocket route, ARN.
local RESOURCES = { "^%u+ /", "^%* /", "^[/*]", "^%$", "^arn:" }
-- API Gateway takes no longer resource.
local MAX_RESOURCE = 512

local function is_finite(number)
  return number == number and number ~= math.huge and number ~= -math.huge
end

local function bad_resource(resource)
  if type(resource) ~= "string" then
    return ("a resource is a string, not a %s"):format(type(resource))
  end
  for _, form in ipairs(RESOURCES) do
    if resource:find(form) then
      return nil
    end
  end
  local message = "the resource '%s' is none of: 'GET /orders/*', '/orders/*' for every method, "
    .. "a WebSocket route like '$connect', an ARN"
  return message:format(resource)
end

-- What is wrong with the options in every form of answer, or nil.
function M.fault(options)
  for name, value in pairs(options.context or {}) do
    if type(name) ~= "string" then
      return ("a name in context is a string, not a %s"):format(type(name))
    elseif type(value) == "number" and not is_finite(value) then
      return ("context.%s is %s, which JSON cannot tell"):format(name, tostring(value))
    elseif not SCALARS[type(value)] and type(value) ~= "table" then
      return ("context.%s is a %s: API Gateway takes strings, numbers and booleans"):format(
        name,
        type(value)
      )
    end
  end
  local resources = options.resources
  if resources and #resources == 0 then
    return "resources is an empty list: leave it out for all of the stage, or use deny"
  end
  for _, resource in ipairs(resources or {}) do
    local message = bad_resource(resource)
    if message then
      return message
    end
  end
end

-- The name of a value in the context that is a table, or nil.
function M.not_scalar(context)
  for name, value in pairs(context or {}) do
    if type(value) == "table" then
      return name
    end
  end
end

local function resource_arn(resource, arn)
  if resource:find("^arn:") then
    return resource
  end
  local base = ("arn:%s:execute-api:%s:%s:%s/%s/"):format(
    arn.partition,
    arn.region,
    arn.account,
    arn.api_id,
    arn.stage
  )
  local method, path = resource:match("^(%S+) /(.*)$")
  if method then
    return base .. method .. "/" .. path
  elseif resource:sub(1, 1) == "/" then
    return base .. "*" .. resource
  end
  return base .. resource
end

function M.answer(decision, arn)
  local options = decision.options
  local resources = {}
  -- All of the stage unless told: the answer is kept for a token and serves its next requests, too.
  for n, resource in ipairs(options.resources or { "*" }) do
    resources[n] = resource_arn(resource, arn)
    if #resources[n] > MAX_RESOURCE then
      local message = "%sthe resource %s… has %d characters, API Gateway takes %d: use *"
      error(
        message:format(decision.position, resources[n]:sub(1, 80), #resources[n], MAX_RESOURCE),
        0
      )
    end
  end
  return {
    principalId = decision.principal,
    policyDocument = {
      Version = "2012-10-17",
      Statement = {
        {
          Action = "execute-api:Invoke",
          Effect = decision.allowed and "Allow" or "Deny",
          Resource = resources,
        },
      },
    },
    context = options.context,
    usageIdentifierKey = options.usage_key,
  }
end

return M
