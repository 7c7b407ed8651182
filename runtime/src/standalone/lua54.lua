-- What the stand-alone interpreter needs of Lua: the message handler, and the reader of lines.
local metatable_of, traceback = debug.getmetatable, debug.traceback
local rawget, type = rawget, type
local stdin, stdout = io.stdin, io.stdout
local read, write, flush = stdin.read, stdout.write, stdout.flush

local function explain(value)
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" then
    local meta = metatable_of(value)
    local convert = meta and rawget(meta, "__tostring")
    if convert ~= nil then
      local text = convert(value)
      if type(text) == "string" then
        return text
      end
    end
    value = "(error object is a " .. kind .. " value)"
  end
  -- A tail call would hide a level.
  local text = traceback(value, 2)
  return text
end

local function read_line(prompt)
  write(stdout, prompt)
  flush(stdout)
  return (read(stdin, "*l"))
end

return explain, read_line
