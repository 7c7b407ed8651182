-- A REST API for a list of tasks, behind an HTTP API of API Gateway:
--
--   GET    /tasks?done=false     the tasks, all or those that are done or not
--   POST   /tasks                a new one
--   GET    /tasks/ID             one of them
--   PUT    /tasks/ID             makes or replaces it
--   PATCH  /tasks/ID             changes the fields that are given
--   DELETE /tasks/ID             removes it
--
-- The router answers 404 for other paths, and 405 for other methods. What is in store.lua belongs
-- in a database.
local crypto = require("lambda.crypto")
local json = require("lambda.json")
local store = require("store")
local web = require("lambda.web")

local app = web.router()

-- What is wrong with a value of each field; nil when nothing is.
local fields = {
  title = function(value)
    local ok = type(value) == "string" and value:find("%S") and #value <= 200
    return not ok and "must be text of 1 to 200 bytes" or nil
  end,
  done = function(value)
    return type(value) ~= "boolean" and "must be true or false" or nil
  end,
  due = function(value)
    local ok = type(value) == "string" and value:find("^%d%d%d%d%-%d%d%-%d%d$")
    return not ok and "must be a day like 2026-12-24" or nil
  end,
}

-- Gives the task, or answers with all that is wrong with it.
local function checked(task)
  local errors = {}
  for name, value in pairs(task) do
    local wrong = fields[name] or function()
      return "is no field of a task"
    end
    errors[name] = wrong(value)
  end
  if task.title == nil then
    errors.title = "is missing"
  end
  if next(errors) then
    web.error(422, { message = "the task is not valid", errors = errors })
  end
  return task
end

-- The object that was sent; what is no JSON has been answered with a 400 already.
local function sent(req)
  local value = req:json()
  if type(value) ~= "table" or value[1] ~= nil then
    web.error(400, "an object is expected")
  end
  value.id = nil -- The path says which one it is.
  return value
end

local function with_id(task, id)
  local copy = { id = id }
  for name, value in pairs(task) do
    copy[name] = value
  end
  return copy
end

local function found(req)
  return store.find(req.params.id) or web.error(404, "there is no task " .. req.params.id)
end

local function save(task, id)
  task.done = task.done or false
  store.put(id, checked(task))
  return with_id(task, id)
end

app:get("/tasks", function(req)
  local list = json.array({})
  for id, task in store.each() do
    if not req.query.done or tostring(task.done) == req.query.done then
      table.insert(list, with_id(task, id))
    end
  end
  return web.json({ tasks = list })
end)

app:post("/tasks", function(req)
  -- A client that got no answer sends the same key again, and has made one task and not two.
  local id = req.headers["idempotency-key"] or crypto.uuid()
  if not id:find("^[%w-]+$") then
    web.error(400, "idempotency-key is letters, digits and hyphens")
  end
  return web.json(save(sent(req), id), 201, { location = "/tasks/" .. id })
end)

app:get("/tasks/:id", function(req)
  return web.json(with_id(found(req), req.params.id))
end)

app:put("/tasks/:id", function(req)
  return web.json(save(sent(req), req.params.id))
end)

app:patch("/tasks/:id", function(req)
  local task = with_id(found(req), nil)
  for name, value in pairs(sent(req)) do
    task[name] = value
  end
  return web.json(save(task, req.params.id))
end)

app:delete("/tasks/:id", function(req)
  store.remove(req.params.id) -- Whoever asks again has the same: it is gone.
  return 204
end)

return { handler = app }
