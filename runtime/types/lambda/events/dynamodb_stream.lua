---@meta _

---What a DynamoDB stream sends: changes of items, in order of their key. `events.dynamodb` reads it.
---@class lambda.events.DynamoDBEvent
---@field Records lambda.events.DynamoDBEvent.Record[]

---@class lambda.events.DynamoDBEvent.Record
---@field eventID string
---@field eventName "INSERT"|"MODIFY"|"REMOVE"
---@field eventVersion string
---`"aws:dynamodb"`.
---@field eventSource string
---@field awsRegion string
---@field dynamodb lambda.events.DynamoDBEvent.Change
---The stream.
---@field eventSourceARN string
---What DynamoDB did itself: of an item that expired, `principalId` is `"dynamodb.amazonaws.com"`.
---@field userIdentity? lambda.events.DynamoDBEvent.Identity

---@class lambda.events.DynamoDBEvent.Identity
---`"Service"`.
---@field type string
---@field principalId string

---@class lambda.events.DynamoDBEvent.Change
---Seconds since 1970-01-01 UTC.
---@field ApproximateCreationDateTime? number
---@field Keys table<string, lambda.events.DynamoDBEvent.Attribute>
---Absent of removals, and where the stream has no new images.
---@field NewImage? table<string, lambda.events.DynamoDBEvent.Attribute>
---Absent of insertions, and where the stream has no old images.
---@field OldImage? table<string, lambda.events.DynamoDBEvent.Attribute>
---Of up to 40 digits: no number of Lua's holds it.
---@field SequenceNumber string
---@field SizeBytes integer
---@field StreamViewType "KEYS_ONLY"|"NEW_IMAGE"|"OLD_IMAGE"|"NEW_AND_OLD_IMAGES"

---A value with its type: it has one of these.
---@class lambda.events.DynamoDBEvent.Attribute
---Bytes in base64.
---@field B? string
---@field BOOL? boolean
---A set of bytes in base64.
---@field BS? string[]
---@field L? lambda.events.DynamoDBEvent.Attribute[]
---@field M? table<string, lambda.events.DynamoDBEvent.Attribute>
---A number of up to 38 digits.
---@field N? string
---@field NS? string[]
---Always true.
---@field NULL? boolean
---@field S? string
---@field SS? string[]

---What comes with tumbling windows. The answer holds the next `state`.
---@class lambda.events.TumblingWindow
---`"2026-11-20T18:15:00Z"`.
---@field window { start: string, end: string }
---What the invocation before returned as `state`; empty at first.
---@field state table<string, any>
---@field shardId string
---The stream.
---@field eventSourceARN string
---Whether no more records of this window come.
---@field isFinalInvokeForWindow boolean
---Whether the window ended early, since its state grew over 1 MB.
---@field isWindowTerminatedEarly boolean

---@class lambda.events.DynamoDBWindowEvent: lambda.events.TumblingWindow
---@field Records lambda.events.DynamoDBEvent.Record[]
