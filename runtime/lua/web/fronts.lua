-- The front ends whose events are HTTP requests: where each has what, and the answer it takes.
--
-- https://docs.aws.amazon.com/apigateway/latest/developerguide/ has the first two in
-- set-up-lambda-proxy-integrations.html and http-api-develop-integrations-lambda.html,
-- https://docs.aws.amazon.com/elasticloadbalancing/latest/application/ the last in
-- lambda-functions.html. That paths of HTTP APIs come decoded, and with the stage for domains of
-- one's own too, is seen in their events.
local part = ...
local url = part("web/url")

local find, gsub, lower, sub = string.find, string.gsub, string.lower, string.sub
local add = url.add

local M = {}

local function is_table(value)
  return type(value) == "table"
end

local function same(value)
  return value
end

-- The last value of each name in two maps, one with a value a name and one with several; and the
-- lists of those that have more.
local function gathered(single, multiple, change_name, change_value)
  local last, all = {}, {}
  local map = is_table(multiple) and next(multiple) ~= nil and multiple or single
  if not is_table(map) then
    return last, all
  end
  for name, value in pairs(map) do
    name = change_name(name)
    if type(value) == "string" and last[name] == nil then
      last[name] = change_value(value)
    else
      for _, item in ipairs(is_table(value) and value or { value }) do
        -- A JSON null is a userdata.
        if type(item) ~= "userdata" then
          add(last, all, name, change_value(tostring(item)))
        end
      end
    end
  end
  return last, all
end

local function headers(event)
  local last, all = gathered(event.headers, event.multiValueHeaders, lower, same)
  for name, list in pairs(all) do
    last[name] = table.concat(list, name == "cookie" and "; " or ", ")
  end
  return last, all
end

-- The path behind the stage that it begins with.
local function behind(path, stage)
  if type(stage) == "string" and stage ~= "$default" and stage ~= "" then
    local prefix = "/" .. stage
    if path == prefix then
      return "/"
    elseif sub(path, 1, #prefix + 1) == prefix .. "/" then
      return sub(path, #prefix + 1)
    end
  end
  return path
end

local function path_of(path)
  return type(path) == "string" and path ~= "" and path or "/"
end

-- HTTP APIs give paths decoded: `req._path` is not.
local function encoded(path)
  return find(path, "%", 1, true) and gsub(path, "%%", "%%25") or path
end

local rest = { name = "api-gateway", headers = headers, streams = true }

function rest.path(event)
  local path = path_of(event.path)
  -- An HTTP API with the payload of version 1.0 looks like this too. It has the stage in the path
  -- where its own host was asked; a REST API never has.
  if event.version == "1.0" then
    local context = event.requestContext
    local domain = context.domainName
    if type(domain) ~= "string" or find(domain, ".execute-api.", 1, true) then
      path = behind(path, context.stage)
    end
    return encoded(path)
  end
  return path
end

function rest.raw_path(event)
  local path = event.requestContext.path
  return path_of(type(path) == "string" and path or event.path)
end

function rest.query(event)
  return gathered(event.queryStringParameters, event.multiValueQueryStringParameters, same, same)
end

function rest.source_ip(req)
  local identity = req._event.requestContext.identity
  return is_table(identity) and identity.sourceIp or nil
end

-- On Lua 5.4, what was written as 1.5e12 is a float.
local function milliseconds(value)
  return type(value) == "number" and math.floor(value) or nil
end

function rest.time_ms(context)
  return milliseconds(context.requestTimeEpoch)
end

function rest.head(answers, _, answer, rendered)
  -- Beside it, `headers` would be merged.
  rendered.multiValueHeaders = answers.multiple(answer)
end

function rest.prelude(answers, answer)
  return { statusCode = answer.status, multiValueHeaders = answers.multiple(answer) }
end

local http = { name = "http-api" }

function http.headers(event)
  local last, all = headers(event)
  local list = {}
  for _, cookie in ipairs(is_table(event.cookies) and event.cookies or list) do
    if type(cookie) == "string" then
      list[#list + 1] = cookie
    end
  end
  if #list > 0 then
    last.cookie, all.cookie = table.concat(list, "; "), list
  end
  return last, all
end

-- The stage is in it for domains of one's own, too.
function http.path(event)
  return encoded(behind(path_of(event.rawPath), event.requestContext.stage))
end

function http.raw_path(event)
  return path_of(event.rawPath)
end

function http.query(event)
  local text = event.rawQueryString
  if type(text) == "string" then
    local last, all = {}, {}
    url.parse(text, last, all)
    return last, all, url.is_broken(text)
  end
  return gathered(event.queryStringParameters, nil, same, same)
end

function http.source_ip(req)
  return req._event.requestContext.http.sourceIp
end

function http.time_ms(context)
  return milliseconds(context.timeEpoch)
end

function http.head(answers, _, answer, rendered)
  rendered.headers, rendered.cookies = answers.single(answer)
end

function http.prelude(answers, answer)
  local single, cookies = answers.single(answer)
  return { statusCode = answer.status, headers = single, cookies = cookies }
end

local function_url = setmetatable({ name = "function-url", streams = true }, { __index = http })

function function_url.path(event)
  return path_of(event.rawPath)
end

local alb = { name = "alb", headers = headers }

function alb.path(event)
  return path_of(event.path)
end

alb.raw_path = alb.path

function alb.query(event)
  local broken = false
  -- As the client encoded them.
  local function decode(text)
    broken = broken or url.is_broken(text)
    return url.decode_form(text)
  end
  local last, all =
    gathered(event.queryStringParameters, event.multiValueQueryStringParameters, decode, decode)
  return last, all, broken
end

-- The balancer adds the address that it sees to the end, with its port when it is told to.
function alb.source_ip(req)
  local forwarded = req._headers["x-forwarded-for"]
  local last = forwarded and (forwarded:match("^.*,(.*)$") or forwarded)
  local address = last and last:match("^%s*(%S*)")
  if not address or address == "" then
    return nil
  end
  return address:match("^%[(.-)%]") or address:match("^(%d+%.%d+%.%d+%.%d+):%d+$") or address
end

-- A balancer tells none.
function alb.time_ms()
  return nil
end

function alb.head(answers, req, answer, rendered)
  part("web/alb")(answers, req, answer, rendered)
end

local alb_multiple = setmetatable({ is_multiple = true }, { __index = alb })

local function refused(event)
  error(part("web/unknown")(event), 0)
end

-- A function has few domains, most one.
local known_domain, known_front

-- An event of version 2.0: a function URL's domain says so.
local function by_domain(domain)
  if domain == nil or domain ~= known_domain then
    local is_url = type(domain) == "string" and find(domain, ".lambda-url.", 1, true)
    known_domain, known_front = domain, is_url and function_url or http
  end
  return known_front
end

-- The front end of an event, and the request's method.
function M.of(event)
  local context = type(event) == "table" and event.requestContext
  if type(context) ~= "table" then
    return refused(event)
  end
  local of_http = context.http
  if type(of_http) == "table" then
    local method = of_http.method
    -- An authorizer is asked with the same version and members, and its ARN.
    if event.version ~= "2.0" or type(method) ~= "string" or type(event.routeArn) == "string" then
      return refused(event)
    end
    return by_domain(context.domainName), method
  end
  local method = event.httpMethod
  -- WebSocket APIs have connections, authorizers of REST APIs have a method's ARN.
  if
    type(method) ~= "string"
    or type(context.connectionId) == "string"
    or type(event.methodArn) == "string"
  then
    return refused(event)
  elseif type(context.elb) ~= "table" then
    return rest, method
  end
  local multiple = is_table(event.multiValueHeaders)
    or is_table(event.multiValueQueryStringParameters)
  return multiple and alb_multiple or alb, method
end

return M
