-- WSAPI applications as handlers of HTTP events.
local part = ...
local handlers = part("handlers")
local request = part("web/request")
local answer = part("web/answer")
local serve = part("web/serve")
local environment = part("wsapi/environment")
local outcome = part("wsapi/outcome")
-- Notes where an error was raised: it may be raised again from here.
local keep = part("trace")

-- `root` is the task root and `file` the application's, both absolute.
return function(app, streams, root, file)
  local place = { root = root, file = file, folder = file:match("^(.*)/") }

  local function run(req)
    local env = environment(req, place)
    local status, headers, body = outcome.of(app, xpcall(app, keep, env))
    if not streams and type(body) == "function" then
      body = outcome.joined(body)
    end
    return status, headers, body
  end

  if streams then
    return handlers.wrap(app, part("web/stream")(run))
  end
  return handlers.wrap(app, function(event, context)
    local req = request.new(event, context)
    return answer.render(req, serve(run, req))
  end)
end
