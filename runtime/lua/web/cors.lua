-- web.cors: middleware that lets pages of other origins read the answers.
-- https://fetch.spec.whatwg.org/#http-cors-protocol
local part = ...
local answer = part("web/answer")
local fault = part("web/fault")
local is_callable = part("handlers").is_callable

local KNOWN = {
  credentials = true,
  expose = true,
  headers = true,
  max_age = true,
  methods = true,
  origins = true,
}
local METHODS = "DELETE, GET, HEAD, PATCH, POST, PUT"
local PREFLIGHT_VARY = { "Access-Control-Request-Method", "Access-Control-Request-Headers" }

local function strings(option, value)
  local list = type(value) == "table" and value or { value }
  for _, item in ipairs(list) do
    if type(item) ~= "string" or item == "" or item:find("[%c%s,]") then
      fault(
        nil,
        "cors: %s has %s in it; it is a string or a list of strings",
        option,
        tostring(item)
      )
    end
  end
  if #list == 0 then
    fault(nil, "cors: %s is empty; it is a string or a list of strings", option)
  end
  return list
end

-- An origin is a scheme and a host, and a port where it is not the scheme's own: browsers send
-- nothing else, so an entry of another form would never count.
local function check_origin(origin)
  local rest = origin:match("^%l[%w+.-]*://(.+)$")
  if origin ~= "null" and (not rest or rest:find("[/?#@%u]") or rest:find("*", 2, true)) then
    fault(
      nil,
      "cors: %q is no origin; one is like https://app.example.com or https://*.example.com, in "
        .. "lower case, without a path",
      origin
    )
  elseif rest and rest:sub(1, 1) == "*" and rest:sub(2, 2) ~= "." then
    fault(nil, "cors: in %q the * stands for whole labels; write https://*.example.com", origin)
  end
end

-- A function that tells whether an origin is one of the list.
local function listed(list)
  local exact, wild = {}, {}
  for _, origin in ipairs(list) do
    check_origin(origin)
    local scheme, domain = origin:match("^(.-://)%*(%..+)$")
    if scheme then
      wild[#wild + 1] = { scheme = scheme, domain = domain }
    else
      exact[origin] = true
    end
  end
  return function(origin)
    if exact[origin] then
      return true
    end
    for _, pattern in ipairs(wild) do
      local first, last = #pattern.scheme + 1, #origin - #pattern.domain
      if
        first <= last
        and origin:sub(1, first - 1) == pattern.scheme
        and origin:sub(last + 1) == pattern.domain
        and not origin:sub(first, last):find("[^%w.-]")
      then
        return true
      end
    end
    return false
  end
end

local function checked(options)
  if type(options) ~= "table" then
    fault(nil, "bad argument #1 to 'cors' (table expected, got %s)", type(options))
  end
  for name in pairs(options) do
    if not KNOWN[name] then
      fault(
        nil,
        "cors: no option %s; there are credentials, expose, headers, max_age, methods, origins",
        tostring(name)
      )
    end
  end
  local origins = options.origins
  if origins == nil then
    fault(nil, "cors: origins is not given; it is \"*\", a list of origins, or a function")
  end
  local allows, any
  if is_callable(origins) then
    allows = origins
  else
    local list = strings("origins", origins)
    for _, origin in ipairs(list) do
      any = any or origin == "*"
    end
    if any and #list > 1 then
      fault(nil, "cors: origins has * beside others; it stands alone, for all of them")
    end
    allows = not any and listed(list) or nil
  end
  local credentials = options.credentials
  if credentials ~= nil and type(credentials) ~= "boolean" then
    fault(nil, "cors: credentials is %s; it is true or false", tostring(credentials))
  end
  local texts = {}
  for _, name in ipairs({ "expose", "headers", "methods" }) do
    if options[name] ~= nil then
      local list = strings(name, options[name])
      texts[name] = table.concat(list, ", ")
      if credentials and texts[name]:find("*", 1, true) then
        fault(
          nil,
          "cors: %s has * in it, which is but a name where there are credentials; list them",
          name
        )
      end
    end
  end
  if any and credentials then
    local message = "cors: credentials are for origins that you know; browsers refuse them with *: "
    fault(nil, message .. "list the origins")
  end
  local max_age = options.max_age
  if max_age ~= nil and (type(max_age) ~= "number" or max_age % 1 ~= 0 or max_age < 0) then
    fault(nil, "cors: max_age is %s; it is a whole number of seconds", tostring(max_age))
  end
  texts.methods = texts.methods and texts.methods:upper() or METHODS
  texts.max_age = max_age and ("%.0f"):format(max_age)
  return allows, credentials, texts
end

-- Adds names to `Vary`, beside what is there.
local function vary(headers, ...)
  local before = headers.vary
  if type(before) == "table" then
    before = table.concat(before, ", ")
  end
  local text = type(before) == "string" and before or ""
  local known = "," .. text:lower():gsub("%s", "") .. ","
  if known:find(",*,", 1, true) then
    return
  end
  for _, name in ipairs({ ... }) do
    if not known:find("," .. name:lower() .. ",", 1, true) then
      text = text == "" and name or text .. ", " .. name
    end
  end
  headers.vary = text
end

return function(options)
  local allows, credentials, texts = checked(options)

  -- Adds what lets the origin read the answer; gives whether it may. `known` has what was found
  -- before of the same request: the user's function may have asked a database.
  local function allow(req, headers, known)
    if not allows then
      -- Also where no origin is sent: a cache may give the answer to those that send one.
      headers["access-control-allow-origin"] = "*"
      return true
    end
    vary(headers, "Origin")
    local origin = req.headers.origin
    if known.allowed == nil then
      known.allowed = origin and allows(origin, req) or false
    end
    if not known.allowed then
      return false
    end
    headers["access-control-allow-origin"] = origin
    if credentials then
      headers["access-control-allow-credentials"] = "true"
    end
    return true
  end

  local function preflight(req)
    local headers = {}
    if allow(req, headers, {}) then
      headers["access-control-allow-methods"] = texts.methods
      headers["access-control-max-age"] = texts.max_age
      headers["access-control-allow-headers"] = texts.headers
        or req.headers["access-control-request-headers"]
    end
    vary(headers, PREFLIGHT_VARY[1], PREFLIGHT_VARY[2])
    return answer.of(nil, 204, headers)
  end

  local function expose(req, headers, known)
    if allow(req, headers, known) and texts.expose then
      headers["access-control-expose-headers"] = texts.expose
    end
  end

  return function(req, next)
    local asked = req.headers
    if req.method == "OPTIONS" and asked.origin and asked["access-control-request-method"] then
      return preflight(req)
    end
    local response, known = rawget(req, "_response"), {}
    if response and response._before_begin then
      -- What a stream begins with has left when `next` returns.
      response:_before_begin(function(headers)
        expose(req, headers, known)
      end)
    end
    local given = next(req)
    expose(req, given.headers, known)
    return given
  end
end
