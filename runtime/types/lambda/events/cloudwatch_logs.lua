---@meta _

---What a subscription of CloudWatch Logs sends. `events.cloudwatch_logs` reads it.
---@class lambda.events.CloudWatchLogsEvent
---`data` is [lambda.events.CloudWatchLogsData] as JSON, in gzip, in base64.
---@field awslogs { data: string }

---@class lambda.events.CloudWatchLogsData
---`"CONTROL_MESSAGE"` when CloudWatch Logs tries whether the function can be reached.
---@field messageType "DATA_MESSAGE"|"CONTROL_MESSAGE"
---The account.
---@field owner string
---@field logGroup string
---@field logStream string
---@field subscriptionFilters string[]
---@field logEvents lambda.events.CloudWatchLogsData.LogEvent[]

---@class lambda.events.CloudWatchLogsData.LogEvent
---@field id string
---Milliseconds since 1970-01-01 UTC.
---@field timestamp integer
---@field message string
---Where the filter has a pattern with fields.
---@field extractedFields? table<string, string>
