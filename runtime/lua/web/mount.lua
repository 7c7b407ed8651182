-- Apps and functions that serve all paths behind a prefix.
local part = ...
local fault = part("web/fault")
local keep = part("trace")
local tree = part("web/tree")

-- An app that reaches itself by ways that no registration shows would go round until the path ends.
local MOST_LEVELS = 10

local M = {}

local function reaches(core, other)
  if core == other then
    return true
  end
  for _, inner in ipairs(core.mounted) do
    if reaches(inner, other) then
      return true
    end
  end
  return false
end

local function settle(req, before, ok, ...)
  req._path, req._mount, req._rest = before.path, before.mount, before.rest
  -- It is decoded when it is asked for.
  req.path = nil
  req.params = before.params
  if not ok then
    error((...), 0)
  end
  return ...
end

-- A route's function that calls `target` with the path behind so many segments.
function M.of(core, target, prefix, segments)
  if type(target) == "table" and type(rawget(target, "_core")) == "table" then
    local inner = target._core
    if reaches(inner, core) then
      fault(
        nil,
        "the app mounted at %q has this app in it, or is it",
        prefix == "" and "/" or prefix
      )
    end
    table.insert(core.mounted, inner)
  end
  return function(req, response)
    local outer = req._mount
    local level = outer and outer.level + 1 or 1
    if level > MOST_LEVELS then
      error("apps are mounted in each other more than " .. MOST_LEVELS .. " times", 0)
    end
    local before = { path = req._path, mount = outer, rest = req._rest, params = req.params }
    req._mount = {
      level = level,
      params = req.params,
      prefix = (outer and outer.prefix or "") .. prefix,
    }
    req._path = "/" .. tree.behind(req._path, segments)
    req.path, req._rest = nil, nil
    return settle(req, before, xpcall(target, keep, req, response))
  end
end

-- Sets what the route of a mounted app finds: the parameters of the prefix are there too.
function M.enter(req, mount, params, pattern)
  for name, value in pairs(mount.params) do
    if params[name] == nil then
      params[name] = value
    end
  end
  req.params = params
  req.route = pattern == "/" and mount.prefix ~= "" and mount.prefix or mount.prefix .. pattern
end

return M
