-- WSAPI applications as handlers of HTTP events.
local part = ...
local handlers = part("handlers")
local request = part("web/request")
local answers = part("web/answer")
local serve = part("web/serve")
local environment = part("wsapi/environment")
local outcome = part("wsapi/outcome")
-- Notes where an error was raised: it may be raised again from here.
local keep = part("trace")

-- `root` is the task root and `file` the application's, both absolute.
return function(app, streams, root, file)
  local place = { root = root, file = file, folder = file:match("^(.*)/") }

  local function run(req)
    return outcome(app, xpcall(app, keep, environment(req, place)))
  end

  if streams then
    return handlers.wrap(app, part("web/stream")(run, app))
  end
  return handlers.wrap(app, function(event, context)
    local req = request.new(event, context)
    local answer = serve(run, req)
    -- What is wrong with it is said with the application's place.
    answer.by = app
    return answers.render(req, answer)
  end)
end
