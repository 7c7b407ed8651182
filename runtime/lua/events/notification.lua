-- One notification of SNS: of its own event, or as the envelope in a message of SQS.
local part = ...
local message_attributes = part("events/message_attributes")
local values = part("events/values")

local Notification = values.methods("message", function(notification)
  return "the message of SNS notification " .. tostring(notification.id)
end)

local function attributes(raw)
  local plain = {}
  for name, attribute in pairs(values.members(raw.MessageAttributes)) do
    local what = "attribute " .. name .. " of SNS notification " .. tostring(raw.MessageId)
    attribute = values.members(attribute)
    plain[name] = message_attributes.value(attribute.Type, attribute.Value, what)
  end
  return plain
end

-- `sns` has the members, `raw` is the record; `sqs` is the message that it came in.
return function(sns, sqs, raw)
  return setmetatable({
    id = values.optional(sns.MessageId),
    message = sns.Message,
    subject = values.optional(sns.Subject),
    attributes = attributes(sns),
    time = values.optional(sns.Timestamp),
    time_ms = values.time_ms(sns.Timestamp),
    topic = values.arn_name(sns.TopicArn, ":"),
    arn = values.optional(sns.TopicArn),
    subscription_arn = raw and values.optional(raw.EventSubscriptionArn),
    sequence_number = values.optional(sns.SequenceNumber),
    sqs = sqs,
    raw = raw or sns,
  }, Notification)
end
