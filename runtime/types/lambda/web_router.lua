---@meta _

---What a route's function gets, and gives: see `lambda.web`'s handlers. In an app that answers in a
---stream, `web.stream(app)`, it gets the response as well.
---@alias lambda.web.RouteFunction
---| fun(req: lambda.web.Request, response?: lambda.web.Response): any, any, any

---Runs around what comes behind it.
---
---`next(req)` runs the rest, and gives its answer: also where that is 404 or 405, or an error of
---`web.error`. Other errors go through it. It returns that answer, changed or not, or one of its own
---in any form that a route has; nothing is an error. With a stream, `response` is its response.
---@alias lambda.web.Middleware
---| fun(req: lambda.web.Request, next: lambda.web.Next, response?: lambda.web.Response): any, any, any

---@alias lambda.web.Next fun(req: lambda.web.Request): lambda.web.Answer

---What apps and groups share.
---
---A path begins with a slash. Its segments stand for themselves, but for `:id`, which stands for one
---segment that is not empty, and `*path` at the end, for all that is left, slashes included. In
---`req.params` they have their names, decoded behind the splitting: `%2F` stays within its parameter.
---A literal beats a parameter, which beats a rest, from the left to the right and whatever the order
---of the routes. Paths are compared in their case, and decoded.
---
---All functions but the last are middleware of the route alone. Each method gives the app or group
---itself. What is wrong raises where it stands: no function, a second route for a method and a path,
---two names for one parameter, a path that is none.
---@class lambda.web.Routes
local Routes = {}

---A route for GET, and for HEAD, unless there is one of its own: its answer is sent without its body.
---@param path string
---@param ... lambda.web.Middleware|lambda.web.RouteFunction
---@return self
function Routes:get(path, ...) end

---@param path string
---@param ... lambda.web.Middleware|lambda.web.RouteFunction
---@return self
function Routes:post(path, ...) end

---@param path string
---@param ... lambda.web.Middleware|lambda.web.RouteFunction
---@return self
function Routes:put(path, ...) end

---@param path string
---@param ... lambda.web.Middleware|lambda.web.RouteFunction
---@return self
function Routes:patch(path, ...) end

---@param path string
---@param ... lambda.web.Middleware|lambda.web.RouteFunction
---@return self
function Routes:delete(path, ...) end

---A route for HEAD, where the one for GET does too much for it.
---@param path string
---@param ... lambda.web.Middleware|lambda.web.RouteFunction
---@return self
function Routes:head(path, ...) end

---A route for OPTIONS, which is otherwise answered with 204 and `Allow`.
---@param path string
---@param ... lambda.web.Middleware|lambda.web.RouteFunction
---@return self
function Routes:options(path, ...) end

---A route for all methods that have none of their own at this path.
---@param path string
---@param ... lambda.web.Middleware|lambda.web.RouteFunction
---@return self
function Routes:any(path, ...) end

---A route for several methods, or for one that has no function here.
---@param methods string|string[] In any case: `{ "GET", "POST" }`.
---@param path string
---@param ... lambda.web.Middleware|lambda.web.RouteFunction
---@return self
function Routes:route(methods, path, ...) end

---Routes whose paths begin with `prefix`, and their middleware.
---
---The last function is called at once with the group; those before it are its middleware. The path
---"/" in a group is the prefix itself. Groups may stand in groups, prefixes may have parameters, and
---"/" is a prefix for middleware alone.
---@param prefix string Without a slash at its end.
---@param ... lambda.web.Middleware|fun(group: lambda.web.Group)
---@return self
function Routes:group(prefix, ...) end

---Gives all requests behind `prefix` to another app, or to a function.
---
---The last argument is that app, those before it are middleware. It finds the path behind the prefix in
---`req.path`, "/" for the prefix itself; `req.raw_path` stays. Parameters of the prefix are in
---`req.params`. Routes of this app behind the prefix are found first.
---@param prefix string Without a slash at its end; "/" for all that no route is for.
---@param ... lambda.web.Middleware|lambda.web.Router|lambda.web.RouteFunction
---@return self
function Routes:mount(prefix, ...) end

---Middleware for all routes here, wherever they stand; the first one added is the outermost.
---
---That of an app runs for every request, 404, 405 and OPTIONS included; that of a group runs for its
---routes, and for 405 and OPTIONS at their paths.
---@param ... lambda.web.Middleware
---@return self
function Routes:use(...) end

---Routes with a common prefix, as `app:group` gives it to a function.
---@class lambda.web.Group: lambda.web.Routes

---An app: routes by method and path.
---
---It is a handler: `M.handler = app`. It is a function of a request as well: `web.stream(app)`,
---`web.handler(app)`, `other:mount("/prefix", app)`.
---@class lambda.web.Router: lambda.web.Routes
---@overload fun(event: table, context: lambda.Context): table
---@overload fun(req: lambda.web.Request, response?: lambda.web.Response): lambda.web.Answer
local Router = {}

---The app as a plain function of event and context.
---@return fun(event: table, context: lambda.Context): table
function Router:handler() end

---The function for requests that no route's path fits; `{"message":"Not Found"}` unless set.
---
---The status of its answer is 404 unless it says another: `{ message = "no" }`, a text, and nothing have
---none; `410, nil, text` and what `web.json`, `web.html` or `web.file` give have one. Once an app.
---@param fn lambda.web.RouteFunction
---@return self
function Router:not_found(fn) end

---The function that answers errors which routes and middleware raise, those of `web.error` excepted.
---
---What it returns is the answer, which goes through the middleware around where the error was. The
---error is in the log all the same, at ERROR and with its frames. When it returns nothing, the error
---goes on, as without this: the invocation fails. It is not called when the handler is out of time or
---memory. Once an app.
---@param fn fun(err: any, req: lambda.web.Request): any, any, any
---@return self
function Router:on_error(fn) end

---Options of `web.router`.
---@class lambda.web.RouterOptions
---"strict" unless given: `/a` and `/a/` are two paths. With "ignore" a slash at the end of a path, or
---of a route's, does not count.
---@field trailing_slash? "strict"|"ignore"

---Options of `web.cors`.
---@class lambda.web.CorsOptions
---Which origins' pages may read the answers: "*" for all; one origin or a list, where
---`https://*.example.com` stands for all hosts below that; or a function that is given an origin and the
---request.
---@field origins string|string[]|fun(origin: string, req: lambda.web.Request): boolean?
---Whether cookies and other credentials may come with their requests: false unless given. Not with "*".
---@field credentials? boolean
---Headers of answers that pages may read, beside those that they always may.
---@field expose? string|string[]
---Headers that requests may have. Unless given, those that the browser asks for.
---@field headers? string|string[]
---Seconds for which browsers may keep the answer to a preflight request. Five unless given, by browsers.
---@field max_age? integer
---Methods that requests may have; DELETE, GET, HEAD, PATCH, POST and PUT unless given.
---@field methods? string|string[]

---Options of `web.file`.
---@class lambda.web.FileOptions
---`Cache-Control`: a string, or a function of the file's path that gives one, or nothing.
---@field cache_control? string|fun(path: string): string?
---Has browsers save the file: by its own name with true, or by this name.
---@field download? boolean|string
---More headers.
---@field headers? table<string, string>
---Whether `app.js.br` or `app.js.gz` beside `app.js` is sent to clients that take it; false unless given.
---@field precompressed? boolean
---The request. With it `If-None-Match`, `Range` and `If-Range` count, and clients that have the file get
---304. Without it, the file is sent whole.
---@field request? lambda.web.Request
---The status, 200 unless given. With another, the file is sent whole.
---@field status? integer
---The content type; by the name's extension unless given, `application/octet-stream` for others.
---@field type? string

---Options of `web.files`.
---@class lambda.web.FilesOptions
---`Cache-Control`: a string, or a function of the file's path in the folder that gives one, or nothing.
---@field cache_control? string|fun(path: string): string?
---Whether files and folders are served whose names begin with a dot: false unless given, but for
---`.well-known`.
---@field dotfiles? boolean
---The file that is sent in place of one that is not there, where the path's last segment has no dot:
---the page of an app that has its own routes.
---@field fallback? string
---More headers.
---@field headers? table<string, string>
---What is sent for a folder: `index.html` unless given, nothing with false.
---@field index? string|false
---Whether `app.js.br` or `app.js.gz` beside `app.js` is sent to clients that take it; false unless given.
---@field precompressed? boolean
---More content types, by extension in lower case: `{ glb = "model/gltf-binary" }`.
---@field types? table<string, string>
