-- A REST API for a list of tasks, behind an HTTP API of API Gateway: GET and POST at /tasks; GET,
-- PUT and DELETE at /tasks/ID. The router answers 404 for other paths, and 405 for other methods.
-- What is in store.lua belongs in a database.
local json = require("lambda.json")
local store = require("store")
local web = require("lambda.web")

local app = web.router()

-- The task that was sent, or an answer that tells all that is wrong with it. What is no JSON has
-- been answered with a 400 already.
local function sent(req)
  local value, errors = req:json(), {}
  if type(value) ~= "table" or value[1] ~= nil then
    web.error(400, "an object is expected")
  end
  if type(value.title) ~= "string" or not value.title:find("%S") or #value.title > 200 then
    errors.title = "must be text of 1 to 200 bytes"
  end
  if value.done ~= nil and type(value.done) ~= "boolean" then
    errors.done = "must be true or false"
  end
  if next(errors) then
    web.error(422, { message = "the task is not valid", errors = errors })
  end
  return { title = value.title, done = value.done or false }
end

local function found(req)
  return store.find(req.params.id) or web.error(404, "there is no task " .. req.params.id)
end

-- All tasks, or with `?done=false` those that are not done.
app:get("/tasks", function(req)
  local list = json.array({})
  for _, task in ipairs(store.list()) do
    if not req.query.done or tostring(task.done) == req.query.done then
      list[#list + 1] = task
    end
  end
  return { tasks = list }
end)

app:post("/tasks", function(req)
  local task = store.add(sent(req))
  return web.json(task, 201, { location = "/tasks/" .. task.id })
end)

app:get("/tasks/:id", found)

app:put("/tasks/:id", function(req)
  local task, new = found(req), sent(req)
  task.title, task.done = new.title, new.done
  return task
end)

app:delete("/tasks/:id", function(req)
  store.remove(req.params.id) -- Whoever asks again has the same: it is gone.
  return 204
end)

return { handler = app }
