-- events.sns: notifications, from SNS itself or out of the queues that subscribe to its topics.
local part = ...
local carried = part("events/carried")
local notification = part("events/notification")
local source = part("events/source")
local values = part("events/values")

local function accepts(event)
  return source.of(event) == "sns" or carried.is_envelope(event)
end

return function(event)
  local notifications = values.array({})
  carried.each("sns", "SNS", accepts, event, function(found, carriers)
    if carried.is_envelope(found) then
      notifications[#notifications + 1] = notification(found, carriers.sqs)
      return
    end
    for nth, raw in ipairs(found.Records) do
      values.check("sns", "sns", "SNS", raw, nth)
      local sns = values.members(raw.Sns)
      if type(sns.Message) ~= "string" then
        values.missing("sns", nth, "Sns.Message", sns.Message)
      end
      notifications[#notifications + 1] = notification(sns, carriers.sqs, raw)
    end
  end)
  return notifications
end
