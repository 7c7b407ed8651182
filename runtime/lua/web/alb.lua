-- Answers for an Application Load Balancer: in the form of its request.

local REASONS = {
  [200] = "OK",
  [201] = "Created",
  [202] = "Accepted",
  [204] = "No Content",
  [206] = "Partial Content",
  [301] = "Moved Permanently",
  [302] = "Found",
  [303] = "See Other",
  [304] = "Not Modified",
  [307] = "Temporary Redirect",
  [308] = "Permanent Redirect",
  [400] = "Bad Request",
  [401] = "Unauthorized",
  [403] = "Forbidden",
  [404] = "Not Found",
  [405] = "Method Not Allowed",
  [406] = "Not Acceptable",
  [409] = "Conflict",
  [410] = "Gone",
  [412] = "Precondition Failed",
  [413] = "Content Too Large",
  [415] = "Unsupported Media Type",
  [416] = "Range Not Satisfiable",
  [422] = "Unprocessable Content",
  [429] = "Too Many Requests",
  [500] = "Internal Server Error",
  [501] = "Not Implemented",
  [502] = "Bad Gateway",
  [503] = "Service Unavailable",
  [504] = "Gateway Timeout",
}

local CLASSES = { "Continue", "OK", "Multiple Choices", "Bad Request", "Internal Server Error" }

-- A name of a header that differs from the others in its case only: there is room for one value each.
local function cased(nth)
  local name = ("set-cookie"):gsub("%a", function(letter)
    local upper = nth % 2 == 1
    nth = math.floor(nth / 2)
    return upper and letter:upper() or letter
  end)
  return nth == 0 and name or nil
end

return function(answers, req, answer, rendered)
  local status = answer.status
  local reason = REASONS[status] or CLASSES[math.floor(status / 100)]
  rendered.statusDescription = status .. " " .. reason
  if type(req.event.multiValueHeaders) == "table" then
    rendered.multiValueHeaders = answers.multiple(answer)
    return
  end
  local headers, cookies = answers.single(answer)
  for i, cookie in ipairs(cookies or {}) do
    local name = cased(i - 1)
    if not name then
      error("the answer has more cookies than an ALB without multi-value headers takes", 0)
    end
    headers[name] = cookie
  end
  rendered.headers = headers
end
