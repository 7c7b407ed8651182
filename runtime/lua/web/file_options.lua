-- The options of web.file and web.files.
local part = ...
local fault = part("web/fault")
local is_callable = part("handlers").is_callable

local M = {}

local function of_type(expected)
  return function(value)
    return type(value) == expected, "a " .. expected
  end
end

local function flag(value)
  return type(value) == "boolean", "true or false"
end

local shared = {
  cache_control = function(value)
    return type(value) == "string" or is_callable(value), "a string or a function of the path"
  end,
  headers = of_type("table"),
  precompressed = flag,
}

M.file = {
  download = function(value)
    return type(value) == "boolean" or (type(value) == "string" and value ~= ""),
      "true or the name that the file is to have"
  end,
  request = function(value)
    return part("web/request").is(value), "the request"
  end,
  status = of_type("number"),
  type = of_type("string"),
}

M.files = {
  dotfiles = flag,
  fallback = of_type("string"),
  index = function(value)
    local is_name = type(value) == "string" and value ~= "" and not value:find("/", 1, true)
    return value == false or is_name, "a file's name, or false for none"
  end,
  types = of_type("table"),
}

for name, check in pairs(shared) do
  M.file[name], M.files[name] = check, check
end

-- Raises in the user's code what is wrong with the options of the function called `name`.
function M.check(name, options)
  if options == nil then
    return {}
  elseif type(options) ~= "table" then
    fault(nil, "bad argument #2 to '%s' (table expected, got %s)", name, type(options))
  end
  local known = M[name]
  for option, value in pairs(options) do
    if not known[option] then
      local names = {}
      for known_name in pairs(known) do
        names[#names + 1] = known_name
      end
      table.sort(names)
      local message = "%s: no option %s; there are %s"
      fault(nil, message, name, tostring(option), table.concat(names, ", "))
    end
    local right, expected = known[option](value)
    if not right then
      fault(nil, "%s: %s is %s; it is %s", name, option, tostring(value), expected)
    end
  end
  return options
end

return M
