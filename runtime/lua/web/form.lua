-- Forms: application/x-www-form-urlencoded and multipart/form-data.
local part = ...
local refuse = part("web/http_error").refuse
local media_type = part("web/media_type")
local url = part("web/url")

local DEFAULTS = { max_bytes = 6 * 1024 * 1024, max_fields = 1000 }
local URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"

local function limits(given)
  local fault, shown = part("web/fault"), part("web/shown")
  if given ~= nil and type(given) ~= "table" then
    fault(nil, "bad argument #1 to 'form' (table expected, got %s)", type(given))
  end
  for name, value in pairs(given or {}) do
    if not DEFAULTS[name] then
      fault(nil, "form: unknown option %s; there are max_bytes and max_fields", shown(name))
    elseif type(value) ~= "number" or not (value == math.huge or value % 1 == 0) or value < 0 then
      fault(nil, "form: %s is %s; it is a whole number, or math.huge", name, shown(value))
    end
  end
  given = given or DEFAULTS
  return given.max_bytes or DEFAULTS.max_bytes, given.max_fields or DEFAULTS.max_fields
end

local function utf8_of(bytes, charset)
  local text = media_type.to_utf8(bytes, charset)
  if not text then
    local message = "the form has the charset %s; it has to be UTF-8 or ISO-8859-1"
    refuse(415, message:format(part("web/shown")(charset)))
  end
  return text
end

local function too_many(max_fields)
  refuse(413, ("the form has more than %d fields"):format(max_fields))
end

local function urlencoded(req, form, body, max_fields, charset)
  -- No more fields than every other byte.
  local most = math.min(max_fields, #body)
  local _, count = body:gsub("[^&]+", "%0", most + 1)
  if count > max_fields then
    too_many(max_fields)
  elseif url.is_broken(body) then
    local message = "the request's form has a percent sign that encodes nothing; it stays as it is"
    require("lambda.log").warn(message, req:_named())
  end
  url.parse(body, form.fields, form.all)
  if charset then
    for name, value in pairs(form.fields) do
      form.fields[name] = utf8_of(value, charset)
    end
    for _, list in pairs(form.all) do
      for i = 1, #list do
        list[i] = utf8_of(list[i], charset)
      end
    end
  end
  for name, value in pairs(form.fields) do
    form.last[name] = value
  end
end

local function multipart(form, body, max_fields, boundary)
  -- RFC 2046, 5.1.1.
  if not boundary or boundary == "" or #boundary > 70 then
    refuse(400, "the form's content type has no boundary of 1 to 70 characters")
  end
  part("web/multipart")(body, boundary, function(nth, name, filename, content_type, content)
    if nth > max_fields then
      too_many(max_fields)
    elseif not filename then
      local _, parameters = media_type.parse(content_type or "")
      content = utf8_of(content, parameters.charset)
      form.fields[name] = content
      url.add(form.last, form.all, name, content)
    elseif filename ~= "" or content ~= "" then
      -- A browser sends a file without name and content where none was chosen.
      local file = {
        name = name,
        -- Without the folders that a client may put before it.
        filename = filename:match("^.*[/\\](.*)$") or filename,
        full_path = filename,
        content_type = content_type or "text/plain",
        body = content,
      }
      form.files[name] = file
      url.add(form.last, form.all, name, file)
    end
  end)
end

-- The form of a request: `fields` and `files` by name, `all` values of repeated names, `last`.
return function(req, given)
  local max_bytes, max_fields = limits(given)
  local form = req._form
  if form then
    return form
  end
  local kind, parameters = media_type.parse(req._headers["content-type"] or "")
  if kind ~= URLENCODED and kind ~= MULTIPART then
    local message = "the request is no form: its content type is %s; %s or %s is expected"
    local seen = kind == "" and "missing" or part("web/shown")(kind)
    refuse(415, message:format(seen, URLENCODED, MULTIPART))
  end
  local body = req.body or ""
  if #body > max_bytes then
    refuse(413, ("the form has %d bytes; at most %d are taken"):format(#body, max_bytes))
  end
  form = { fields = {}, files = {}, all = {}, last = {} }
  if kind == MULTIPART then
    multipart(form, body, max_fields, parameters.boundary)
  else
    urlencoded(req, form, body, max_fields, parameters.charset)
  end
  req._form = form
  return form
end
