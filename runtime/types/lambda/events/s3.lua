---@meta _

---What S3 sends: notifications about objects. `events.s3` reads it.
---@class lambda.events.S3Event
---@field Records lambda.events.S3Event.Record[]

---@class lambda.events.S3Event.Record
---@field eventVersion string
---`"aws:s3"`.
---@field eventSource string
---@field awsRegion string
---`"2026-11-20T18:15:25.123Z"`.
---@field eventTime string
---`"ObjectCreated:Put"`, `"ObjectRemoved:Delete"`.
---@field eventName string
---Who did it.
---@field userIdentity { principalId: string }
---@field requestParameters { sourceIPAddress: string }
---For AWS's support.
---@field responseElements table<string, string>
---@field s3 lambda.events.S3Event.Entity
---Of `ObjectRestore:Completed`.
---@field glacierEventData? table<string, any>

---@class lambda.events.S3Event.Entity
---@field s3SchemaVersion string
---The name of the notification.
---@field configurationId string
---@field bucket lambda.events.S3Event.Bucket
---@field object lambda.events.S3Event.Object

---@class lambda.events.S3Event.Bucket
---@field name string
---@field ownerIdentity { principalId: string }
---@field arn string

---@class lambda.events.S3Event.Object
---URL-encoded, with a plus sign for a space.
---@field key string
---Bytes. Absent of deletions.
---@field size? integer
---Absent of deletions.
---@field eTag? string
---Of buckets with versions.
---@field versionId? string
---Hexadecimal digits: of two events for one key, the later has the greater, filled with zeros on the right
---to one length.
---@field sequencer string

---What S3 sends once to try a notification, to queues and topics.
---@class lambda.events.S3TestEvent
---`"Amazon S3"`.
---@field Service string
---`"s3:TestEvent"`.
---@field Event string
---`"2026-11-20T18:15:25.123Z"`.
---@field Time string
---@field Bucket string
---@field RequestId string
---@field HostId string
