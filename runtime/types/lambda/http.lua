---@meta lambda.http

---HTTP and HTTPS requests. Connections are kept from one request and one invocation to the next.
---
---A status is an answer, whatever it is. A request without an answer gives `nil` and a [lambda.http.Error]. A mistake in the call is thrown.
---@class lambda.http
local http = {}

---@class lambda.http.Options
---Names in any case. A list sends its header once for each value.
---@field headers? table<string, string|number|(string|number)[]>
---A string, or a function that is called for piece after piece until it returns nil. What it raises ends the request and is raised on.
---@field body? string|number|(fun(): string?)
---A value to send as JSON in place of a body; sets `content-type: application/json` unless the headers have one.
---@field json? any
---Added to the URL's query, percent-encoded, sorted by name. A list gives its name once for each value.
---@field query? table<string, string|number|boolean|(string|number|boolean)[]>
---Seconds for the whole request with its redirects and the answer's body; 30 unless given. Never past the invocation's deadline.
---@field timeout? number
---Seconds for one connection: name, TCP, proxy and TLS; 5 unless given.
---@field connect_timeout? number
---How many redirects are followed, 0 to 50; 5 unless given. What is over it is given as it is.
---@field redirects? integer
---The largest body taken, in bytes, decoded; 33554432 (32 MB) unless given, any with `stream`. No body is taken that the
---memory which Lua has left cannot hold twice.
---@field max_body? integer
---`true`: the answer's `body` is a function that gives it in pieces as they arrive.
---@field stream? boolean

---@class lambda.http.Request: lambda.http.Options
---`https://…` or `http://…`.
---@field url string
---`GET` unless given; in any case.
---@field method? string

---@class lambda.http.Answer
---@field status integer
---By name, in any case. A header that came more than once is joined with `, `; of `set-cookie` it is the first.
---@field headers table<string, string>
---The body, decoded when it came as gzip. With `stream`, a function that gives its next piece, nil at the end, and raises a [lambda.http.Error].
---@field body string|fun(): string?
---Where it came from: the last redirect's target.
---@field url string
---In the list of `http.all`: why there is no answer. Then there is no other field.
---@field error? lambda.http.Error
local Answer = {}

---Gives the value of the body, which is JSON; nil and a message when it is not.
---@return any value
---@return string? message
function Answer:json() end

---Gives every value of a header, one by one.
---@param name string in any case
---@return string[]
function Answer:values(name) end

---Ends a stream early and closes its connection. Nothing to do for one that was read to its end.
function Answer:close() end

---`tostring` gives the message. Returned or raised by a handler, it is reported with the type `HttpError`.
---@class lambda.http.Error
---@field type "HttpError"
---`dns`: the name has no address. `connect`: no connection, or the proxy refused. `tls`: certificate or protocol.
---`timeout`: the time was over. `closed`: the connection ended too early, or what came was not HTTP. `too_large`: head or body.
---@field kind "dns"|"connect"|"tls"|"timeout"|"closed"|"too_large"
---Names the host and what to do.
---@field message string
---The URL that was asked for, without its query.
---@field url string

---Sends a request.
---@param request lambda.http.Request
---@return lambda.http.Answer? answer
---@return lambda.http.Error? err
function http.request(request) end

---@param url string
---@param options? lambda.http.Options
---@return lambda.http.Answer? answer
---@return lambda.http.Error? err
function http.get(url, options) end

---@param url string
---@param options? lambda.http.Options
---@return lambda.http.Answer? answer
---@return lambda.http.Error? err
function http.head(url, options) end

---@param url string
---@param options? lambda.http.Options
---@return lambda.http.Answer? answer
---@return lambda.http.Error? err
function http.post(url, options) end

---@param url string
---@param options? lambda.http.Options
---@return lambda.http.Answer? answer
---@return lambda.http.Error? err
function http.put(url, options) end

---@param url string
---@param options? lambda.http.Options
---@return lambda.http.Answer? answer
---@return lambda.http.Error? err
function http.patch(url, options) end

---@param url string
---@param options? lambda.http.Options
---@return lambda.http.Answer? answer
---@return lambda.http.Error? err
function http.delete(url, options) end

---Sends requests side by side, at most 32 at once, and gives their answers in the same order.
---
---One without an answer is `{error = err}` in its place. `stream` and a body from a function are not taken.
---@param requests lambda.http.Request[]
---@return lambda.http.Answer[]
function http.all(requests) end

return http
