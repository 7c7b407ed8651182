-- What an authorizer is asked, in one form for REST, WebSocket and HTTP APIs.
local part = ...
local headers = part("events/headers")
local json = require("lambda.json")
local raise = part("events/raise")
local values = part("events/values")
local map, text = values.members, values.text

local function arn_of(arn)
  local pattern = "^arn:([^:]*):execute%-api:([^:]*):([^:]*):([^/]*)/([^/]*)/?([^/]*)(.*)$"
  local partition, region, account, api_id, stage, method, path = tostring(arn):match(pattern)
  if not partition then
    raise.fail("the authorizer's event has no ARN of an API: %s", tostring(arn))
  end
  return {
    text = arn,
    partition = partition,
    region = region,
    account = account,
    api_id = api_id,
    stage = stage,
    method = method,
    path = path,
  }
end

local function list(value)
  if type(value) == "string" then
    return { value }
  end
  return type(value) == "table" and value or json.array({})
end

return function(event)
  local asked = map(event.requestContext)
  local http, identity = map(asked.http), map(asked.identity)
  local arn = arn_of(event.routeArn or event.methodArn)
  return {
    type = event.type == "TOKEN" and "token" or "request",
    token = text(event.authorizationToken),
    method = text(http.method) or text(event.httpMethod) or arn.method,
    path = text(event.rawPath) or text(event.path) or arn.path,
    route_key = text(event.routeKey) or text(asked.routeKey),
    headers = headers(event.headers, event.multiValueHeaders),
    query = map(event.queryStringParameters),
    path_parameters = map(event.pathParameters),
    stage_variables = map(event.stageVariables),
    cookies = list(event.cookies),
    identity_source = list(event.identitySource),
    source_ip = text(http.sourceIp) or text(identity.sourceIp),
    arn = arn,
    raw = event,
  }
end
