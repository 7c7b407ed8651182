---@meta lambda.log

---Log records with a level and fields, one line each on standard output.
---
---`AWS_LAMBDA_LOG_FORMAT` chooses text (the default) or `JSON`; `AWS_LAMBDA_LOG_LEVEL` is the
---lowest level that is written, `INFO` unless set. A filtered record costs next to nothing.
---
---The message may be any value: a table is written as JSON, what has no JSON as `tostring` shows
---it. A log call never fails over what it is given to write; only fields that are no table are an
---error.
---@class lambda.log
local log = {}

---Values that a record carries beside its message, by name: ` key=value` after a text message,
---members of the object in JSON. One named as a record's own (`timestamp`, `level`, `requestId`,
---`message`, `tenantId`, `errorType`, `errorMessage`, `stackTrace`) gets a `_` before its name.
---@alias lambda.log.Fields table<string, any>

---Writes a record at level TRACE.
---@param message any
---@param fields? lambda.log.Fields
function log.trace(message, fields) end

---Writes a record at level DEBUG.
---@param message any
---@param fields? lambda.log.Fields
function log.debug(message, fields) end

---Writes a record at level INFO, the level of `print`.
---@param message any
---@param fields? lambda.log.Fields
function log.info(message, fields) end

---Writes a record at level WARN.
---@param message any
---@param fields? lambda.log.Fields
function log.warn(message, fields) end

---Writes a record at level ERROR. The invocation goes on: `error` ends it.
---@param message any
---@param fields? lambda.log.Fields
function log.error(message, fields) end

---Writes a record at level FATAL. The process goes on.
---@param message any
---@param fields? lambda.log.Fields
function log.fatal(message, fields) end

---Gives a logger whose records all have `fields`, after those of this logger. A field of the same
---name replaces the older; the fields of a single call go last.
---@param fields lambda.log.Fields
---@return lambda.log
function log.with(fields) end

return log
