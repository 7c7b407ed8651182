-- The routes of an app, by segments of their paths; those without parameters also by their path.
--
-- A node has `children` by literal segments, `param` and `rest` with their names, `routes` by
-- method ("*" stands for all), and `mount`. Each node stands for one place in paths, so a search
-- visits a node once at most, whatever the path.
local part = ...
local decode = part("web/url").decode

local find, sub, byte = string.find, string.sub, string.byte
local SLASH = byte("/")

local M = {}

function M.new(ignores_slash)
  return { root = {}, literals = {}, ignores_slash = ignores_slash }
end

local function named(node, key, segment, pattern)
  local child = node[key]
  if key == "rest" and node.mount then
    return nil, "something is mounted there already"
  elseif not child then
    child = { name = segment.name, pattern = pattern }
    node[key] = child
  elseif child.name ~= segment.name then
    local sigil = segment.rest and "*" or ":"
    local message = "%s%s stands where %q has %s%s; give both one name"
    return nil, message:format(sigil, segment.name, child.pattern, sigil, child.name)
  end
  return child
end

-- The node of a pattern, made where it is new; or nil and what is wrong.
function M.node(tree, pattern, segments)
  local node, literal = tree.root, true
  local count = #segments
  if tree.ignores_slash and segments[count] == "" then
    count = count - 1
  end
  for i = 1, count do
    local segment = segments[i]
    local message
    if type(segment) == "table" then
      literal = false
      node, message = named(node, segment.rest and "rest" or "param", segment, pattern)
      if not node then
        return nil, message
      end
    else
      -- Such a path may come in other spellings, or be that of another route.
      literal = literal and not find(segment, "[%%/]")
      node.children = node.children or {}
      node.children[segment] = node.children[segment] or {}
      node = node.children[segment]
    end
  end
  if not node.routes then
    node.routes = {}
    if literal then
      tree.literals["/" .. table.concat(segments, "/", 1, count)] = node.routes
    end
  end
  return node
end

-- Of the search that runs; nothing of the user's is called in it.
local path, method, encoded, ignores_slash, nodes
local values = {}

local function of_node(node)
  local routes = node.routes
  if routes then
    local route = routes[method] or routes["*"]
    if route then
      return route
    elseif nodes and next(routes) then
      nodes[#nodes + 1] = node
    end
  end
  return node.mount
end

-- The route for what of the path begins at `at`, behind a slash; and how many values were found.
local function search(node, at, count)
  local slash = find(path, "/", at, true)
  local segment = sub(path, at, slash and slash - 1 or -1)
  if ignores_slash and segment == "" and not slash then
    local route = of_node(node)
    if route and not route.is_mount then
      return route, count
    end
  end
  local child = node.children
  child = child and child[encoded and decode(segment) or segment]
  if child then
    local route, found
    if slash then
      route, found = search(child, slash + 1, count)
    else
      route, found = of_node(child), count
    end
    if route then
      return route, found
    end
  end
  child = node.param
  if child and segment ~= "" then
    values[count + 1] = segment
    local route, found
    if slash then
      route, found = search(child, slash + 1, count + 1)
    else
      route, found = of_node(child), count + 1
    end
    if route then
      return route, found
    end
  end
  child = node.rest
  if child then
    local route = of_node(child)
    if route then
      values[count + 1] = sub(path, at)
      return route, count + 1
    end
  end
  if node.mount then
    return node.mount, count
  end
end

local function begin(tree, in_path)
  path = byte(in_path) == SLASH and in_path or "/" .. in_path
  encoded = find(path, "%", 1, true)
  ignores_slash = tree.ignores_slash
end

-- The most specific route for a path and a method, its parameters by name, and what its rest
-- parameter has, as it came.
function M.find(tree, in_path, in_method)
  begin(tree, in_path)
  method, nodes = in_method, nil
  local route, count = search(tree.root, 2, 0)
  if not route then
    return nil
  end
  local params, names = {}, route.names
  for i = 1, count do
    local value = values[i]
    params[names[i]] = encoded and decode(value) or value
  end
  return route, params, route.has_rest and values[count] or nil
end

-- What of a path is behind so many segments and a slash, as it came.
function M.behind(in_path, segments)
  local at = byte(in_path) == SLASH and 1 or 0
  for _ = 1, segments do
    at = find(in_path, "/", at + 1, true)
    if not at then
      return ""
    end
  end
  return sub(in_path, at + 1)
end

-- The nodes that have routes for a path, but none of them for its method; the most specific first.
function M.others(tree, in_path)
  begin(tree, in_path)
  method, nodes = false, {}
  search(tree.root, 2, 0)
  return nodes
end

return M
