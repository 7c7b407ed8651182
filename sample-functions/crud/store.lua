-- The tasks, in this process's memory: there for as long as Lambda keeps the process, which is
-- minutes, and only there, while Lambda may run several side by side. It is enough to try the API.
-- A database goes behind these functions, which are all that the API knows of it.
local M = {}

local tasks, last = {}, 0

---@class crud.Task
---@field id? string Given by `add`.
---@field title string
---@field done boolean

---@param task crud.Task
---@return crud.Task task
function M.add(task)
  last = last + 1
  task.id = tostring(last)
  tasks[task.id] = task
  return task
end

---@param id string
---@return crud.Task? task
function M.find(id)
  return tasks[id]
end

---@param id string
function M.remove(id)
  tasks[id] = nil
end

---All of them, in the order in which they were added.
---@return crud.Task[]
function M.list()
  local list = {}
  for id = 1, last do
    list[#list + 1] = tasks[tostring(id)] -- nil where it was removed
  end
  return list
end

M.add({ title = "Write a handler", done = true })
M.add({ title = "Deploy it", done = false })
M.add({ title = "Buy a server", done = false })

return M
