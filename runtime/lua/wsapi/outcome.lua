-- What a WSAPI application gives, or raises, as an answer.
local part = ...
local handlers = part("handlers")
local is_http_error = part("web/http_error").is

local M = {}

-- Raises an error that begins with where the application stands: nothing of it is on the stack.
local function fault(app, message)
  local place = ""
  if type(app) == "function" then
    local info = debug.getinfo(app, "S")
    if info.what ~= "C" then
      place = info.short_src .. ":" .. info.linedefined .. ": "
    end
  end
  error(place .. message, 0)
end

local function shown(value)
  if type(value) == "string" then
    return ("%q"):format(value)
  elseif type(value) == "number" or value == nil then
    return tostring(value)
  end
  return "a " .. type(value)
end

-- An integer of `404`, `"404"`, `"404 Not Found"`.
local function status_of(value)
  if type(value) == "string" then
    value = tonumber(value:match("^%s*(%d%d%d)$") or value:match("^%s*(%d%d%d)%D"))
  end
  if type(value) == "number" and value % 1 == 0 and value >= 100 and value <= 599 then
    return math.floor(value)
  end
end

local function header_value(value)
  -- A float of Lua 5.4 that is an integer is written as one.
  if type(value) == "number" and value % 1 == 0 then
    return ("%.0f"):format(value)
  end
  return value
end

local function headers_of(app, status, headers)
  if headers == nil then
    return {}
  elseif type(headers) ~= "table" then
    local message = "the application answered with headers that are %s; they are a table, "
      .. "name = value"
    fault(app, message:format(shown(headers)))
  end
  local all = {}
  for name, value in pairs(headers) do
    if type(name) ~= "string" then
      local message = "the application's headers have the name %s; names are strings"
      fault(app, message:format(shown(name)))
    end
    -- The front end frames the answer.
    local lower = name:lower()
    if lower ~= "transfer-encoding" and not (lower == "content-length" and status == 204) then
      local list = all[lower] or {}
      all[lower] = list
      if type(value) == "table" then
        for i = 1, #value do
          list[#list + 1] = header_value(value[i])
        end
      else
        list[#list + 1] = header_value(value)
      end
    end
  end
  return all
end

local function body_of(app, body)
  local kind = type(body)
  if body == nil or body == "" or kind == "string" then
    return body ~= "" and body or nil
  elseif not handlers.is_callable(body) then
    local message = "the application answered with a body that is %s; it is a function that gives "
      .. "a piece a call and then nil"
    fault(app, message:format(shown(body)))
  end
  return function()
    local piece = body()
    if not piece or type(piece) == "string" then
      return piece or nil
    elseif type(piece) == "number" then
      return tostring(piece)
    end
    local message = "the application's iterator gave %s; it gives strings, and nil at the end"
    fault(app, message:format(shown(piece)))
  end
end

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\""] = "&quot;" }

-- What was raised is an answer where it is `{ status, message }`, and else raised again.
local function raised(err)
  local status = type(err) == "table" and not is_http_error(err) and status_of(rawget(err, 1))
  if not status or status < 200 then
    error(err, 0)
  end
  local message = err[2] == nil and "" or tostring(err[2])
  if status >= 500 then
    require("lambda.log").error(("the application raised %d: %s"):format(status, message))
  end
  local page = "<!DOCTYPE html>\n<title>%d</title>\n<p>%s</p>\n"
  -- A message often has in it what the client asked for.
  message = message:gsub("[&<>\"]", ENTITIES)
  return status, { ["content-type"] = "text/html; charset=utf-8" }, page:format(status, message)
end

-- A status, headers and a body of what protected `app` returned.
function M.of(app, ok, first, headers, body)
  if not ok then
    return raised(first)
  end
  local status = status_of(first)
  if not status then
    local message = "the application answered with the status %s; a status is an integer from 100 "
      .. "to 599, or a string that begins with one: \"404 Not Found\""
    fault(app, message:format(shown(first)))
  end
  headers = headers_of(app, status, headers)
  body = body_of(app, body)
  if type(body) == "function" then
    headers["content-type"] = headers["content-type"] or "text/plain; charset=utf-8"
  end
  return status, headers, body
end

-- All pieces, for an answer that leaves as a whole.
function M.joined(body)
  local pieces = {}
  for piece in body do
    pieces[#pieces + 1] = piece
  end
  return table.concat(pieces)
end

return M
