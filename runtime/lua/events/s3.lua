-- events.s3: what happened to objects, from S3 itself or through EventBridge, SNS or SQS.
local part = ...
local carried = part("events/carried")
local source = part("events/source")
local values = part("events/values")

-- What S3's own notifications call the events of EventBridge. Where S3 has several names, the
-- reason or the way of deletion says which.
local NAMES = {
  ["Object ACL Updated"] = "ObjectAcl:Put",
  ["Object Access Tier Changed"] = "IntelligentTiering",
  ["Object Restore Completed"] = "ObjectRestore:Completed",
  ["Object Restore Expired"] = "ObjectRestore:Delete",
  ["Object Restore Initiated"] = "ObjectRestore:Post",
  ["Object Storage Class Changed"] = "LifecycleTransition",
  ["Object Tags Added"] = "ObjectTagging:Put",
  ["Object Tags Deleted"] = "ObjectTagging:Delete",
}
local CREATED = {
  CompleteMultipartUpload = "CompleteMultipartUpload",
  CopyObject = "Copy",
  ["POST Object"] = "Post",
  PutObject = "Put",
}

local function byte(digits)
  return string.char(tonumber(digits, 16))
end

-- The key as it was given to S3. A percent sign without two hex digits stands for itself.
local function decoded(key)
  if not key:find("[+%%]") then
    return key
  end
  return (key:gsub("+", " "):gsub("%%(%x%x)", byte))
end

local function of_notification(raw, nth, carriers)
  local s3 = values.members(raw.s3)
  local bucket, object = values.members(s3.bucket), values.members(s3.object)
  if type(bucket.name) ~= "string" then
    values.missing("s3", nth, "s3.bucket.name", bucket.name)
  elseif type(object.key) ~= "string" then
    values.missing("s3", nth, "s3.object.key", object.key)
  end
  return {
    event_name = values.optional(raw.eventName),
    bucket = bucket.name,
    key = decoded(object.key),
    size = values.optional(object.size),
    etag = values.optional(object.eTag),
    version_id = values.optional(object.versionId),
    sequencer = values.optional(object.sequencer),
    time = values.optional(raw.eventTime),
    time_ms = values.time_ms(raw.eventTime),
    region = values.optional(raw.awsRegion),
    principal = values.optional(values.members(raw.userIdentity).principalId),
    source_ip = values.optional(values.members(raw.requestParameters).sourceIPAddress),
    sns = carriers.sns,
    sqs = carriers.sqs,
    raw = raw,
  }
end

local function name_of(event)
  local kind, detail = event["detail-type"], event.detail
  if kind == "Object Created" and CREATED[detail.reason] then
    return "ObjectCreated:" .. CREATED[detail.reason]
  elseif kind == "Object Deleted" then
    local marked = detail["deletion-type"] == "Delete Marker Created"
    local expired = detail.reason == "Lifecycle Expiration"
    return (expired and "LifecycleExpiration:" or "ObjectRemoved:")
      .. (marked and "DeleteMarkerCreated" or "Delete")
  end
  return NAMES[kind] or kind
end

local function of_eventbridge(event, carriers)
  local detail = values.members(event.detail)
  local bucket, object = values.members(detail.bucket), values.members(detail.object)
  if type(bucket.name) ~= "string" then
    values.missing("s3", 1, "detail.bucket.name", bucket.name)
  elseif type(object.key) ~= "string" then
    values.missing("s3", 1, "detail.object.key", object.key)
  end
  return {
    event_name = name_of(event),
    bucket = bucket.name,
    -- EventBridge has it as it is.
    key = object.key,
    size = values.optional(object.size),
    etag = values.optional(object.etag),
    version_id = values.optional(object["version-id"]),
    sequencer = values.optional(object.sequencer),
    time = values.optional(event.time),
    time_ms = values.time_ms(event.time),
    region = values.optional(event.region),
    principal = values.optional(detail.requester),
    source_ip = values.optional(detail["source-ip-address"]),
    sns = carriers.sns,
    sqs = carriers.sqs,
    raw = event,
  }
end

local function is_eventbridge(event)
  return event.source == "aws.s3" and source.of(event) == "eventbridge"
end

local function accepts(event)
  return source.of(event) == "s3" or is_eventbridge(event)
end

return function(event)
  local objects = values.array({})
  carried.each("s3", "S3", accepts, event, function(found, carriers)
    if is_eventbridge(found) then
      objects[#objects + 1] = of_eventbridge(found, carriers)
      return
    end
    -- The event by which S3 tests a destination has no records.
    for nth, raw in ipairs(values.members(found.Records)) do
      values.check("s3", "s3", "S3", raw, nth)
      objects[#objects + 1] = of_notification(raw, nth, carriers)
    end
  end)
  return objects
end
