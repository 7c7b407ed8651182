---@meta _

---What SES sends for a mail that it received.
---@class lambda.events.SESEvent
---@field Records lambda.events.SESEvent.Record[]

---@class lambda.events.SESEvent.Record
---@field eventVersion string
---`"aws:ses"`.
---@field eventSource string
---@field ses { mail: lambda.events.SESEvent.Mail, receipt: lambda.events.SESEvent.Receipt }

---The mail without its text, which an S3 action has to store.
---@class lambda.events.SESEvent.Mail
---`"2026-11-20T18:15:25.123Z"`.
---@field timestamp string
---@field source string
---@field messageId string
---@field destination string[]
---Whether headers over 10 KB were left out.
---@field headersTruncated boolean
---@field headers { name: string, value: string }[]
---@field commonHeaders lambda.events.SESEvent.CommonHeaders

---@class lambda.events.SESEvent.CommonHeaders
---@field returnPath string
---@field from string[]
---As it was written: `"Fri, 20 Nov 2026 18:15:25 +0000"`.
---@field date? string
---@field to? string[]
---@field cc? string[]
---@field bcc? string[]
---@field messageId? string
---@field subject? string

---@class lambda.events.SESEvent.Receipt
---`"2026-11-20T18:15:25.123Z"`.
---@field timestamp string
---@field processingTimeMillis integer
---Those that this rule is for.
---@field recipients string[]
---@field spamVerdict lambda.events.SESEvent.Verdict
---@field virusVerdict lambda.events.SESEvent.Verdict
---@field spfVerdict lambda.events.SESEvent.Verdict
---@field dkimVerdict lambda.events.SESEvent.Verdict
---@field dmarcVerdict lambda.events.SESEvent.Verdict
---What the sender's domain asks for where DMARC fails.
---@field dmarcPolicy? string
---@field action { type: string, functionArn: string, invocationType: string }

---@class lambda.events.SESEvent.Verdict
---@field status "PASS"|"FAIL"|"GRAY"|"PROCESSING_FAILED"|"DISABLED"
