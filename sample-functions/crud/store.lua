-- The tasks, in this process's memory: there for as long as Lambda keeps the process, which is
-- minutes, and only there, while Lambda may run several side by side. It is enough to try the API.
--
-- A database goes behind these four functions: DynamoDB by its HTTP API, with signed requests, or
-- one that a rock in C reaches. They are all that the API knows of it.
local M = {}

local tasks = {
  ["1"] = { title = "Write a handler", done = true },
  ["2"] = { title = "Deploy it", done = false, due = "2026-12-24" },
  ["3"] = { title = "Buy a server", done = false },
}

---@param id string
---@return table? task
function M.find(id)
  return tasks[id]
end

---@param id string
---@param task table
function M.put(id, task)
  tasks[id] = task
end

---@param id string
function M.remove(id)
  tasks[id] = nil
end

---All tasks by their ids, in the order of these: `for id, task in store.each() do`.
---@return fun(): string?, table?
function M.each()
  local ids, nth = {}, 0
  for id in pairs(tasks) do
    table.insert(ids, id)
  end
  table.sort(ids)
  return function()
    nth = nth + 1
    return ids[nth], tasks[ids[nth]]
  end
end

return M
