-- Values as messages show them: in one line, and not all of a long one.
local LONGEST = 60
local NAMES = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\""] = "\\\"", ["\\"] = "\\\\" }

local function escaped(char)
  return NAMES[char] or ("\\%03d"):format(char:byte())
end

return function(value)
  local kind = type(value)
  if kind == "string" then
    local more = #value > LONGEST and "…" or ""
    return "\"" .. value:sub(1, LONGEST):gsub("[%c\"\\]", escaped) .. more .. "\""
  elseif value == require("lambda.json").null then
    return "a JSON null"
  elseif kind == "number" or kind == "boolean" or kind == "nil" then
    return tostring(value)
  end
  return "a " .. kind
end
