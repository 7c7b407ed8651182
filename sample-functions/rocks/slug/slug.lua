-- Titles as they stand in URLs.
local M = {}

---Gives `title` in lower case with hyphens between its words: `"Hello, World!"` is `"hello-world"`.
---Only ASCII letters and digits stay.
---@param title string
---@return string
function M.of(title)
  local hyphenated = title:lower():gsub("[^a-z0-9]+", "-")
  return (hyphenated:gsub("^%-", ""):gsub("%-$", ""))
end

return M
