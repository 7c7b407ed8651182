---@meta lambda

---The runtime itself.
---@class lambda
---The runtime's version, such as `"0.1.0"`; `bootstrap --version` prints the same.
---@field _VERSION string
local lambda = {}

return lambda
