-- lambda.events: the records of AWS's event sources in plain Lua. A source's part is loaded when it
-- is first used.
local part = ...

local M = {}

-- Those that give what an event holds, by the part that makes it.
for _, name in ipairs({ "cloudwatch_logs", "kafka", "kinesis", "s3", "sns", "sqs" }) do
  M[name] = function(event)
    return part("events/" .. name)(event)
  end
end

-- Those that are tables of functions.
for _, name in ipairs({ "authorizer", "cognito", "custom_resource", "websocket" }) do
  M[name] = setmetatable({}, {
    __index = function(_, key)
      return part("events/" .. name)[key]
    end,
  })
end

M.dynamodb = setmetatable({}, {
  __call = function(_, event)
    return part("events/dynamodb").records(event)
  end,
  __index = function(_, key)
    return key ~= "records" and part("events/dynamodb")[key] or nil
  end,
})

function M.eventbridge(event)
  return part("events/eventbridge").event(event)
end

function M.schedule(event)
  return part("events/eventbridge").schedule(event)
end

function M.record(raw)
  return part("events/one")(raw)
end

function M.source(event)
  return part("events/source").of(event)
end

return M
