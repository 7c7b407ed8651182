-- Patterns of paths, `/items/:id` and `/files/*path`, in their segments.
local part = ...
local decode = part("web/url").decode

-- Matching goes one call deeper with each segment.
local MOST_SEGMENTS = 100

local function name_of(segment, seen)
  local name = segment:match("^.([%a_][%w_]*)$")
  if not name then
    local what = segment:sub(1, 1) == ":" and "parameter" or "rest parameter"
    local message = "the %s %q; a name of letters, digits and _ follows the %s, and nothing else"
    return nil, message:format(what, segment, segment:sub(1, 1))
  elseif seen[name] then
    return nil, ("two parameters called %s"):format(name)
  end
  seen[name] = true
  return name
end

-- The segments: a string stands for itself, a table `{ name =, rest = }` for what a path has there.
-- And the names in their order. Or nil and what is wrong.
return function(pattern)
  if pattern:sub(1, 1) ~= "/" then
    return nil, "it begins with a slash"
  elseif pattern:find("[?#]") then
    return nil, "it is a path alone, without a query (? or #)"
  end
  local segments, names, seen = {}, {}, {}
  for segment in (pattern:sub(2) .. "/"):gmatch("(.-)/") do
    local sigil = segment:sub(1, 1)
    local last = segments[#segments]
    if type(last) == "table" and last.rest then
      return nil, ("the rest parameter *%s is its last segment"):format(last.name)
    elseif last == "" then
      return nil, "an empty segment (//) matches nothing"
    elseif sigil == ":" or sigil == "*" then
      local name, message = name_of(segment, seen)
      if not name then
        return nil, message
      end
      names[#names + 1] = name
      segments[#segments + 1] = { name = name, rest = sigil == "*" }
    else
      segments[#segments + 1] = decode(segment)
    end
    if #segments > MOST_SEGMENTS then
      return nil, ("more than %d segments"):format(MOST_SEGMENTS)
    end
  end
  return segments, names
end
