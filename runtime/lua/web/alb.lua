-- Answers for an Application Load Balancer: in the form of its request.
local part = ...

local CLASSES = { [2] = "OK", [3] = "Multiple Choices", [4] = "Bad Request" }

-- A name that differs from the others in its case only: there is room for one value each.
local function cased(nth)
  local name = ("set-cookie"):gsub("%a", function(letter)
    local upper = nth % 2 == 1
    nth = math.floor(nth / 2)
    return upper and letter:upper() or letter
  end)
  return nth == 0 and name or nil
end

local descriptions = {}

local function describe(status)
  local reason = part("web/reasons")[status]
    or CLASSES[math.floor(status / 100)]
    or "Internal Server Error"
  descriptions[status] = status .. " " .. reason
  return descriptions[status]
end

return function(answers, req, answer, rendered)
  local status = rendered.statusCode
  rendered.statusDescription = descriptions[status] or describe(status)
  if req._front.is_multiple then
    rendered.multiValueHeaders = answers.multiple(answer)
    return
  end
  local headers, cookies = answers.single(answer)
  for i, cookie in ipairs(cookies or {}) do
    local name = cased(i - 1)
    if not name then
      local message = "the answer has %d cookies; a balancer without multi-value headers takes 512"
      part("web/fault")(answer.by, message, #cookies)
    end
    headers[name] = cookie
  end
  rendered.headers = headers
end
