---@meta lambda.web

---HTTP requests and answers, in one form for API Gateway's REST and HTTP APIs, function URLs and
---Application Load Balancers.
---@class lambda.web
local web = {}

---What a handler may return instead of a string, nothing, or `status, headers, body`.
---
---A table whose `status` is a number, or that has no other keys than these, is an answer; with
---a `status` and other keys it is an error. Any other table is a value that is sent as JSON.
---@class lambda.web.AnswerTable
---From 200 to 599; 200 unless given.
---@field status? integer
---Names in any case. A list is several values; numbers and booleans become strings, and `false` and
---a JSON null leave the header out. Control characters are an error.
---@field headers? table<string, string|number|boolean|(string|number|boolean)[]>
---A string (bytes that are not UTF-8 are sent as base64 by themselves), a table (sent as JSON), or
---a function that gives a piece a call and then nil.
---@field body? string|number|boolean|table|fun(): string?
---What `web.cookie` gives.
---@field cookies? string[]

---What `web.json` and the others make; middleware may change its fields.
---@class lambda.web.Answer: lambda.web.AnswerTable
---@field status integer
---Names in lower case.
---@field headers table<string, string|number|boolean|(string|number|boolean)[]>

---@alias lambda.web.Returned string|table|integer|lambda.web.Answer|lambda.web.AnswerTable|nil

---A request: what a handler does not read is not made. Set fields of your own as you like.
---@class lambda.web.Request
---`"GET"`, as the client sent it.
---@field method string
---Decoded, without the stage of an API: `"/orders/7"`.
---@field path string
---As the front end gives it, the stage included.
---@field raw_path string
---By name in any case; several values of a name are joined by `", "`.
---@field headers table<string, string>
---The last value of each name, decoded. See `query_all`.
---@field query table<string, string>
---Decoded; the first of a name counts.
---@field cookies table<string, string>
---The bytes that the client sent, or nil when it sent none. Reading a body that is not the base64
---that the event says answers with 400.
---@field body string?
---The parameters in the path: a router's, else those of API Gateway's own routes, decoded.
---@field params table<string, string>
---The client's address, as the front end saw it.
---@field source_ip string?
---What the front end's authorizer found out, in the event's form, nulls left out.
---@field authorizer table?
---The API's stage; nil for a load balancer.
---@field stage string?
---The front end's id of the request; nil for a load balancer.
---@field id string?
---When the front end got the request, in milliseconds since 1970; nil for a load balancer.
---@field time_ms integer?
---@field source "api-gateway"|"http-api"|"function-url"|"alb"
---The event as it came, JSON nulls included.
---@field event table
---@field context lambda.Context
---The path of the route as it was registered, with `web.router`: `"/orders/:id"`.
---@field route? string
local Request = {}

---The body, decoded from JSON. Members that are null are nil; in a list, null stays `json.null`.
---
---A body that is no JSON, or none, answers with 400.
---@param options? lambda.web.JsonOptions
---@return any value
function Request:json(options) end

---@class lambda.web.JsonOptions
---Whether every null is `json.null`, whatever `MOONLAYER_JSON_NULL` says; `false` unless given.
---@field nulls? boolean

---The fields of a form, and its files: `application/x-www-form-urlencoded` or
---`multipart/form-data`.
---
---Of a name that came more than once, the last value counts; `form_all` has all. Read once: what
---it is given in a second call is not heeded. Answers with 415 when the request is no form, 413
---when it is over a limit, and 400 when it is malformed.
---@param options? lambda.web.FormOptions
---@return table<string, string> fields
---@return table<string, lambda.web.File> files
function Request:form(options) end

---All values of a form's field or file, in the order they came; an empty list when there is none.
---@param name string
---@return (string|lambda.web.File)[]
function Request:form_all(name) end

---All values of a header, its name in any case; an empty list when there is none. HTTP APIs,
---function URLs and load balancers without multi-value headers have joined them to one.
---@param name string
---@return string[]
function Request:header_all(name) end

---All values of a name in the query, in the order they came; an empty list when there is none.
---@param name string
---@return string[]
function Request:query_all(name) end

---@class lambda.web.FormOptions
---The most bytes that the body may have; 6 MB unless given, which is what Lambda takes.
---@field max_bytes? integer
---The most fields and files; 1000 unless given.
---@field max_fields? integer

---A file in a form.
---@class lambda.web.File
---The field's name.
---@field name string
---As the client names it, without folders. Never a path to write to as it is.
---@field filename string
---As the client sent it.
---@field full_path string
---As the client says; `"text/plain"` unless it does.
---@field content_type string
---@field body string

---Makes a handler of a function of a request.
---
---What it returns is the answer: a string (text), a table (JSON), nothing (204), an answer, or
---`status, headers, body`. `nil, err` and errors fail the invocation, and so does what is no
---answer; `web.error` does not. An event that is no HTTP request fails with what was seen.
---@param fn fun(req: lambda.web.Request): lambda.web.Returned, any, any
---@return fun(event: any, context: lambda.Context): table
function web.handler(fn) end

---Makes a handler whose answer leaves while it is made, where the front end streams: a function URL
---with the invoke mode `RESPONSE_STREAM`, a REST API with the response transfer mode `STREAM`.
---Events of others, and calls outside of an invocation, are answered as a whole.
---
---Write to the response, or return an answer as in `web.handler`; a body that is a function leaves
---piece by piece. Errors before the first byte are those of `web.handler`; after it, the client has
---its status and sees that the answer is not whole.
---@param fn fun(req: lambda.web.Request, response: lambda.web.Response): lambda.web.Returned, any, any
---@return fun(event: any, context: lambda.Context): table?
function web.stream(fn) end

---The answer of a stream handler.
---@class lambda.web.Response
local Response = {}

---@class lambda.web.Start
---From 200 to 599; 200 unless given.
---@field status? integer
---As in any answer.
---@field headers? table<string, string|number|boolean|(string|number|boolean)[]>
---What `web.cookie` gives.
---@field cookies? string[]

---Sets status, headers and cookies. Nothing is sent before the first write or the end. Call it
---once, before the first write.
---@param options? lambda.web.Start
---@return lambda.web.Response response Itself.
function Response:start(options) end

---Sets the content type, `text/plain; charset=utf-8` unless called or among `start`'s headers. Call
---it before the first write.
---@param content_type string
---@return lambda.web.Response response Itself.
function Response:content_type(content_type) end

---Sends strings and numbers, at once, as one chunk. An empty string sends nothing.
---@param ... string|number
---@return lambda.web.Response response Itself.
function Response:write(...) end

---An answer of JSON: any value, also a string, a list or one that has a `status` of its own.
---@param value any
---@param status? integer 200 unless given.
---@param headers? table<string, any>
---@return lambda.web.Answer
function web.json(value, status, headers) end

---An answer of the type `text/plain; charset=utf-8`.
---@param text string
---@param status? integer 200 unless given.
---@param headers? table<string, any>
---@return lambda.web.Answer
function web.text(text, status, headers) end

---An answer of the type `text/html; charset=utf-8`.
---@param text string
---@param status? integer 200 unless given.
---@param headers? table<string, any>
---@return lambda.web.Answer
function web.html(text, status, headers) end

---An answer that sends the client elsewhere. Blanks and control characters are an error, so that
---what a user sent adds no header: `web.encode` it.
---@param location string A path or a URL.
---@param status? 301|302|303|307|308 302 unless given.
---@return lambda.web.Answer
function web.redirect(location, status) end

---Ends the handler, from any depth, with an answer: `{"message": …}`, or the table that is given.
---It raises an error with `status`, `message` and `type = "HttpError"`, which `pcall` catches.
---@param status integer From 400 to 599.
---@param message? string|table The status's own phrase unless given.
---@param headers? table<string, any>
function web.error(status, message, headers) end

---A cookie for an answer's `cookies`. What a value cannot hold is percent-encoded, and decoded in
---`req.cookies`.
---@param name string Letters, digits and `-_`.
---@param value string|number
---@param options? lambda.web.CookieOptions
---@return string
function web.cookie(name, value, options) end

---@class lambda.web.CookieOptions
---Hosts that get it beside this one: `"example.com"`.
---@field domain? string
---When it ends, in seconds as `os.time` gives them.
---@field expires? number
---Not for scripts of the page.
---@field http_only? boolean
---After how many seconds it ends; 0 takes it away.
---@field max_age? integer
---Apart for each site that embeds this one.
---@field partitioned? boolean
---Below which path it is sent: `"/"`.
---@field path? string
---@field same_site? "strict"|"lax"|"none"
---Over HTTPS only.
---@field secure? boolean

---Percent-encodes all but letters, digits and `-._~`, for a part of a path or query.
---@param text string|number
---@return string
function web.encode(text) end

---Escapes `&`, `<`, `>`, `"` and `'`: what a user sent is text then, in HTML and in attributes in
---quotes. In a URL it still has to be encoded (`web.encode`), and in a script it has no place.
---@param text string|number
---@return string
function web.escape(text) end

---Makes an app, which finds a function by a request's method and path. The app is a handler.
---@param options? lambda.web.RouterOptions
---@return lambda.web.Router
function web.router(options) end

---Makes middleware for an app, by which pages of other origins may read its answers.
---
---It answers preflight requests with 204. Options that browsers would refuse or that never match
---raise an error.
---@param options lambda.web.CorsOptions
---@return lambda.web.Middleware
function web.cors(options) end

---A file as an answer, with its type and an `ETag` made of its content.
---
---A file that is not there is an answer 404, with a warning in the log. One that is larger than an
---answer of Lambda's, 6 MB, is an error, but in a stream of an app.
---@param path string From the task root, or absolute. One with a segment `..` is an error.
---@param options? lambda.web.FileOptions
---@return lambda.web.Answer
function web.file(path, options) end

---Makes the function of a route, or one to mount, that serves the files of a folder.
---
---It takes the path that a rest parameter has, or that of the request. Paths that lead out of the
---folder, names that begin with a dot, and what is no file are 404.
---@param folder string From the task root, or absolute; it has to be there.
---@param options? lambda.web.FilesOptions
---@return lambda.web.RouteFunction
function web.files(folder, options) end

return web
