-- web.file: a file as an answer.
local part = ...
local answer = part("web/answer")
local fault = part("web/fault")
local conditions = part("web/conditions")
local content = part("web/file_content")
local is_utf8 = part("text").is_utf8

local M = {}

-- What Lambda takes of a buffered answer, with what is around its body; what an Application Load
-- Balancer takes; and what leaves in a stream.
-- https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
local LARGEST_BYTES = 6 * 1024 * 1024
local LARGEST_ALB_BYTES = 1024 * 1024
local LARGEST_STREAM_BYTES = 200 * 1024 * 1024
local HEAD_BYTES = 8 * 1024

local CODINGS = { { name = "br", suffix = ".br" }, { name = "gzip", suffix = ".gz" } }

local function limit_of(req)
  return req and req.source == "alb" and LARGEST_ALB_BYTES or LARGEST_BYTES
end

local function is_streamed(req)
  local response = req and rawget(req, "_response")
  -- Front ends that take no stream get what is written as a whole.
  return response and response._out ~= nil
end

local function refuse(path, size, limit, streamed)
  local remedy = streamed and "give the client a presigned URL of S3"
    or "stream it (web.stream), ask for parts (Range), or give the client a presigned URL of S3"
  local message = "the file %s has %d bytes; %s takes %d MB, and base64 makes binary files a third "
    .. "larger: %s"
  local what = "an answer"
  if streamed then
    what = "a streamed answer"
    message = message:gsub(", and base64.-larger", "")
  elseif limit == LARGEST_ALB_BYTES then
    what = "an answer to a load balancer"
    remedy = remedy:gsub("stream it %(web.stream%), ", "")
  end
  fault(nil, message, path, size, what, math.floor(limit / 1024 / 1024), remedy)
end

-- How many bytes the text has as a string of JSON, or in base64 where it is none.
local function rendered_bytes(bytes)
  if bytes:find("[\128-\255]") and not is_utf8(bytes) then
    return math.ceil(#bytes / 3) * 4
  end
  local _, escaped = bytes:gsub("[\\\"\b\t\n\f\r]", "")
  local _, controls = bytes:gsub("%c", "")
  local _, short = bytes:gsub("[\b\t\n\f\r]", "")
  return #bytes + escaped + (controls - short) * 5
end

-- The whole file as the body of an answer.
local function whole(file, req)
  if file.bytes then
    return file.bytes
  elseif is_streamed(req) then
    if file.size > LARGEST_STREAM_BYTES then
      refuse(file.path, file.size, LARGEST_STREAM_BYTES, true)
    end
    return content.pieces(file.path, 0, file.size)
  end
  local limit = limit_of(req)
  local bytes = file.size <= limit and content.read(file.path, 0, file.size)
  if not bytes or rendered_bytes(bytes) > limit - HEAD_BYTES then
    refuse(file.path, file.size, limit)
  end
  return bytes
end

-- A part of the file as the body of an answer, and its last byte. It may end before the last byte
-- that was asked for, which is as good: clients read on behind it.
local function partial(file, first, last, req)
  if is_streamed(req) then
    last = math.min(last, first + LARGEST_STREAM_BYTES - 1)
    return content.pieces(file.path, first, last - first + 1), last
  end
  local limit = limit_of(req) - HEAD_BYTES
  last = math.min(last, first + limit - 1)
  local bytes = content.read(file.path, first, last - first + 1)
  while rendered_bytes(bytes) > limit do
    bytes = bytes:sub(1, math.floor(#bytes / 2))
  end
  return bytes, first + #bytes - 1
end

-- As RFC 6266 has it: a name in ASCII for all, and the true one where it is another.
local function attachment(name)
  local plain = name:gsub("[^\32-\126]", "_"):gsub("[\"\\%%/]", "_")
  local value = ("attachment; filename=\"%s\""):format(plain)
  if plain ~= name then
    value = value .. "; filename*=UTF-8''" .. part("web/url").encode(name)
  end
  return value
end

-- The file, or its compressed sibling that the client takes; and the coding.
local function chosen(path, options, req, headers, is_served)
  if options.precompressed then
    local ranged, varied = req and req.headers.range, headers.vary
    if type(varied) == "table" then
      varied = table.concat(varied, ", ")
    end
    varied = varied and varied .. ", Accept-Encoding" or "Accept-Encoding"
    for _, coding in ipairs(CODINGS) do
      local sibling = content.of(path .. coding.suffix)
      if sibling then
        headers.vary = varied
        local accepted = req and conditions.accepts(req.headers["accept-encoding"], coding.name)
        if accepted and not ranged and (not is_served or is_served(sibling.path)) then
          return sibling, coding.name
        end
      end
    end
  end
  return content.of(path)
end

-- The part of the file that is asked for: nothing for the whole, false where there is none.
local function part_of(file, req)
  if not req or req.method ~= "GET" then
    return nil
  end
  local header, condition = req.headers.range, req.headers["if-range"]
  if not header or (condition and condition:match("^%s*(\"[^\"]*\")%s*$") ~= file.etag) then
    return nil
  end
  return conditions.range(header, file.size)
end

-- The answer for the file at `path`, which `name` is shown for; nil where there is none, and what
-- is there instead. `kind` is its type; `is_served`, where it is given, tells of another path
-- whether it may be sent in place of it.
function M.answer(path, name, kind, options, req, is_served)
  local headers = {}
  for header, value in pairs(options.headers or {}) do
    headers[type(header) == "string" and header:lower() or header] = value
  end
  local file, coding = chosen(path, options, req, headers, is_served)
  if not file then
    return nil, coding
  end
  local cache_control = options.cache_control
  if cache_control and type(cache_control) ~= "string" then
    cache_control = cache_control(name)
  end
  headers["cache-control"] = cache_control or headers["cache-control"]
  headers["content-encoding"] = coding
  headers.etag = file.etag
  local status = options.status or 200
  local is_read = req and status == 200 and (req.method == "GET" or req.method == "HEAD")
  if is_read and conditions.is_known(req.headers["if-none-match"], file.etag) then
    return answer.of(nil, 304, headers)
  end
  headers["content-type"] = headers["content-type"] or kind
  headers["x-content-type-options"] = headers["x-content-type-options"] or "nosniff"
  if options.download then
    local wanted = options.download
    headers["content-disposition"] = attachment(wanted == true and name:match("[^/]*$") or wanted)
  end
  headers["accept-ranges"] = status == 200 and "bytes" or nil
  if req and req.method == "HEAD" then
    return answer.of(nil, status, headers)
  elseif status ~= 200 then
    return answer.of(nil, status, headers, whole(file, req))
  end
  local first, last = part_of(file, req)
  if first == false then
    headers["content-range"] = ("bytes */%d"):format(file.size)
    headers["content-type"] = nil
    headers["content-disposition"], headers["cache-control"] = nil, nil
    return answer.of(nil, 416, headers)
  elseif first then
    local body
    body, last = partial(file, first, last, req)
    headers["content-range"] = ("bytes %d-%d/%d"):format(first, last, file.size)
    return answer.of(nil, 206, headers, body)
  end
  return answer.of(nil, 200, headers, whole(file, req))
end

local function check_path(path)
  if type(path) ~= "string" or path == "" then
    fault(
      nil,
      "bad argument #1 to 'file' (path expected, got %s)",
      path == "" and "none" or type(path)
    )
  elseif path:find("\0", 1, true) or ("/" .. path .. "/"):find("/../", 1, true) then
    -- What a user sent may be in it.
    fault(
      nil,
      "file: the path %q leads out of its folder; web.files is for paths that a user sends",
      path
    )
  end
end

-- What `web.file` gives. A file that is missing is an answer 404.
function M.file(path, options)
  check_path(path)
  options = part("web/file_options").check("file", options)
  local kind = options.type or part("web/file_types")(path)
  local made, found = M.answer(path, path, kind, options, options.request)
  if not made then
    local why = found == "folder" and "it is a folder"
      or found and "it is no file"
      or "there is none"
    require("lambda.log").warn(
      ("the file %q was answered with 404: %s; paths begin at the task root"):format(path, why)
    )
    return answer.json({ message = "Not Found" }, 404)
  end
  return made
end

return M
