---@meta lambda.lifecycle

---Functions that run at the turning points of a process's life: hooks.
---
---A hook fails as a handler does, by an error or by `return nil, err`. Hooks of one name run in the
---order of registration; `before_snapshot` and `shutdown` run in the opposite order.
---@class lambda.lifecycle
local lifecycle = {}

---What `after_invoke` is told of a failed invocation: what its caller got.
---@class lambda.lifecycle.Error
---The error's type, such as `"LuaError"`.
---@field type string
---The error's message.
---@field message string
---The frames of where it was raised, innermost first: `app.lua:2: in function 'handler'`.
---@field stack_trace string[]

---Calls `fn` after the handler's file is loaded, before the first event. An error is an init error
---of its own type.
---@param name "init"
---@param fn fun()
function lifecycle.on(name, fn) end

---Calls `fn` before the handler. An error fails the invocation, and the handler is not called. It
---may be registered at any time.
---@param name "before_invoke"
---@param fn fun(event: any, context: lambda.Context)
function lifecycle.on(name, fn) end

---Calls `fn` when the response or error is sent, before the next event. `err` is nil after a
---success. An error is logged, and the next hook runs. They end with the
---invocation's time. It may be registered at any time.
---@param name "after_invoke"
---@param fn fun(context: lambda.Context, err?: lambda.lifecycle.Error)
function lifecycle.on(name, fn) end

---Calls `fn` before Lambda takes the snapshot of SnapStart, after `init`; never without SnapStart. An
---error is an init error, `Runtime.BeforeSnapshotError`.
---@param name "before_snapshot"
---@param fn fun()
function lifecycle.on(name, fn) end

---Calls `fn` in each process that comes out of the snapshot, before its first event; never without
---SnapStart. An error ends the process, `Runtime.AfterRestoreError`. All of them have 9 s.
---@param name "after_restore"
---@param fn fun()
function lifecycle.on(name, fn) end

---Calls `fn` when Lambda ends the process. All of them have 450 ms, less what a handler took that ran
---when SIGTERM came. An error is logged, and the next hook runs.
---
---The first one makes the runtime register an internal extension, without which Lambda would end
---the process without a word.
---@param name "shutdown"
---@param fn fun()
function lifecycle.on(name, fn) end

return lifecycle
