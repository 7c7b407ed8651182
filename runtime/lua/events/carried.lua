-- Events within events: a notification of SNS in a message of SQS, an event of S3 in either.
local part = ...
local raise = part("events/raise")
local values = part("events/values")

local M = {}

-- Whether a decoded body is the envelope in which SNS puts a message for a queue.
function M.is_envelope(body)
  return type(body) == "table"
    and body.Type == "Notification"
    and type(body.TopicArn) == "string"
    and type(body.Message) == "string"
end

-- What a carrier holds, for the error.
local function holds(what, body)
  local said, reader = raise.said(body)
  if M.is_envelope(body) then
    said, reader = "a notification of SNS", "events.sns"
  end
  return what .. " holds " .. said .. (reader and "; " .. reader .. " reads it" or "")
end

local function decoded(name, text, what)
  -- Without the envelope a message is whatever was sent.
  local remedy = name == "sns" and "; events.sqs reads what comes by raw message delivery"
  return values.json(text, "events." .. name .. ": " .. what, remedy)
end

-- Calls `visit(event, carriers)` for the event, or for each that its messages and notifications
-- hold, as long as `accepts(event)`. `carriers` has the records on the way, `sqs` and `sns`.
-- Raises for `events.NAME`, which is in words `wanted`, where the event is another one.
function M.each(name, wanted, accepts, event, visit)
  if type(event) == "table" and accepts(event) then
    return visit(event, {})
  end
  local source = part("events/source").of(event)

  local function notification(sns, sqs)
    local what = "SNS notification " .. tostring(sns.id)
    local inner = decoded(name, sns.message, what)
    if not (type(inner) == "table" and accepts(inner)) then
      raise.fail("events.%s: expected events of %s, but %s", name, wanted, holds(what, inner))
    end
    visit(inner, { sns = sns, sqs = sqs })
  end

  if source == "sns" then
    for _, sns in ipairs(part("events/sns")(event)) do
      notification(sns)
    end
  elseif source == "sqs" then
    for _, sqs in ipairs(part("events/sqs")(event)) do
      local what = "SQS message " .. tostring(sqs.id)
      local inner = decoded(name, sqs.body, what)
      if type(inner) == "table" and accepts(inner) then
        visit(inner, { sqs = sqs })
      elseif name ~= "sns" and M.is_envelope(inner) then
        notification(part("events/notification")(inner, sqs), sqs)
      else
        raise.fail("events.%s: expected events of %s, but %s", name, wanted, holds(what, inner))
      end
    end
  elseif type(event) ~= "table" or type(event.Records) ~= "table" or event.Records[1] ~= nil then
    raise.wrong_source(name, wanted, event)
  end
end

return M
