-- The routes of an app: those of literals by their path, the others by its segments.
--
-- A node has `children` by literal segments, `param` and `rest` with their names, `routes` by
-- method ("*" stands for all), and `mount`. Each node stands for one place in paths, so a search
-- visits a node once at most, whatever the path. A literal path beats all others, so it is looked
-- for first.
local part = ...
local decode = part("web/url").decode

local find, sub, byte, gsub = string.find, string.sub, string.byte, string.gsub
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

-- The node of a pattern that stands for itself, made where it is new.
function M.literal(tree, pattern)
  if tree.ignores_slash and pattern ~= "/" and sub(pattern, -1) == "/" then
    pattern = sub(pattern, 1, -2)
  end
  local node = tree.literals[pattern]
  if not node then
    node = { routes = {} }
    tree.literals[pattern] = node
  end
  return node
end

-- The node of another, by its segments; or nil and what is wrong.
function M.node(tree, pattern, segments)
  local node = tree.root
  local count = #segments
  if tree.ignores_slash and segments[count] == "" then
    count = count - 1
  end
  for i = 1, count do
    local segment = segments[i]
    if type(segment) == "table" then
      local message
      node, message = named(node, segment.rest and "rest" or "param", segment, pattern)
      if not node then
        return nil, message
      end
    else
      local children = node.children
      if not children then
        children = {}
        node.children = children
      end
      node = children[segment]
      if not node then
        node = {}
        children[segment] = node
      end
    end
  end
  node.routes = node.routes or {}
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

-- Escapes other than those of slashes, which part no segments.
local function unescaped(digits)
  local char = tonumber(digits, 16)
  return char ~= SLASH and string.char(char) or nil
end

-- Begins a search. Gives the node of a literal path, which is the first to look at.
local function begin(tree, in_path)
  path = byte(in_path) == SLASH and in_path or "/" .. in_path
  encoded = find(path, "%", 1, true)
  ignores_slash = tree.ignores_slash
  local key = encoded and gsub(path, "%%(%x%x)", unescaped) or path
  if ignores_slash and #key > 1 and sub(key, -1) == "/" then
    key = sub(key, 1, -2)
  end
  return tree.literals[key]
end

-- The most specific route for a path and a method, its parameters by name, and what its rest
-- parameter has, as it came.
function M.find(tree, in_path, in_method)
  local node = begin(tree, in_path)
  method, nodes = in_method, nil
  local route = node and of_node(node)
  if route then
    return route, {}
  end
  local count
  route, count = search(tree.root, 2, 0)
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
  local node = begin(tree, in_path)
  method, nodes = false, {}
  if node then
    of_node(node)
  end
  search(tree.root, 2, 0)
  return nodes
end

return M
