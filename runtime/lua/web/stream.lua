-- web.stream: answers that leave while they are made.
local part = ...
local answers = part("web/answer")
local handlers = part("handlers")
local new_request = part("web/request").new
local open = part("stream/open")
local serve = part("web/serve")

local OPTIONS = { status = true, headers = true, cookies = true }

local Response = {}
Response.__index = Response
Response.__name = "lambda.web.Response"

-- Raises in the user's code, which called one of the methods.
local function bad(message, ...)
  part("web/fault")(nil, message, ...)
end

local function check(self, name)
  if getmetatable(self) ~= Response then
    local message = "bad self to '%s' (response expected, got %s); call it with a colon, "
      .. "response:%s(…)"
    bad(message, name, type(self), name)
  end
end

-- As io.write writes it: numbers without a point that says nothing.
local function text_of(value)
  return type(value) == "number" and tostring(value):gsub("%.0$", "") or value
end

-- For middleware: `add` is called with the headers before they are sent. What is around others
-- registers first, and has the last word.
function Response:_before_begin(add)
  table.insert(self._adders, 1, add)
end

local function add_headers(self, headers)
  for _, add in ipairs(self._adders) do
    add(headers)
  end
end

-- The answer that is to be sent, complete but for its body.
local function completed(self)
  local answer = self._answer
  add_headers(self, answer.headers)
  self._has_body = answers.has_body(self._req, answer.status)
  if self._has_body and (self._is_started or answer.body) then
    answer.headers["content-type"] = answer.headers["content-type"] or "text/plain; charset=utf-8"
  end
  return answer
end

-- Gives the native response status, headers and cookies: from here on, there is no other answer.
local function begin(self)
  local answer = completed(self)
  self._out:start(self._req._front.prelude(answers, answer))
  self._begun = true
end

local function put(self, ...)
  if self._pieces then
    for i = 1, select("#", ...) do
      self._pieces[#self._pieces + 1] = text_of((select(i, ...)))
    end
    return
  end
  if not self._begun then
    begin(self)
  end
  if self._has_body then
    local ok, err = pcall(self._out.write, self._out, ...)
    if not ok then
      if type(err) ~= "string" or err:find("not enough memory$") then
        error(err, 0)
      end
      bad("%s", err)
    end
  end
end

function Response:start(options)
  check(self, "start")
  if options ~= nil and type(options) ~= "table" then
    bad("bad argument #1 to 'start' (table expected, got %s)", type(options))
  elseif self._is_started then
    bad("start: the answer has begun; call it once, before the first write")
  end
  options = options or {}
  for key in pairs(options) do
    if not OPTIONS[key] then
      bad("start: unknown key %s; it takes status, headers and cookies", part("web/shown")(key))
    end
  end
  local content_type = self._answer.headers["content-type"]
  self._answer = answers.of(nil, {
    status = options.status or 200,
    headers = options.headers,
    cookies = options.cookies,
  })
  local headers = self._answer.headers
  headers["content-type"] = headers["content-type"] or content_type
  -- What cannot be sent is an error of this line.
  answers.single(self._answer)
  self._is_started = true
  return self
end

function Response:content_type(value)
  check(self, "content_type")
  if type(value) ~= "string" or not value:find("/", 1, true) then
    local message = "content_type: %s is no content type; one is like application/json"
    bad(message, part("web/shown")(value))
  elseif self._begun or (self._pieces and #self._pieces > 0) then
    bad("content_type: the answer has begun; call it before the first write")
  end
  self._answer.headers["content-type"] = value
  answers.single(self._answer)
  return self
end

function Response:write(...)
  check(self, "write")
  local bytes = 0
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    local kind = type(value)
    if kind ~= "string" and kind ~= "number" then
      bad("bad argument #%d to 'write' (string expected, got %s)", i, kind)
    end
    bytes = bytes + (kind == "string" and #value or 1)
  end
  -- No bytes begin nothing.
  if bytes > 0 then
    self._is_started = true
    put(self, ...)
  end
  return self
end

-- Forgets what was set and written, of which nothing was sent.
function Response:_discard()
  self._answer, self._is_started = answers.of(nil, 200), nil
  self._pieces = self._pieces and {}
end

-- Sends what the handler returned, as it wrote nothing.
local function send(self, answer)
  self._answer = answer
  local body = answer.body
  if not answers.has_body(self._req, answer.status) or body == nil then
    begin(self)
  elseif type(body) == "function" then
    local pieces = part("web/pieces")
    local piece, other = pieces.first(self._req, answer)
    if other then
      return send(self, other)
    end
    begin(self)
    while piece do
      put(self, piece)
      piece = pieces.next(answer)
    end
  else
    begin(self)
    put(self, body)
  end
end

-- Whether the answer is sent that came of the handler, and not what the handler wrote.
local function counts(response, answer)
  if not response._is_started then
    return true
  elseif answer.body ~= nil then
    local message = "what the handler returned is ignored: it has written its answer"
    require("lambda.log").warn(message, response._req:_named())
  end
  return false
end

-- For front ends that take no stream, and where there is no invocation: all of it at the end.
local function buffered(fn, req, response, by)
  response._pieces = {}
  local answer = serve(fn, req, response)
  answer.by = by or answer.by
  if not counts(response, answer) then
    answer = completed(response)
    answer.body = table.concat(response._pieces)
  end
  return answers.render(req, answer)
end

-- `by` is whose answers they are, when `fn` is a function of ours that calls it.
return function(fn, by)
  return handlers.wrap(fn, function(event, context)
    local req = new_request(event, context)
    local response = { _req = req, _answer = answers.of(nil, 200), _adders = {} }
    setmetatable(response, Response)
    req._response = response
    response._out = req._front.streams and open() or nil
    if not response._out then
      return buffered(fn, req, response, by)
    end
    local answer = serve(fn, req, response)
    answer.by = by or answer.by
    if counts(response, answer) then
      send(response, answer)
    elseif not response._begun then
      begin(response)
    end
  end)
end
