---@meta _

---What a Kinesis data stream sends. `events.kinesis` reads it.
---@class lambda.events.KinesisEvent
---@field Records lambda.events.KinesisEvent.Record[]

---@class lambda.events.KinesisEvent.Record
---@field kinesis lambda.events.KinesisEvent.Data
---`"aws:kinesis"`.
---@field eventSource string
---@field eventVersion string
---The shard and the sequence number, with a colon between them.
---@field eventID string
---`"aws:kinesis:record"`.
---@field eventName string
---@field invokeIdentityArn string
---@field awsRegion string
---The stream.
---@field eventSourceARN string

---@class lambda.events.KinesisEvent.Data
---@field kinesisSchemaVersion string
---@field partitionKey string
---Of 56 digits: no number of Lua's holds it.
---@field sequenceNumber string
---Bytes in base64.
---@field data string
---Seconds since 1970-01-01 UTC, with thousandths.
---@field approximateArrivalTimestamp number
---Absent where the record is not encrypted.
---@field encryptionType? string

---@class lambda.events.KinesisWindowEvent: lambda.events.TumblingWindow
---@field Records lambda.events.KinesisEvent.Record[]
