-- Patterns of paths, `/items/:id` and `/files/*path`, in their segments.
local part = ...
local decode = part("web/url").decode

local find, sub, byte = string.find, string.sub, string.byte
local COLON, STAR = byte(":*", 1, 2)

-- Matching goes one call deeper with each segment.
local MOST_SEGMENTS = 100

local function name_of(segment, names)
  local name = segment:match("^.([%a_][%w_]*)$")
  if not name then
    local sigil = sub(segment, 1, 1)
    local what = sigil == ":" and "parameter" or "rest parameter"
    local message = "the %s %q; a name of letters, digits and _ follows the %s, and nothing else"
    return nil, message:format(what, segment, sigil)
  end
  for _, other in ipairs(names) do
    if other == name then
      return nil, ("two parameters called %s"):format(name)
    end
  end
  return name
end

local M = {}

-- Whether a pattern stands for itself alone, in one spelling.
function M.is_literal(pattern)
  return find(pattern, "^/[^%%:*?#]*$") and not find(pattern, "//", 1, true)
end

-- The segments: a string stands for itself, a table `{ name =, rest = }` for what a path has there.
-- And the names in their order. Or nil and what is wrong.
function M.parse(pattern)
  if sub(pattern, 1, 1) ~= "/" then
    return nil, "it begins with a slash"
  elseif find(pattern, "[?#]") then
    return nil, "it is a path alone, without a query (? or #)"
  elseif find(pattern, "//", 1, true) then
    return nil, "an empty segment (//) matches nothing"
  end
  local segments, names, count = {}, {}, 0
  for segment in pattern:gmatch("/([^/]*)") do
    local last, sigil = segments[count], byte(segment)
    if type(last) == "table" and last.rest then
      return nil, ("the rest parameter *%s is its last segment"):format(last.name)
    end
    count = count + 1
    if count > MOST_SEGMENTS then
      return nil, ("more than %d segments"):format(MOST_SEGMENTS)
    elseif sigil == COLON or sigil == STAR then
      local name, message = name_of(segment, names)
      if not name then
        return nil, message
      end
      names[#names + 1] = name
      segments[count] = { name = name, rest = sigil == STAR }
    else
      segments[count] = decode(segment)
    end
  end
  return segments, names
end

return M
