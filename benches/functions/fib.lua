-- Work for the processor: the nth Fibonacci number by its definition.
local M = {}

---@param n integer
---@return integer
local function fib(n)
  if n < 2 then
    return n
  end
  return fib(n - 1) + fib(n - 2)
end

---@param event { n: integer }
---@return integer
function M.handler(event)
  return fib(event.n)
end

return M
