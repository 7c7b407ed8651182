-- web.stream: answers that leave while they are made.
local part = ...
local answer = part("web/answer")
local handlers = part("handlers")
local request = part("web/request")
local serve = part("web/serve")
local stream = require("lambda.stream")

local Response = {}
Response.__index = Response
Response.__name = "lambda.web.Response"

local function begin(self, head)
  local headers, cookies = answer.single(head)
  self._out:start({ statusCode = head.status, headers = headers, cookies = cookies })
  self.started = true
end

function Response:start(options)
  if options ~= nil and type(options) ~= "table" then
    local message = "bad argument #1 to 'start' (table expected, got %s)"
    error(message:format(type(options)), 2)
  elseif self.started then
    error("start: the answer has begun; call it once, before the first write", 2)
  end
  local status = options and options.status or 200
  local head = answer.of(nil, status, options and options.headers)
  head.cookies = options and options.cookies
  head.headers["content-type"] = head.headers["content-type"] or "text/html; charset=utf-8"
  begin(self, head)
  return self
end

function Response:write(...)
  if not self.started then
    self:start()
  end
  self._out:write(...)
  return self
end

local function send(self, head)
  local body = head.body
  begin(self, head)
  if self._req.method == "HEAD" or body == nil then
    return
  elseif type(body) == "function" then
    for piece in body do
      self._out:write(piece)
    end
  else
    self._out:write(body)
  end
end

return function(fn)
  return handlers.wrap(
    fn,
    stream.handler(function(event, out, context)
      local req = request.new(event, context)
      local response = setmetatable({ _out = out, _req = req, started = false }, Response)
      local head = serve(fn, req, response)
      if not response.started then
        send(response, head)
      end
    end)
  )
end
