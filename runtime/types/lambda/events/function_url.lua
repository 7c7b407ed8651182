---@meta _

---What a function URL sends: the form of an HTTP API's payload version 2.0. `lambda.web` reads it.
---
---`routeKey` and `requestContext.stage` are `"$default"`; the account of an anonymous caller is
---`"anonymous"`. With IAM authorization `requestContext.authorizer.iam` is there.
---@class lambda.events.FunctionURLEvent: lambda.events.HTTPAPIEvent
