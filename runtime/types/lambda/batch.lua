---@meta lambda.batch

---Handlers of queues and streams: SQS, SQS FIFO, Kinesis and DynamoDB streams.
---
---The event source needs `ReportBatchItemFailures` among its `FunctionResponseTypes`; without it,
---Lambda does not read the answer, and takes the failed records for handled.
---@class lambda.batch
local batch = {}

---@class lambda.batch.Options
---Of a FIFO queue: behind a record that failed, only the rest of its message group is left for the
---next try, and other groups go on. Unless given, all behind it is left. Other sources ignore it.
---@field groups? boolean
---No record but the first is begun when less of the invocation's time is left, in milliseconds; what
---is not begun is left for the next try. Unless given, it is 1 s, or 20 % of the time if that is
---less; where `MOONLAYER_TIMEOUT_MARGIN_MS` is set, that and 500 ms, or 10 %. 0 begins records to
---the end.
---@field margin_ms? number
---`false`: where no record succeeded, the answer reports them. Unless given, that is a failed
---invocation of type `BatchFailed`, which brings the same records again and shows in the metric
---`Errors`.
---@field raise_on_entire_batch_failure? boolean

---Makes a handler of a function that is called with each record of an event, as it came.
---
---A record fails when the function raises, or returns a second value that is not nil, as in
---`return nil, err`. That is logged at ERROR, with its `messageId` or `sequenceNumber`. Of SQS, the
---other records are handled all the same. Of a FIFO queue it stops there, and reports the rest too;
---of a stream it stops and reports that one, behind which Lambda gives all again.
---
---An event of another source, a record that is malformed and a tumbling window are errors, before
---any record is handled.
---@param fn fun(record: any, context: lambda.Context): any, any
---@param options? lambda.batch.Options
---@return fun(event: any, context?: lambda.Context): lambda.batch.Answer
function batch.handler(fn, options) end

---@class lambda.batch.Answer
---Those to be given again: a message's `messageId`, a stream record's sequence number.
---@field batchItemFailures { itemIdentifier: string }[]

return batch
