---@meta lambda.stream

---Responses that are sent while the handler makes them.
---
---The client gets the first bytes when the first `write` is made, and the whole may be up to 200 MB.
---It takes a caller that streams: a function URL with the invoke mode `RESPONSE_STREAM`, API
---Gateway's REST API with the response transfer mode `STREAM`, or `InvokeWithResponseStream`. To
---any other caller, Lambda gives the whole at once, when it is no larger than 6 MB.
---@class lambda.stream
local stream = {}

---Makes a handler of a function that writes its response.
---
---The function is called with the event, the response of this invocation, and the context. What it
---returns is ignored, with a warning in the log; but `return nil, err` is a failed invocation, as of
---every handler. What comes of it may be wrapped in functions of your own; it is called once in an
---invocation.
---
---An error before anything was sent is an ordinary failed invocation. After that, the client has a
---part of the response and perhaps a status of success: Lambda is told the error at the end, and the
---client sees that the response is not whole.
---@param fn fun(event: any, response: lambda.stream.Response, context: lambda.Context): any, any
---@return fun(event: any, context: lambda.Context): any, any
function stream.handler(fn) end

---The response of one invocation. It takes nothing once its handler has returned.
---@class lambda.stream.Response
local Response = {}

---What `response:start` takes. Any other key is an error.
---@class lambda.stream.Start
---An integer from 100 to 599; 200 unless given.
---@field statusCode? integer
---One value a header. Numbers and booleans become strings; line breaks and other control characters
---are an error.
---@field headers? table<string, string|number|boolean>
---Cookies as `Set-Cookie` has them: `"a=b; Path=/"`.
---@field cookies? string[]
---Several values a header; API Gateway alone reads them.
---@field multiValueHeaders? table<string, string[]>

---Sets status, headers and cookies of an HTTP response, for a function URL or API Gateway.
---
---Nothing is sent before the first write, or the end. Call it once, before the first write. A caller
---that is no HTTP front end gets what it is given as bytes before the body: leave `start` out there.
---@param options? lambda.stream.Start
---@return lambda.stream.Response response Itself.
function Response:start(options) end

---Sets the type of a response without `start`: `application/octet-stream` unless called.
---
---Call it before the first write. With `start`, the type is one of its headers.
---@param content_type string Like `"application/json"`.
---@return lambda.stream.Response response Itself.
function Response:content_type(content_type) end

---Sends bytes, at once, as one chunk.
---
---A number is written as `io.write` writes it. An empty string sends nothing. It waits while the
---client reads more slowly than this writes, until the deadline. It raises an error when Lambda does
---not take the response any more (the reason is in the message), and after the end.
---@param ... string|number
---@return lambda.stream.Response response Itself.
function Response:write(...) end

return stream
