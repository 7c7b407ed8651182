-- A WSAPI application: it knows nothing of Lambda, and any server of WSAPI runs it as it is.
local M = {}

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\""] = "&quot;" }

local function escaped(text)
  return (text:gsub("[&<>\"]", ENTITIES))
end

-- The pieces of a page, one a call: in a stream, each leaves when it is made.
local function page(title, lines)
  return coroutine.wrap(function()
    coroutine.yield(("<!DOCTYPE html>\n<title>%s</title>\n"):format(escaped(title)))
    for _, line in ipairs(lines) do
      coroutine.yield(("<p>%s</p>\n"):format(line))
    end
  end)
end

---Greets whom the path names: `/hello/Ada`.
---@param env lambda.wsapi.Environment
---@return string status
---@return table<string, string|string[]> headers
---@return fun(): string? iterator
function M.run(env)
  local headers = { ["Content-Type"] = "text/html; charset=utf-8" }
  local name = env.PATH_INFO:match("^/hello/([^/]+)$")
  if name then
    headers["Set-Cookie"] = { "greeted=yes; Path=/", "last=hello; Path=/; HttpOnly" }
    return "200 OK", headers, page("Hello", { "Hello " .. escaped(name) .. "!" })
  end
  -- With the name of the API's stage, where there is one.
  local link = ("<a href=\"%s/hello/world\">Say hello</a>"):format(escaped(env.SCRIPT_NAME))
  return "404 Not Found", headers, page("Not found", { escaped(env.PATH_INFO), link })
end

return M
