-- The answer to CloudFormation: one PUT to the presigned URL that came with the event.
local part = ...
local http = require("lambda.http")
local json = require("lambda.json")
local report_failed = part("report").failed

local M = {}

-- CloudFormation takes no more.
local MAX_BYTES = 4096
local ATTEMPTS = 3
local TIMEOUT_S = 10

local function answer_of(event, id, status)
  return {
    Status = status,
    PhysicalResourceId = id,
    StackId = event.StackId,
    RequestId = event.RequestId,
    LogicalResourceId = event.LogicalResourceId,
  }
end

local function send(event, body)
  local message
  for _ = 1, ATTEMPTS do
    -- The URL is signed for a request without a content type.
    local options = { body = body, headers = { ["content-type"] = "" }, timeout = TIMEOUT_S }
    local answer, err = http.put(event.ResponseURL, options)
    if answer and answer.status < 300 then
      return
    end
    message = answer and "it answered " .. answer.status or tostring(err)
    if answer and answer.status < 500 then
      break
    end
  end
  -- Lambda tries the event again; otherwise the stack would wait for an hour.
  error("cannot answer CloudFormation at the ResponseURL: " .. message, 0)
end

-- The first `length` bytes of the text, or fewer: no character is cut.
local function beginning(text, length)
  local nextbyte = text:byte(length + 1)
  while length > 0 and nextbyte and nextbyte >= 128 and nextbyte < 192 do
    length = length - 1
    nextbyte = text:byte(length + 1)
  end
  return text:sub(1, length)
end

-- The answer with as much of `reason` as there is room for; a byte may become six in JSON.
local function failed_body(answer, reason)
  if not pcall(json.encode, reason) then
    reason = reason:gsub("[\128-\255]", "?")
  end
  local fits, most = 0, math.min(#reason, MAX_BYTES)
  while fits < most do
    local middle = math.floor((fits + most + 1) / 2)
    answer.Reason = beginning(reason, middle)
    if #json.encode(answer) <= MAX_BYTES then
      fits = middle
    else
      most = middle - 1
    end
  end
  answer.Reason = beginning(reason, fits)
  return json.encode(answer)
end

-- `raised` says whether the part `trace` has noted where.
function M.fail(event, id, err, raised, context)
  local fields = { requestType = event.RequestType, logicalResourceId = event.LogicalResourceId }
  local message = report_failed(err, raised, fields)
  local stream = type(context) == "table" and context.log_stream_name
  local reason = message == "" and "an error without a text" or message
  reason = stream and ("%s (log stream %s)"):format(reason, stream) or reason
  send(event, failed_body(answer_of(event, id, "FAILED"), reason))
end

function M.succeed(event, id, given, context)
  local answer = answer_of(event, id, "SUCCESS")
  answer.Data = given.data
  answer.NoEcho = given.no_echo
  local encoded, body = pcall(json.encode, answer)
  if not encoded then
    return M.fail(event, id, body, false, context)
  elseif #body > MAX_BYTES then
    local message = "the answer has %d bytes, CloudFormation takes %d: return less data"
    return M.fail(event, id, message:format(#body, MAX_BYTES), false, context)
  end
  send(event, body)
end

return M
