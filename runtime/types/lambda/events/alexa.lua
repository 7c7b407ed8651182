---@meta _

---What a custom skill of Alexa's sends.
---@class lambda.events.AlexaEvent
---`"1.0"`.
---@field version string
---Absent outside a session, as of the audio player's requests.
---@field session? lambda.events.AlexaEvent.Session
---@field context lambda.events.AlexaEvent.Context
---@field request lambda.events.AlexaEvent.Request

---@class lambda.events.AlexaEvent.Session
---@field new boolean
---@field sessionId string
---@field application { applicationId: string }
---What the answer before kept.
---@field attributes? table<string, any>
---@field user { userId: string, accessToken?: string }

---@class lambda.events.AlexaEvent.Context
---@field System lambda.events.AlexaEvent.System
---@field [string] any

---@class lambda.events.AlexaEvent.System
---@field application { applicationId: string }
---@field user { userId: string, accessToken?: string }
---@field device? { deviceId: string, supportedInterfaces: table<string, any> }
---@field apiEndpoint string
---@field apiAccessToken? string

---@class lambda.events.AlexaEvent.Request
---`"LaunchRequest"`, `"IntentRequest"`, `"SessionEndedRequest"` and others.
---@field type string
---@field requestId string
---`"2026-11-20T18:15:25Z"`.
---@field timestamp string
---`"en-GB"`.
---@field locale? string
---Of intents.
---@field intent? lambda.events.AlexaEvent.Intent
---`"STARTED"`, `"IN_PROGRESS"`, `"COMPLETED"`.
---@field dialogState? string
---Of sessions that ended.
---@field reason? string
---@field [string] any

---@class lambda.events.AlexaEvent.Intent
---@field name string
---@field confirmationStatus string
---@field slots? table<string, lambda.events.AlexaEvent.Slot>

---@class lambda.events.AlexaEvent.Slot
---@field name string
---@field value? string
---@field confirmationStatus string
---@field source? string
---@field resolutions? table<string, any>
