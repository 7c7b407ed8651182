-- events.record: the plain record of a single raw one, as lambda.batch hands them out.
local part = ...
local raise = part("events/raise")
local source = part("events/source")

local READERS = { dynamodb = true, kinesis = true, s3 = true, sns = true, sqs = true }

return function(raw)
  local found = source.of_record(raw)
  if not READERS[found] then
    local message = "events.record: expected one of the Records of SQS, SNS, S3, DynamoDB"
    local got = type(raw) == "table" and type(raw.Records) == "table" and "a whole event"
      or found and "one of " .. source.LABELS[found]
      or "a " .. type(raw) .. " that is none"
    raise.fail("%s or Kinesis, got %s", message, got)
  end
  local read = part("events/" .. found)
  return (found == "dynamodb" and read.records or read)({ Records = { raw } })[1]
end
