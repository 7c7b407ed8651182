---@meta _

---What a WebSocket API sends. `events.websocket` reads it.
---@class lambda.events.WebSocketEvent
---When a client connects, as it wrote them. Messages have none.
---@field headers? table<string, string>
---@field multiValueHeaders? table<string, string[]>
---When a client connects.
---@field queryStringParameters? table<string, string>
---@field multiValueQueryStringParameters? table<string, string[]>
---@field stageVariables? table<string, string>
---@field requestContext lambda.events.WebSocketEvent.Context
---What the client sent: text of at most 128 KB.
---@field body? string
---@field isBase64Encoded boolean

---@class lambda.events.WebSocketEvent.Context
---@field apiId string
---What the authorizer of `$connect` said, for all of the connection.
---@field authorizer? table<string, any>
---Milliseconds since 1970-01-01 UTC.
---@field connectedAt integer
---@field connectionId string
---Why the connection ended, where that was told.
---@field disconnectReason? string
---The WebSocket close code: 1000 is an ordinary end, 1001 leaving, 1006 a lost connection.
---@field disconnectStatusCode? integer
---@field domainName string
---@field eventType "CONNECT"|"MESSAGE"|"DISCONNECT"
---@field extendedRequestId string
---@field identity lambda.events.APIGatewayRESTEvent.Identity
---`"IN"`.
---@field messageDirection string
---@field messageId? string
---@field requestId string
---`"20/Nov/2026:18:15:25 +0000"`.
---@field requestTime string
---Milliseconds since 1970-01-01 UTC.
---@field requestTimeEpoch integer
---`"$connect"`, `"$disconnect"`, `"$default"`, or what the route selection gave.
---@field routeKey string
---@field stage string

---What a client of a WebSocket API did, in plain names.
---@class lambda.events.WebSocketRecord
---@field kind "connect"|"message"|"disconnect"
---Who to answer: the last part of `POST {endpoint}/@connections/{connection_id}`.
---@field connection_id string
---`"$connect"`, `"$disconnect"`, `"$default"`, or what the route selection gave.
---@field route_key? string
---@field message_id? string
---What the client sent, decoded where it came in base64.
---@field body? string
---`https://{domain}/{stage}`. A domain of one's own that is mapped to the stage has no stage in its
---path: there the endpoint is the API's own, which an environment variable should hold.
---@field endpoint? string
---The domain that the client connected to.
---@field domain? string
---@field stage? string
---@field api_id? string
---@field request_id? string
---Milliseconds since 1970-01-01 UTC.
---@field connected_at_ms? integer
---Milliseconds since 1970-01-01 UTC.
---@field time_ms? integer
---@field source_ip? string
---@field user_agent? string
---By name, in any case; several values of one are joined by `, `, cookies by `; `. Empty of messages.
---@field headers table<string, string>
---Of the URL that the client connected to; of several values the last. Empty but when it connects.
---@field query table<string, string>
---@field stage_variables table<string, string>
---What the authorizer of `$connect` said.
---@field authorizer? table<string, any>
---The WebSocket close code.
---@field disconnect_code? integer
---@field disconnect_reason? string
---As it came.
---@field raw lambda.events.WebSocketEvent

---WebSocket APIs of API Gateway: what clients do, and answers.
---@class lambda.events.websocket
local websocket = {}

---Reads the event of a WebSocket API. An event of another source is an error that names it.
---@param event lambda.events.WebSocketEvent
---@return lambda.events.WebSocketRecord
function websocket.read(event) end

---Makes a handler of a function that takes records.
---
---It answers what the function returns, a table, and 200 when that is nothing. Another value,
---`return nil, err` and an error fail the invocation: the connection is refused, or the client gets
---an error message.
---@param fn fun(record: lambda.events.WebSocketRecord, context: lambda.Context): table?, any
---@return fun(event: lambda.events.WebSocketEvent, context: lambda.Context): table?, any
function websocket.handler(fn) end

---Gives the answer of status 200, which lets a client in.
---@param body? string The reply to a message, where its route has a response.
---@return { statusCode: integer, body?: string }
function websocket.ok(body) end

---Gives the answer that does not let a client in.
---@param status? integer From 400 to 599; 403 unless given.
---@return { statusCode: integer }
function websocket.refuse(status) end
