-- `wsapi_env`: a request's variables of CGI (RFC 3875), each made when it is asked for.
local part = ...
local input = part("wsapi/input")
local errors = part("wsapi/errors")

local variables = {}

-- What is no text or number counts as missing.
local function text(value)
  if type(value) == "number" then
    local is_integer = value % 1 == 0 and math.abs(value) < 2 ^ 63
    return is_integer and ("%d"):format(value) or tostring(value)
  end
  return type(value) == "string" and value or nil
end

local function member(value, name)
  if type(value) == "table" then
    return value[name]
  end
end

local function in_context(name)
  return function(req)
    return text(member(req.event.requestContext, name))
  end
end

-- Without `.` and `..`, as web servers hand a path on: applications open files by it.
local function resolved(path)
  if path:sub(1, 1) ~= "/" then
    path = "/" .. path
  end
  if not path:find("/.", 1, true) then
    return path
  end
  local segments, last = {}, nil
  for segment in path:gmatch("/([^/]*)") do
    last = segment
    if segment == ".." then
      segments[#segments] = nil
    elseif segment ~= "." then
      segments[#segments + 1] = segment
    end
  end
  local folder = (last == "." or last == "..") and #segments > 0
  return "/" .. table.concat(segments, "/") .. (folder and "/" or "")
end

function variables.PATH_INFO(req)
  return resolved(req.path)
end

-- The whole path's beginning, where it ends with `path`.
local function before(whole, path)
  if path == "/" and whole:sub(-1) ~= "/" then
    return whole
  end
  local prefix = whole:sub(1, math.max(0, #whole - #path))
  return prefix .. path == whole and prefix or nil
end

-- What stands before the path in what the client asked for: an API's stage. HTTP APIs give the
-- whole path decoded.
function variables.SCRIPT_NAME(req)
  local whole = req.raw_path
  return before(whole, req._path) or before(whole, req.path)
end

function variables.QUERY_STRING(req)
  local raw = req.event.rawQueryString
  if type(raw) == "string" then
    return raw
  end
  local encode = part("web/url").encode
  local names, fields = {}, {}
  for name in pairs(req.query) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    for _, value in ipairs(req:query_all(name)) do
      fields[#fields + 1] = encode(name) .. "=" .. encode(value)
    end
  end
  return table.concat(fields, "&")
end

function variables.REQUEST_URI(req, env)
  local prefix, query = env.SCRIPT_NAME, env.QUERY_STRING
  local path = prefix == req.raw_path and prefix or prefix .. req._path
  -- What came decoded cannot stand in a URI.
  path = path:gsub("[^%w%%/:@!$&'()*+,;=._~-]", part("web/url").encode)
  return query == "" and path or path .. "?" .. query
end

function variables.REQUEST_METHOD(req)
  return req.method
end

function variables.CONTENT_TYPE(req)
  return req.headers["content-type"]
end

function variables.CONTENT_LENGTH(req)
  return req.body and ("%d"):format(#req.body)
end

local function is_https(req)
  local scheme = req.headers["x-forwarded-proto"]
  if scheme then
    return scheme:lower() == "https"
  end
  -- Only a load balancer takes HTTP.
  return req.source ~= "alb"
end

function variables.HTTPS(req)
  return is_https(req) and "on"
end

function variables.REQUEST_SCHEME(req)
  return is_https(req) and "https" or "http"
end

function variables.SERVER_PORT(req)
  local port = req.headers["x-forwarded-port"]
  return port and port:match("^%d+$") or is_https(req) and "443" or "80"
end

function variables.SERVER_NAME(req)
  local host = req.headers.host
  host = host and (host:match("^%[.-%]") or host:match("^[^:]+"))
  return host or in_context("domainName")(req) or "localhost"
end

function variables.SERVER_PROTOCOL(req)
  local http = member(req.event.requestContext, "http")
  return text(member(http, "protocol")) or in_context("protocol")(req) or "HTTP/1.1"
end

function variables.SERVER_SOFTWARE()
  return "Moonlayer/" .. require("lambda")._VERSION
end

function variables.GATEWAY_INTERFACE()
  return "CGI/1.1"
end

function variables.REMOTE_ADDR(req)
  return text(req.source_ip)
end

-- Nobody has asked for its name.
variables.REMOTE_HOST = variables.REMOTE_ADDR

-- Whom the front end has identified; what the client claims of itself is no part of this.
function variables.REMOTE_USER(req)
  local authorizer = req.authorizer
  local jwt = member(authorizer, "jwt")
  return text(member(authorizer, "principalId"))
    or text(member(member(authorizer, "lambda"), "principalId"))
    or text(member(member(jwt, "claims"), "sub"))
    or text(member(member(authorizer, "claims"), "sub"))
    or text(member(member(authorizer, "iam"), "userArn"))
    or text(member(member(req.event.requestContext, "identity"), "userArn"))
end

function variables.DOCUMENT_ROOT(_, _, place)
  return place.root
end

function variables.SCRIPT_FILENAME(_, _, place)
  return place.file
end

variables.PATH_TRANSLATED = variables.SCRIPT_FILENAME

function variables.APP_PATH(_, _, place)
  return place.folder
end

local function value_of(req, env, place, name)
  local make = variables[name]
  if make then
    return make(req, env, place)
  elseif type(name) == "string" and name:sub(1, 5) == "HTTP_" then
    -- A header with an underscore in its name is thus none: it could pass for one with a dash.
    return req.headers[name:sub(6):gsub("_", "-"):lower()]
  end
end

return function(req, place)
  local env = {
    input = input(req.body or ""),
    error = errors(),
    lambda = { event = req.event, context = req.context },
  }
  return setmetatable(env, {
    __index = function(self, name)
      local value = value_of(req, self, place, name) or ""
      if name ~= nil then
        rawset(self, name, value)
      end
      return value
    end,
  })
end
