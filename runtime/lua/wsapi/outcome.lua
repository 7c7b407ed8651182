-- What a WSAPI application gives, or raises, as an answer.
local part = ...
local handlers = part("handlers")

local function shown(value)
  return part("web/shown")(value)
end

-- Nothing of the application is on the stack any more: the error begins with where it stands.
local function fault(app, message)
  part("web/fault")(app, message)
end

-- An integer of `404`, `"404"`, `"404 Not Found"`.
local function status_of(value)
  if type(value) == "string" then
    value = tonumber(value:match("^%s*(%d%d%d)$") or value:match("^%s*(%d%d%d)%D"))
  end
  if type(value) == "number" and value % 1 == 0 and value >= 200 and value <= 599 then
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
  local status = type(err) == "table" and status_of(rawget(err, 1))
  if not status then
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

-- With one of these there is no body, and so no type of it: that of a 304 would take the place of
-- the one that the client's cache has (RFC 9111, 3.2).
local NO_BODY = { [204] = true, [304] = true }

-- A status, headers and a body of what came of `app`, which was called in protected mode.
return function(app, ok, status, headers, body)
  if not ok then
    return raised(status)
  end
  local integer = status_of(status)
  if not integer then
    local message = "the application answered with the status %s; a status is an integer from 200 "
      .. "to 599, or a string that begins with one: \"404 Not Found\""
    fault(app, message:format(shown(status)))
  end
  body = body_of(app, body)
  return integer, headers_of(app, integer, headers), not NO_BODY[integer] and body or nil
end
