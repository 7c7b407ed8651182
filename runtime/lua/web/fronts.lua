-- The front ends whose events are HTTP requests: where each has what, and the answer it takes.
-- https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
-- https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
-- https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
local part = ...

local M = {}

local function is_table(value)
  return type(value) == "table"
end

-- The lists of values of two maps, one with a value a name and one with several.
local function lists(single, multiple, change_name, change_value)
  local all = {}
  local add = part("web/url").add
  if is_table(multiple) then
    for name, values in pairs(multiple) do
      name = change_name(name)
      if is_table(values) then
        for _, value in ipairs(values) do
          if type(value) ~= "userdata" then
            add(all, name, change_value(tostring(value)))
          end
        end
      end
    end
  elseif is_table(single) then
    for name, value in pairs(single) do
      if type(value) ~= "userdata" then
        add(all, change_name(name), change_value(tostring(value)))
      end
    end
  end
  return all
end

local function same(value)
  return value
end

local function header_lists(event)
  return lists(event.headers, event.multiValueHeaders, string.lower, same)
end

-- The path behind the stage that it begins with.
local function behind(path, stage)
  if type(stage) == "string" and stage ~= "$default" and stage ~= "" then
    local prefix = "/" .. stage
    if path == prefix then
      return "/"
    elseif path:sub(1, #prefix + 1) == prefix .. "/" then
      return path:sub(#prefix + 1)
    end
  end
  return path
end

-- Only the API's own host has the stage in its paths.
local function has_stage(context)
  local domain = context.domainName
  return type(domain) ~= "string" or domain:find(".execute-api.", 1, true) ~= nil
end

local rest = { name = "api-gateway", headers = header_lists }

function rest.path(event)
  local path = type(event.path) == "string" and event.path or "/"
  local context = event.requestContext
  -- An HTTP API with the payload of version 1.0 has the stage in it; a REST API has not.
  if event.version == "1.0" and has_stage(context) then
    return behind(path, context.stage)
  end
  return path
end

function rest.raw_path(event)
  local path = event.requestContext.path
  return type(path) == "string" and path or event.path
end

function rest.query(event)
  return lists(event.queryStringParameters, event.multiValueQueryStringParameters, same, same)
end

function rest.source_ip(req)
  local identity = req.event.requestContext.identity
  return is_table(identity) and identity.sourceIp or nil
end

function rest.head(answers, _, answer, rendered)
  rendered.multiValueHeaders = answers.multiple(answer)
end

local http = { name = "http-api" }

function http.headers(event)
  local all = header_lists(event)
  if is_table(event.cookies) then
    all.cookie = all.cookie or { table.concat(event.cookies, "; ") }
  end
  return all
end

function http.path(event)
  local context = event.requestContext
  local path = http.raw_path(event)
  return has_stage(context) and behind(path, context.stage) or path
end

function http.raw_path(event)
  return type(event.rawPath) == "string" and event.rawPath or "/"
end

function http.query(event)
  if type(event.rawQueryString) == "string" then
    return part("web/url").parse(event.rawQueryString, {})
  end
  return lists(event.queryStringParameters, nil, same, same)
end

function http.source_ip(req)
  return req.event.requestContext.http.sourceIp
end

function http.head(answers, _, answer, rendered)
  local headers, cookies = answers.single(answer)
  rendered.headers = headers
  rendered.cookies = cookies
end

local url = setmetatable({ name = "function-url" }, { __index = http })

local alb = { name = "alb", headers = header_lists }

function alb.path(event)
  return type(event.path) == "string" and event.path or "/"
end

alb.raw_path = alb.path

function alb.query(event)
  -- As the client encoded them.
  local decode = part("web/url").decode_form
  return lists(event.queryStringParameters, event.multiValueQueryStringParameters, decode, decode)
end

-- The balancer adds the address that it sees to the end.
function alb.source_ip(req)
  local forwarded = req.headers["x-forwarded-for"]
  return forwarded and forwarded:match("([^%s,]+)%s*$")
end

function alb.head(answers, req, answer, rendered)
  part("web/alb")(answers, req, answer, rendered)
end

local function refused(event)
  error(part("web/unknown")(event), 0)
end

-- The front end of an event, and the request's method.
function M.of(event)
  local context = is_table(event) and event.requestContext
  if not is_table(context) then
    return refused(event)
  elseif is_table(context.http) and event.version == "2.0" then
    local domain = context.domainName
    local is_url = type(domain) == "string" and domain:find(".lambda-url.", 1, true)
    return is_url and url or http, context.http.method
  elseif type(event.httpMethod) == "string" and context.connectionId == nil and not event.methodArn then
    return is_table(context.elb) and alb or rest, event.httpMethod
  end
  return refused(event)
end

return M
