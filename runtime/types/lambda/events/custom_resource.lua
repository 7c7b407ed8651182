---@meta _

---What CloudFormation sends to the function behind a custom resource. `events.custom_resource` reads it.
---@class lambda.events.CloudFormationEvent
---@field RequestType "Create"|"Update"|"Delete"
---The ARN of this function.
---@field ServiceToken string
---Where the answer goes: presigned, for two hours. It is a secret.
---@field ResponseURL string
---@field StackId string
---The same when Lambda tries the event again.
---@field RequestId string
---The resource's name in the template.
---@field LogicalResourceId string
---Of updates and deletions: what an earlier answer gave.
---@field PhysicalResourceId? string
---`"Custom::Name"` or `"AWS::CloudFormation::CustomResource"`.
---@field ResourceType string
---The resource's properties. Numbers and booleans of the template come as strings.
---@field ResourceProperties table<string, any>
---Of updates: those before.
---@field OldResourceProperties? table<string, any>

---What is to be done with a custom resource, in plain names.
---@class lambda.events.CustomResourceRequest
---@field type "create"|"update"|"delete"
---Numbers and booleans of the template come as strings.
---@field properties table<string, any>
---Empty but of updates.
---@field old_properties table<string, any>
---Which one. A `create` may set it as soon as the thing exists: if it fails later, `delete` is called.
---@field physical_id? string
---The resource's name in the template.
---@field logical_id? string
---`"Custom::Name"`.
---@field resource_type? string
---The same when Lambda tries the event again.
---@field request_id? string
---@field stack_id? string
---@field stack_name? string
---As it came.
---@field raw lambda.events.CloudFormationEvent

---@class lambda.events.CustomResourceResult
---Text of 1 to 1,024 bytes without control characters. Unless given, a created resource gets one of its logical id and the request's; an
---updated one keeps its own. Another one is a replacement: CloudFormation then deletes the old.
---@field physical_id? string
---What `Fn::GetAtt` gives. The whole answer has at most 4,096 bytes.
---@field data? table<string, any>
---Whether CloudFormation hides `data`.
---@field no_echo? boolean

---A function for each kind of request. Without one, updates and deletions succeed and do nothing.
---@class lambda.events.CustomResourceFunctions
---@field create fun(request: lambda.events.CustomResourceRequest, context: lambda.Context): lambda.events.CustomResourceResult?, any
---@field update? fun(request: lambda.events.CustomResourceRequest, context: lambda.Context): lambda.events.CustomResourceResult?, any
---@field delete? fun(request: lambda.events.CustomResourceRequest, context: lambda.Context): lambda.events.CustomResourceResult?, any

---Custom resources of CloudFormation.
---@class lambda.events.custom_resource
local custom_resource = {}

---Makes a handler that does what CloudFormation asks for and answers it.
---
---An error, and `return nil, err`, is answered as `FAILED` with its text, and logged at ERROR; the
---invocation itself succeeds, so that Lambda does not try it again. It fails only when the answer
---cannot be delivered, after three attempts, or when its time is over.
---@param functions lambda.events.CustomResourceFunctions
---@return fun(event: lambda.events.CloudFormationEvent, context: lambda.Context)
function custom_resource.handler(functions) end
