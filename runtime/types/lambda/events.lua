---@meta lambda.events

---The records of AWS's event sources in plain Lua: keys, bytes and times decoded, numbers exact.
---
---Each function takes the event as the handler gets it, and raises an error for an event of another
---source, which names both, and for a malformed record, which it counts from 1. What is absent or
---null in the event is nil. Every record has the one it was made of as `raw`. Times that end in
---`_ms` are integers: milliseconds since 1970, in UTC.
---@class lambda.events
---Lambda authorizers of API Gateway.
---@field authorizer lambda.events.authorizer
---Triggers of Cognito user pools.
---@field cognito lambda.events.cognito
---Custom resources of CloudFormation.
---@field custom_resource lambda.events.custom_resource
---WebSocket APIs of API Gateway.
---@field websocket lambda.events.websocket
---The changes of a stream of a table, when it is called; and DynamoDB's attribute values.
---@field dynamodb lambda.events.dynamodb
local events = {}

---The name of the source of an event, or nil where it is not known.
---
---`"activemq"`, `"alb"`, `"alexa"`, `"api-gateway"` (a REST API, or an HTTP API with payload 1.0),
---`"appsync"`, `"authorizer"`, `"cloudformation"`, `"cloudfront"`, `"cloudwatch-logs"`,
---`"codecommit"`, `"codepipeline"`, `"cognito"`, `"config"`, `"connect"`, `"documentdb"`,
---`"dynamodb"`, `"eventbridge"`, `"firehose"`, `"function-url"`, `"http-api"`, `"kafka"` (Amazon
---MSK and others), `"kinesis"`, `"lex"`, `"rabbitmq"`, `"s3"`, `"s3-batch"`, `"schedule"`, `"ses"`,
---`"sns"`, `"sqs"`, `"websocket"`. It is what delivers the event: what S3 tells through EventBridge
---is of `"eventbridge"`. A schedule that sends an input of its own has no source.
---@param event any
---@return string? source
function events.source(event) end

---The messages of a queue of SQS.
---@param event table
---@return lambda.events.Message[] messages
function events.sqs(event) end

---The notifications of SNS, also those that a queue of SQS gets from a topic without raw message
---delivery.
---@param event table
---@return lambda.events.Notification[] notifications
function events.sns(event) end

---What happened to objects of S3, told by S3 itself or through EventBridge, SNS or SQS, also by SNS
---through SQS.
---
---The event by which S3 tests a destination has none.
---@param event table
---@return lambda.events.Object[] objects
function events.s3(event) end

---The records of a stream of Kinesis.
---@param event table
---@return lambda.events.KinesisRecord[] records
function events.kinesis(event) end

---The records of Amazon MSK or another Kafka cluster, by topic, partition and offset.
---@param event table
---@return lambda.events.KafkaRecord[] records
function events.kafka(event) end

---The event of a bus of EventBridge; there is one.
---@param event table
---@return lambda.events.BusEvent event
function events.eventbridge(event) end

---The event of a schedule: a rule of EventBridge, or EventBridge Scheduler without an input of its
---own.
---@param event table
---@return lambda.events.Schedule schedule
function events.schedule(event) end

---The log events of a subscription of CloudWatch Logs, unzipped, also through Kinesis.
---
---The second list has the batches that they came in. A control message, by which CloudWatch Logs
---tests a destination, is a batch without log events. A batch that unzips to more than 64 MB, or is
---no whole gzip, is an error.
---@param event table
---@return lambda.events.LogEvent[] events
---@return lambda.events.LogBatch[] batches
function events.cloudwatch_logs(event) end

---The plain record of one of the `Records` of SQS, SNS, S3, DynamoDB or Kinesis, such as
---`lambda.batch` hands out.
---@param raw table
---@return table record As the function of its source gives it.
function events.record(raw) end

---@class lambda.events.Message
---The message's id, which partial batch failures name.
---@field id string
---@field body string
---The attributes that the sender gave it. A number is a number where Lua holds all its digits, else
---its text; a binary value is a string of bytes.
---@field attributes table<string, string|number>
---How often it was received, this time included.
---@field receive_count integer
---When it was sent.
---@field time_ms integer
---@field first_received_ms integer
---@field sender_id? string
---@field trace_header? string
---Of a FIFO queue, as the next two; a fair queue has groups as well.
---@field group_id? string
---@field deduplication_id? string
---Up to 20 digits.
---@field sequence_number? string
---@field receipt_handle string
---The queue's name.
---@field queue string
---@field arn string
---@field region string
---@field raw table
local Message = {}

---The body decoded; an error that names the message where it is not JSON.
---@return any value
function Message:json() end

---@class lambda.events.Notification
---@field id string
---@field message string
---@field subject? string
---As of a message of SQS; a `String.Array` is a list.
---@field attributes table<string, string|number|table>
---As SNS writes it, `"2026-11-20T18:15:25.123Z"`.
---@field time string
---@field time_ms integer
---The topic's name.
---@field topic string
---The topic's ARN.
---@field arn string
---@field subscription_arn? string
---Of a FIFO topic.
---@field sequence_number? string
---The message of SQS that it came in.
---@field sqs? lambda.events.Message
---@field raw table
local Notification = {}

---The message decoded; an error that names the notification where it is not JSON.
---@return any value
function Notification:json() end

---@class lambda.events.Object
---As S3 names it, also through EventBridge: `"ObjectCreated:Put"`, `"ObjectRemoved:Delete"`.
---@field event_name string
---@field bucket string
---The object's key as it was given to S3: not URL-encoded. A `%` without two hex digits after it
---stands for itself.
---@field key string
---In bytes; of a deleted object nil.
---@field size? integer
---@field etag? string
---@field version_id? string
---Of two events of one key, the later has the greater one, the shorter filled up with zeros on its
---right.
---@field sequencer? string
---@field time string
---@field time_ms integer
---@field region string
---Who did it.
---@field principal? string
---@field source_ip? string
---The notification of SNS that it came in.
---@field sns? lambda.events.Notification
---The message of SQS that it came in.
---@field sqs? lambda.events.Message
---@field raw table

---@class lambda.events.KinesisRecord
---@field id string
---The bytes, decoded from base64.
---@field data string
---@field partition_key string
---Of more digits than a number has; partial batch failures name it.
---@field sequence_number string
---@field shard_id string
---When it arrived in the stream.
---@field time_ms integer
---The stream's name.
---@field stream string
---@field arn string
---@field region string
---@field raw table
local KinesisRecord = {}

---The data decoded; an error that names the record where it is not JSON.
---@return any value
function KinesisRecord:json() end

---@class lambda.events.KafkaRecord
---@field topic string
---@field partition integer
---@field offset integer
---The bytes, decoded from base64.
---@field key? string
---The bytes, decoded from base64; nil of a tombstone.
---@field value? string
---The headers' bytes by their names; of one name the last.
---@field headers table<string, string>
---All headers in their order.
---@field all_headers {name: string, value: string?}[]
---@field time_ms integer
---`"CREATE_TIME"` or `"LOG_APPEND_TIME"`.
---@field time_type string
---@field raw table
local KafkaRecord = {}

---The value decoded, nil of a tombstone; an error that names the record where it is not JSON.
---@return any value
function KafkaRecord:json() end

---@class lambda.events.BusEvent
---@field id string
---Who sent it: `"aws.ec2"`, or a name of your own.
---@field source string
---@field detail_type string
---What was sent with it, most often a table.
---@field detail any
---As EventBridge writes it, `"2026-11-20T18:15:25Z"`.
---@field time string
---@field time_ms integer
---@field region string
---@field account string
---ARNs.
---@field resources string[]
---@field raw table

---@class lambda.events.Schedule: lambda.events.BusEvent
---The name of the rule or the schedule.
---@field name string
---The schedule's group; nil of a rule.
---@field group? string
---@field arn string

---@class lambda.events.LogEvent
---@field id string
---One line of the log, or what was written at once.
---@field message string
---@field time_ms integer
---What the filter pattern of the subscription has taken out of the message.
---@field fields? table<string, string>
---The log group.
---@field group string
---The log stream.
---@field stream string
---Whose log group it is.
---@field account string
---The record of Kinesis that it came in.
---@field kinesis? lambda.events.KinesisRecord
---@field raw table
local LogEvent = {}

---The message decoded; an error that names the log event where it is not JSON.
---@return any value
function LogEvent:json() end

---@class lambda.events.LogBatch
---Whether it is a control message, whose log events are only in `raw`.
---@field is_control boolean
---@field group string
---@field stream string
---@field account string
---The names of the subscription filters that chose it.
---@field filters string[]
---What was unzipped.
---@field raw table

return events
