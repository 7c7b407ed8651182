-- What the stand-alone interpreter needs of Lua: the message handler, the reader of lines, and the
-- options of LuaJIT's own.
local metatable_of, traceback = debug.getmetatable, debug.traceback
local find, sub = string.find, string.sub
local pcall, rawget, require, tostring, type, unpack =
  pcall, rawget, require, tostring, type, unpack
local error, package = error, package
local stdin, stdout = io.stdin, io.stdout
local read, write, flush = stdin.read, stdout.write, stdout.flush

local function explain(value)
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" then
    local meta = metatable_of(value)
    local convert = kind ~= "nil" and meta and rawget(meta, "__tostring")
    local text = convert and convert(value)
    if type(text) ~= "string" and type(text) ~= "number" then
      return value
    end
    value = text
  end
  -- A tail call would hide a level.
  local text = traceback(tostring(value), 2)
  return text
end

local function read_line(prompt)
  write(stdout, prompt)
  flush(stdout)
  return (read(stdin, "*l"))
end

-- "a,b" as two arguments, an empty one as nil.
local function split(options)
  local parts, count, from = {}, 0, 1
  while options and options ~= "" do
    local comma = find(options, ",", from, true)
    count = count + 1
    local part = sub(options, from, (comma or 0) - 1)
    parts[count] = part ~= "" and part or nil
    if not comma then
      break
    end
    from = comma + 1
  end
  return unpack(parts, 1, count)
end

-- `start` of a module that is not in the program itself.
local function addon(name)
  local found, module = pcall(require, "jit." .. name)
  if not found and not (type(module) == "string" and find(module, "^module ")) then
    error(module, 0)
  end
  local start = found and module.start
  if not start then
    error("unknown luaJIT command or jit.* modules not installed", 0)
  end
  return start
end

-- The function that an option runs, and its arguments: called by the program itself, what it raises
-- has no position.
local function own(option, first, ...)
  if option == "-O" then
    return package.loaded["jit.opt"].start, split(first)
  elseif option == "-j" then
    local equals = find(first, "=", 1, true)
    local name = sub(first, 1, (equals or 0) - 1)
    local command = package.loaded.jit[name]
    if type(command) ~= "function" then
      command = addon(name)
    end
    return command, split(equals and sub(first, equals + 1))
  elseif #first > 2 then
    return addon("bcsave"), "-" .. sub(first, 3), ...
  else
    return addon("bcsave"), ...
  end
end

return explain, read_line, own
