---@meta _

---What a WSAPI application is called with, in the mode `web`: the variables of CGI, made of the event
---of an API Gateway REST API or HTTP API, a function URL or an Application Load Balancer.
---
---Any name that is not here is there as well: `HTTP_X_ONE` is the request's header `x-one`, several of
---a name joined by `, `, and what is missing is `""`. What the application sets stays until its
---answer is made.
---@class lambda.wsapi.Environment
---@field [string] string
---`GET`, `POST`, …
---@field REQUEST_METHOD string
---The path without the stage, decoded, and without `.` and `..`; it begins with `/`.
---@field PATH_INFO string
---What stands before the path in links: the API's stage, `/prod`, or `""`.
---@field SCRIPT_NAME string
---What stands behind the `?`, encoded, or `""`.
---@field QUERY_STRING string
---Path with the stage, and query, as the client sent them.
---@field REQUEST_URI string
---@field CONTENT_TYPE string
---The bytes of the decoded body, `"12"`; `""` where there is none.
---@field CONTENT_LENGTH string
---The host of the request, without a port.
---@field SERVER_NAME string
---@field SERVER_PORT string
---`HTTP/1.1`, say.
---@field SERVER_PROTOCOL string
---`Moonlayer/` and its version.
---@field SERVER_SOFTWARE string
---`CGI/1.1`
---@field GATEWAY_INTERFACE string
---`on`, or `""` where a load balancer took the request without TLS.
---@field HTTPS string
---`https` or `http`.
---@field REQUEST_SCHEME string
---The client's address, as the front end saw it.
---@field REMOTE_ADDR string
---The same.
---@field REMOTE_HOST string
---Whom an authorizer identified: its `principalId`, the token's `sub`, or the ARN of the IAM user.
---@field REMOTE_USER string
---The task root.
---@field DOCUMENT_ROOT string
---The folder of the application's file.
---@field APP_PATH string
---The application's file.
---@field SCRIPT_FILENAME string
---The same.
---@field PATH_TRANSLATED string
---The body.
---@field input lambda.wsapi.Input
---The log.
---@field error lambda.wsapi.Error
---The event and the context of this invocation.
---@field lambda { event: table, context: lambda.Context }

---The body of a request, decoded.
---@class lambda.wsapi.Input
---How many bytes it has.
---@field length integer
local Input = {}

---Reads on.
---
---A number reads at most that many bytes; without an argument, or with `"a"`, all that is left is
---read; `"l"` reads a line, `"L"` with its end. A `*` may stand before the letter.
---@param what? integer|"a"|"l"|"L"
---@return string? bytes nil at the end; but `""` for `"a"`.
function Input:read(what) end

---@return fun(): string? iterator Gives the lines that are left, without their ends.
function Input:lines() end

---What is written here is in the log.
---@class lambda.wsapi.Error
local Error = {}

---Writes one record at the level ERROR, without the line's end.
---@param ... any Joined as they are.
---@return lambda.wsapi.Error error Itself.
function Error:write(...) end

---Does nothing: a record is never held back.
---@return lambda.wsapi.Error error Itself.
function Error:flush() end
