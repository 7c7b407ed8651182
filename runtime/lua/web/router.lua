-- web.router: an app, which finds the function for a request's method and path.
local part = ...
local answer = part("web/answer")
local fault = part("web/fault")
local chain = part("web/chain")
local is_callable = part("handlers").is_callable
local pattern = part("web/pattern")
local request = part("web/request")
local tree = part("web/tree")

local App = { __name = "lambda.web.Router" }
local Group = { __name = "lambda.web.Group" }
-- The middleware of a route that has none.
local NONE = {}
-- What apps and groups share, and what apps alone have.
local common, own = {}, {}
Group.__index = common
App.__index = own

local OPTIONS = { trailing_slash = { strict = true, ignore = true } }

local function core_of(self, name)
  local core = type(self) == "table" and rawget(self, "_core")
  if not core then
    local message = "bad self to '%s' (router expected, got %s); call it with a colon, app:%s(…)"
    fault(nil, message, name, type(self), name)
  end
  return core
end

-- The functions behind `skipped` arguments: one or more, all callable.
local function functions(name, skipped, ...)
  local count = select("#", ...)
  local list = { ... }
  for i = 1, math.max(count, 1) do
    if not is_callable(list[i]) then
      local message = "bad argument #%d to '%s' (function expected, got %s)"
      fault(nil, message, skipped + i, name, i > count and "no value" or type(list[i]))
    end
  end
  return list
end

local function checked_path(name, position, path)
  if type(path) ~= "string" then
    fault(nil, "bad argument #%d to '%s' (path expected, got %s)", position, name, type(path))
  end
  return path
end

-- A path behind a group's prefix; "/" is the prefix itself.
local function joined(prefix, path)
  if prefix ~= "" and path == "/" then
    return prefix
  end
  return prefix .. path
end

-- What is wrong is told of the path as it stands there, before a group's prefix.
local function parsed(path, whole)
  local segments, names = pattern.parse(path)
  if segments and whole ~= path then
    segments, names = pattern.parse(whole)
  end
  if not segments then
    fault(nil, "the path %q is no pattern: %s", path, names)
  end
  return segments, names
end

local function node_of(core, whole, segments)
  local node, message = tree.node(core.tree, whole, segments)
  if not node then
    fault(nil, "the path %q: %s", whole, message)
  end
  return node
end

-- The node for a path in a scope, and a route that is not at it yet.
local function prepared(core, scope, path, fn, uses)
  local whole = joined(scope.prefix, path)
  local route = { fn = fn, pattern = whole, scope = scope, uses = uses }
  local node
  if pattern.is_literal(whole) and pattern.is_literal(path) then
    node = tree.literal(core.tree, whole)
  else
    local segments, names = parsed(path, whole)
    node = node_of(core, whole, segments)
    local last = segments[#segments]
    route.has_rest = type(last) == "table" and last.rest
    route.names = names
  end
  node.scope = node.scope or scope
  return node, route
end

local function check_new(node, method)
  local known = node.routes[method]
  if known and (method ~= "HEAD" or node.has_head) then
    local shown = method == "*" and "any method of " or method .. " "
    fault(nil, "there is a route for %s%q already", shown, known.pattern)
  end
end

local function set(node, method, route)
  local routes = node.routes
  routes[method] = route
  if method == "HEAD" then
    node.has_head = true
  elseif method == "GET" and not node.has_head then
    routes.HEAD = route
  end
end

for name, method in pairs({
  any = "*",
  delete = "DELETE",
  get = "GET",
  head = "HEAD",
  options = "OPTIONS",
  patch = "PATCH",
  post = "POST",
  put = "PUT",
}) do
  common[name] = function(self, path, ...)
    local core = core_of(self, name)
    checked_path(name, 1, path)
    local fn, uses = ..., NONE
    if select("#", ...) ~= 1 or type(fn) ~= "function" then
      uses = functions(name, 1, ...)
      fn = table.remove(uses)
    end
    local node, route = prepared(core, self._scope, path, fn, uses)
    check_new(node, method)
    set(node, method, route)
    return self
  end
end

function common.route(self, methods, path, ...)
  local core = core_of(self, "route")
  local list, seen = {}, {}
  for i, method in ipairs(type(methods) == "table" and methods or { methods }) do
    if type(method) ~= "string" or method == "" or method:find("[^%w!#$%%&'+.^_`|~-]") then
      local shown = type(method) == "string" and ("%q"):format(method) or type(method)
      fault(nil, "bad argument #1 to 'route' (methods expected, such as \"GET\"; got %s)", shown)
    end
    list[i] = method:upper()
    if seen[list[i]] then
      fault(nil, "bad argument #1 to 'route' (the method %s stands there twice)", list[i])
    end
    seen[list[i]] = true
  end
  if #list == 0 then
    fault(nil, "bad argument #1 to 'route' (methods expected, got %s)", type(methods))
  end
  checked_path("route", 2, path)
  local uses = functions("route", 2, ...)
  local fn = table.remove(uses)
  local node, route = prepared(core, self._scope, path, fn, uses)
  for _, method in ipairs(list) do
    check_new(node, method)
  end
  for _, method in ipairs(list) do
    set(node, method, route)
  end
  return self
end

function common.use(self, ...)
  local core = core_of(self, "use")
  for _, fn in ipairs(functions("use", 0, ...)) do
    table.insert(self._scope.uses, fn)
  end
  -- What was made for routes is made anew.
  core.version = core.version + 1
  return self
end

local function prefix_of(name, path, scope)
  checked_path(name, 1, path)
  if #path > 1 and path:sub(-1) == "/" then
    fault(nil, "the prefix %q ends with a slash; the paths behind it begin with one", path)
  end
  local prefix = joined(scope.prefix, path)
  local segments, names = parsed(path, prefix)
  local last = segments[#segments]
  if type(last) == "table" and last.rest then
    fault(nil, "the prefix %q has the rest parameter *%s; nothing comes behind it", path, last.name)
  end
  return prefix == "/" and "" or prefix, segments, names
end

function common.group(self, path, ...)
  local core = core_of(self, "group")
  local prefix = prefix_of("group", path, self._scope)
  local uses = functions("group", 1, ...)
  local define = table.remove(uses)
  local scope = { outer = self._scope, prefix = prefix, uses = uses }
  define(setmetatable({ _core = core, _scope = scope }, Group))
  return self
end

function common.mount(self, path, ...)
  local core = core_of(self, "mount")
  local prefix, segments, names = prefix_of("mount", path, self._scope)
  local uses = functions("mount", 1, ...)
  if prefix == "" then
    segments = {}
  end
  local node = node_of(core, prefix == "" and "/" or prefix, segments)
  if node.mount or node.rest then
    fault(
      nil,
      "there is %s %q already",
      node.mount and "something mounted at" or "a rest parameter behind",
      prefix == "" and "/" or prefix
    )
  end
  local target = table.remove(uses)
  node.mount = {
    fn = part("web/mount").of(core, target, prefix, #segments),
    is_mount = true,
    names = names,
    pattern = prefix .. "/*",
    scope = self._scope,
    uses = uses,
  }
  return self
end

for name, fn in pairs(common) do
  own[name] = fn
end

-- One function for each of these.
for _, name in ipairs({ "not_found", "on_error" }) do
  own[name] = function(self, ...)
    local core = core_of(self, name)
    if core[name] then
      fault(nil, "%s: it was called before; an app has one", name)
    end
    core[name] = functions(name, 0, ...)[1]
    return self
  end
end

local function compiled(core, route)
  local run = chain.of(core, route.scope, route.uses, route.fn)
  route.run, route.version = run, core.version
  return run
end

-- Gives the answer to a request; `response` is that of a stream.
local function dispatch(core, req, response)
  if response ~= nil then
    req._response = response
  end
  local route, params, rest = tree.find(core.tree, req._path, req.method)
  if not route then
    return part("web/fallback")(core, req)
  end
  req._rest = rest
  local mount = rawget(req, "_mount")
  if mount then
    part("web/mount").enter(req, mount, params, route.pattern)
  else
    req.params, req.route = params, route.pattern
  end
  local run = route.run
  if not run or route.version ~= core.version then
    run = compiled(core, route)
  end
  return run(req)
end

-- With a request it gives the answer; with an event, the answer in the form of its front end.
function App.__call(self, first, second)
  local core = self._core
  if request.is(first) then
    return dispatch(core, first, second)
  end
  local req = request.new(first, second)
  return answer.render(req, dispatch(core, req))
end

function own.handler(self)
  core_of(self, "handler")
  return function(event, context)
    return self(event, context)
  end
end

local M = {}

function M.is(value)
  return type(value) == "table" and getmetatable(value) == App
end

function M.new(options)
  local ignores_slash = false
  if options ~= nil then
    if type(options) ~= "table" then
      fault(nil, "bad argument #1 to 'router' (table expected, got %s)", type(options))
    end
    for name, value in pairs(options) do
      local values = OPTIONS[name]
      if not values then
        fault(nil, "router: no option %s; there is trailing_slash", tostring(name))
      elseif not values[value] then
        fault(nil, "router: trailing_slash is %s; it is \"strict\" or \"ignore\"", tostring(value))
      end
    end
    ignores_slash = options.trailing_slash == "ignore"
  end
  local scope = { prefix = "", uses = {} }
  local routes = tree.new(ignores_slash)
  local core = {
    mounted = {},
    scope = scope,
    tree = routes,
    version = 0,
  }
  return setmetatable({ _core = core, _scope = scope }, App)
end

return M
