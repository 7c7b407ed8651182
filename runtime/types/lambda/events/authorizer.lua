---@meta _

---What API Gateway sends to a Lambda authorizer, in all its forms. `events.authorizer` reads it.
---@class lambda.events.AuthorizerEvent
---`TOKEN` of REST APIs alone.
---@field type "TOKEN"|"REQUEST"
---Of HTTP APIs: `"1.0"` or `"2.0"`.
---@field version? string
---What is asked for. In payload version 2.0 it is `routeArn`.
---@field methodArn? string
---@field routeArn? string
---The header that the authorizer is for, of `TOKEN` and of payload version 1.0.
---@field authorizationToken? string
---The values of the identity sources: a list in payload version 2.0, one string in 1.0.
---@field identitySource? string|string[]
---@field resource? string
---@field path? string
---@field httpMethod? string
---@field routeKey? string
---@field rawPath? string
---@field rawQueryString? string
---@field cookies? string[]
---@field headers? table<string, string>
---@field multiValueHeaders? table<string, string[]>
---@field queryStringParameters? table<string, string>
---@field multiValueQueryStringParameters? table<string, string[]>
---@field pathParameters? table<string, string>
---@field stageVariables? table<string, string>
---That of the request: of a REST, HTTP or WebSocket API.
---@field requestContext? lambda.events.APIGatewayRESTEvent.Context|lambda.events.HTTPAPIEvent.Context|lambda.events.WebSocketEvent.Context

---What an authorizer is asked, in one form.
---@class lambda.events.AuthorizerRequest
---@field type "token"|"request"
---The header that the authorizer is for, as it was sent: with `Bearer `, say. Only of `token`, and of
---an HTTP API with payload version 1.0.
---@field token? string
---`"GET"`, `"POST"`; of WebSocket APIs the route.
---@field method string
---Without the stage of a REST API, with that of an HTTP API; empty of WebSocket APIs.
---@field path string
---Of HTTP and WebSocket APIs.
---@field route_key? string
---By name, in any case; several values of one are joined by `, `, cookies by `; `. Empty of `token`.
---@field headers table<string, string>
---Of several values the last; of payload version 2.0 all, joined by commas.
---@field query table<string, string>
---@field path_parameters table<string, string>
---@field stage_variables table<string, string>
---`"name=value"`; of payload version 2.0, which has no header of them.
---@field cookies string[]
---What the identity sources of an HTTP API hold; of payload version 1.0 one string of them all.
---@field identity_source string[]
---@field source_ip? string
---@field arn lambda.events.AuthorizerARN
---As it came.
---@field raw lambda.events.AuthorizerEvent

---What is asked for, in parts.
---@class lambda.events.AuthorizerARN
---@field text string
---`"aws"`, `"aws-cn"`, `"aws-us-gov"`.
---@field partition string
---@field region string
---@field account string
---@field api_id string
---@field stage string
---`"GET"`; of a WebSocket API the route, `"$connect"`.
---@field method string
---With its slash; empty of a WebSocket API.
---@field path string

---What `allow` and `deny` give, for the handler that `authorizer.handler` makes.
---@class lambda.events.AuthorizerDecision

---@class lambda.events.AuthorizerOptions
---What the API's function is told about the caller. Names are strings, values strings, numbers or
---booleans; an HTTP API with payload version 2.0 takes tables as well.
---@field context? table<string, any>
---What the decision is about: `"GET /orders/*"`, `"/orders/*"` for every method, a WebSocket route like
---`"$connect"`, an ARN; of at most 512 characters. All of the stage unless given, since API Gateway keeps
---the policy for the token and uses it for other paths, too. Not for simple answers.
---@field resources? string[]
---The API key of a usage plan, where the REST API takes it from the authorizer.
---@field usage_key? string

---Lambda authorizers of API Gateway: REST, WebSocket and HTTP APIs.
---@class lambda.events.authorizer
local authorizer = {}

---Makes a handler of a function that decides.
---
---The answer has the form that the event asks for: an IAM policy, or, for payload version 2.0, the simple
---answer. An HTTP API of that version without simple responses needs the option `policy`. An answer
---in AWS's own form, with `policyDocument` or `isAuthorized`, passes as it is. Any other result is an
---error: nobody is let in.
---@param fn fun(request: lambda.events.AuthorizerRequest, context: lambda.Context): lambda.events.AuthorizerDecision|table|nil, any
---@param options? { policy?: boolean }
---@return fun(event: lambda.events.AuthorizerEvent, context: lambda.Context): table?, any
function authorizer.handler(fn, options) end

---Gives the decision that lets the caller in.
---@param principal string Who that is; the API's function is told as `principalId`.
---@param options? lambda.events.AuthorizerOptions
---@return lambda.events.AuthorizerDecision
function authorizer.allow(principal, options) end

---Gives the decision that refuses the caller: status 403.
---@param principal? string `"unknown"` unless given.
---@param options? lambda.events.AuthorizerOptions
---@return lambda.events.AuthorizerDecision
function authorizer.deny(principal, options) end

---Raises the error `Unauthorized`, which REST and WebSocket APIs answer with status 401. Lambda counts it
---as a failed invocation.
function authorizer.unauthorized() end
