---@meta _

---What a bot of Lex V2 sends.
---@class lambda.events.LexEvent
---`"1.0"`.
---@field messageVersion string
---@field invocationSource "DialogCodeHook"|"FulfillmentCodeHook"
---@field inputMode "DTMF"|"Speech"|"Text"
---@field responseContentType string
---@field sessionId string
---@field inputTranscript string
---@field invocationLabel? string
---@field bot lambda.events.LexEvent.Bot
---What the user may have meant, the likeliest first.
---@field interpretations lambda.events.LexEvent.Interpretation[]
---What the bot will do unless told otherwise.
---@field proposedNextState? lambda.events.LexEvent.NextState
---@field requestAttributes? table<string, string>
---@field sessionState lambda.events.LexEvent.Session
---@field transcriptions? lambda.events.LexEvent.Transcription[]

---@class lambda.events.LexEvent.Bot
---@field id string
---@field name string
---@field version string
---@field localeId string
---@field aliasId string
---@field aliasName string

---@class lambda.events.LexEvent.Interpretation
---@field intent lambda.events.LexEvent.Intent
---@field interpretationSource? string
---From 0 to 1.
---@field nluConfidence? number
---@field sentimentResponse? table<string, any>

---@class lambda.events.LexEvent.Intent
---@field name string
---Null where a slot has no value.
---@field slots table<string, lambda.events.LexEvent.Slot?>
---`"InProgress"`, `"ReadyForFulfillment"`, `"Fulfilled"`, `"Failed"`.
---@field state string
---`"None"`, `"Confirmed"`, `"Denied"`.
---@field confirmationState string

---@class lambda.events.LexEvent.Slot
---`"Scalar"`, `"List"`, `"Composite"`.
---@field shape? string
---@field value? lambda.events.LexEvent.Value
---Of lists.
---@field values? lambda.events.LexEvent.Slot[]

---@class lambda.events.LexEvent.Value
---@field originalValue string
---@field interpretedValue? string
---@field resolvedValues string[]

---@class lambda.events.LexEvent.NextState
---@field dialogAction { type: string, slotToElicit?: string }
---@field intent? lambda.events.LexEvent.Intent
---@field prompt? { attempt: string }

---@class lambda.events.LexEvent.Session
---@field activeContexts? table<string, any>[]
---@field sessionAttributes table<string, string>
---@field runtimeHints? table<string, any>
---@field dialogAction? table<string, any>
---@field intent lambda.events.LexEvent.Intent
---@field originatingRequestId string

---@class lambda.events.LexEvent.Transcription
---@field transcription string
---From 0 to 1.
---@field transcriptionConfidence number
---@field resolvedContext { intent: string }
---@field resolvedSlots table<string, lambda.events.LexEvent.Slot>
