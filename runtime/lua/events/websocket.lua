-- WebSocket APIs of API Gateway: what a client or the service says about one connection.
local part = ...
local expected = part("events/expected")
local handlers = part("handlers")
local headers = part("events/headers")
local raise = part("events/raise")
local values = part("events/values")
local map, text = values.members, values.text

local M = {}

local function number(value)
  return type(value) == "number" and value or nil
end

local function body_of(event)
  local body = text(event.body)
  if body and event.isBase64Encoded == true then
    return values.bytes(body, "the body of the message")
  end
  return body
end

local function record(event)
  local asked = event.requestContext
  local identity = map(asked.identity)
  local domain, stage = text(asked.domainName), text(asked.stage)
  return {
    kind = asked.eventType:lower(),
    connection_id = asked.connectionId,
    route_key = text(asked.routeKey),
    message_id = text(asked.messageId),
    body = body_of(event),
    endpoint = domain and stage and ("https://%s/%s"):format(domain, stage) or nil,
    domain = domain,
    stage = stage,
    api_id = text(asked.apiId),
    request_id = text(asked.requestId),
    connected_at_ms = number(asked.connectedAt),
    time_ms = number(asked.requestTimeEpoch),
    source_ip = text(identity.sourceIp),
    user_agent = text(identity.userAgent),
    headers = headers(event.headers, event.multiValueHeaders),
    query = map(event.queryStringParameters),
    stage_variables = map(event.stageVariables),
    authorizer = type(asked.authorizer) == "table" and asked.authorizer or nil,
    disconnect_code = number(asked.disconnectStatusCode),
    disconnect_reason = text(asked.disconnectReason),
    raw = event,
  }
end

function M.read(event)
  return record(expected("websocket", "websocket", event))
end

local function check_body(name, body)
  if body ~= nil and type(body) ~= "string" then
    local message = "bad argument #1 to '%s' (string expected, got %s): encode it as JSON"
    raise.fail(message, name, type(body))
  end
end

function M.ok(body)
  check_body("ok", body)
  return { statusCode = 200, body = body }
end

function M.refuse(status)
  status = status == nil and 403 or status
  if type(status) ~= "number" or status % 1 ~= 0 or status < 400 or status > 599 then
    local message = "bad argument #1 to 'refuse' (a status from 400 to 599 expected, got %s)"
    raise.fail(message, tostring(status))
  end
  return { statusCode = math.floor(status) }
end

function M.handler(fn)
  handlers.check("handler", fn)
  return handlers.wrap(fn, function(event, context)
    local answer, err = fn(record(expected("websocket", "websocket", event)), context)
    if answer == nil and err == nil then
      return { statusCode = 200 }
    elseif answer ~= nil and type(answer) ~= "table" then
      -- API Gateway would tell the client of an internal error, and the log nothing.
      local message = "the function returned a %s: return websocket.ok(body), "
        .. "websocket.refuse(status) or nothing"
      raise.fail(message, type(answer))
    end
    return answer, err
  end)
end

return M
