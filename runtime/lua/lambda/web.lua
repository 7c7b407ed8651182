-- lambda.web: HTTP requests and answers, the same for every front end.
local part = ...
local handlers = part("handlers")
local new_request = part("web/request").new
local answer = part("web/answer")
local serve = part("web/serve")

local M = {}

function M.handler(fn)
  handlers.check("handler", fn)
  local render = answer.render
  return handlers.wrap(fn, function(event, context)
    local req = new_request(event, context)
    return render(req, serve(fn, req))
  end)
end

function M.stream(fn)
  handlers.check("stream", fn)
  return part("web/stream")(fn)
end

function M.json(value, status, headers)
  return answer.json(value, status, headers)
end

function M.text(text, status, headers)
  return answer.typed("text", text, status, headers, "text/plain; charset=utf-8")
end

function M.html(text, status, headers)
  return answer.typed("html", text, status, headers, "text/html; charset=utf-8")
end

function M.redirect(location, status)
  return part("web/redirect")(location, status)
end

function M.error(status, message, headers)
  error(part("web/http_error").new(status, message, headers), 0)
end

function M.cookie(name, value, options)
  return part("web/cookies").format(name, value, options)
end

function M.router(options)
  return part("web/router").new(options)
end

function M.cors(options)
  return part("web/cors")(options)
end

function M.file(path, options)
  return part("web/file").file(path, options)
end

function M.files(folder, options)
  return part("web/files")(folder, options)
end

function M.encode(text)
  if type(text) ~= "string" and type(text) ~= "number" then
    error(("bad argument #1 to 'encode' (string expected, got %s)"):format(type(text)), 2)
  end
  return part("web/url").encode(text)
end

local ENTITIES = {
  ["&"] = "&amp;",
  ["<"] = "&lt;",
  [">"] = "&gt;",
  ["\""] = "&quot;",
  ["'"] = "&#39;",
}

function M.escape(text)
  if type(text) ~= "string" and type(text) ~= "number" then
    error(("bad argument #1 to 'escape' (string expected, got %s)"):format(type(text)), 2)
  end
  return (tostring(text):gsub("[&<>\"']", ENTITIES))
end

return M
