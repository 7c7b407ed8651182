-- Answers to requests that no route is for: 404, 405, and OPTIONS.
local part = ...
local answer = part("web/answer")
local chain = part("web/chain")
local tree = part("web/tree")

-- The methods of some nodes, as `Allow` has them.
local function allowed(nodes)
  local seen, list = { OPTIONS = true }, { "OPTIONS" }
  for _, node in ipairs(nodes) do
    for method in pairs(node.routes) do
      if not seen[method] then
        seen[method] = true
        list[#list + 1] = method
      end
    end
  end
  table.sort(list)
  return table.concat(list, ", ")
end

-- Whether what a function returned says which status it has.
local function has_status(value)
  return type(value) == "number"
    or type(value) == "table" and (type(value.status) == "number" or value.statusCode ~= nil)
end

local function not_found(core, req, response)
  local fn = core.not_found
  if not fn then
    return answer.json({ message = "Not Found" }, 404)
  end
  local first, second, third = fn(req, response)
  local made = answer.of(fn, first, second, third)
  if not has_status(first) then
    made.status = 404
  end
  return made
end

-- The last step where there is no route.
local function unserved(core)
  return function(req, response)
    local allow = rawget(req, "_allow")
    if not allow then
      return not_found(core, req, response)
    elseif req.method == "OPTIONS" then
      return answer.of(nil, 204, { allow = allow })
    end
    return answer.json({ message = "Method Not Allowed" }, 405, { allow = allow })
  end
end

return function(core, req)
  local nodes = tree.others(core.tree, req._path)
  req._allow = nodes[1] and allowed(nodes) or nil
  local scope = nodes[1] and nodes[1].scope or core.scope
  if not scope.unserved or scope.version ~= core.version then
    scope.unserved = chain.of(core, scope, {}, unserved(core))
    scope.version = core.version
  end
  return scope.unserved(req)
end
