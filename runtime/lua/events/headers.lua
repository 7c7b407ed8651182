-- Headers of an event by name, in any case; JSON's null and absent maps are an empty table.
local ANY_CASE = {
  __index = function(headers, name)
    if type(name) == "string" then
      return rawget(headers, name:lower())
    end
  end,
}

-- Cookies may hold commas.
local SEPARATORS = { cookie = "; " }

-- Gives `single`, whose values are strings, or what `multiple` has of a header several times.
return function(single, multiple)
  local headers = {}
  if type(single) == "table" then
    for name, value in pairs(single) do
      if type(name) == "string" and type(value) == "string" then
        headers[name:lower()] = value
      end
    end
  end
  if type(multiple) == "table" then
    for name, values in pairs(multiple) do
      if type(name) == "string" and type(values) == "table" and #values > 0 then
        name = name:lower()
        headers[name] = table.concat(values, SEPARATORS[name] or ", ")
      end
    end
  end
  return setmetatable(headers, ANY_CASE)
end
