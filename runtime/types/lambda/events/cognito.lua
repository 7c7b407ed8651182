---@meta _

---What a Cognito user pool sends to its triggers, in common. `events.cognito` makes a handler of it.
---
---The answer is the whole event with its `response` filled, within 5 seconds; Cognito asks three times.
---@class lambda.events.CognitoEvent
---`"1"`; of the trigger before tokens are made `"2"` or `"3"`, too.
---@field version string
---The trigger and why it is called: `"PreSignUp_AdminCreateUser"`.
---@field triggerSource string
---@field region string
---@field userPoolId string
---Of a machine's tokens the client's id.
---@field userName? string
---@field callerContext { awsSdkVersion: string, clientId: string }
---@field request table<string, any>
---What is to be filled; its fields are null or absent before.
---@field response table<string, any>

---`PreSignUp_SignUp`, `_AdminCreateUser`, `_ExternalProvider`.
---@class lambda.events.CognitoPreSignUpEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoPreSignUpEvent.Request
---@field response lambda.events.CognitoPreSignUpEvent.Response

---@class lambda.events.CognitoPreSignUpEvent.Request
---@field userAttributes table<string, string>
---What the app sent to be checked; it is not stored.
---@field validationData? table<string, string>
---@field clientMetadata? table<string, string>

---@class lambda.events.CognitoPreSignUpEvent.Response
---Whether the user needs no confirmation.
---@field autoConfirmUser boolean
---@field autoVerifyEmail boolean
---@field autoVerifyPhone boolean

---`PostConfirmation_ConfirmSignUp`, `_ConfirmForgotPassword`. The response stays empty.
---@class lambda.events.CognitoPostConfirmationEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoPostConfirmationEvent.Request

---@class lambda.events.CognitoPostConfirmationEvent.Request
---@field userAttributes table<string, string>
---@field clientMetadata? table<string, string>

---`PreAuthentication_Authentication`. The response stays empty.
---@class lambda.events.CognitoPreAuthenticationEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoPreAuthenticationEvent.Request

---@class lambda.events.CognitoPreAuthenticationEvent.Request
---@field userAttributes table<string, string>
---@field validationData? table<string, string>
---Where the pool hides which users there are.
---@field userNotFound? boolean

---`PostAuthentication_Authentication`. The response stays empty.
---@class lambda.events.CognitoPostAuthenticationEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoPostAuthenticationEvent.Request

---@class lambda.events.CognitoPostAuthenticationEvent.Request
---@field userAttributes table<string, string>
---@field newDeviceUsed boolean
---@field clientMetadata? table<string, string>

---`TokenGeneration_HostedAuth`, `_Authentication`, `_NewPasswordChallenge`, `_AuthenticateDevice`,
---`_RefreshTokens`; in version 3 `_ClientCredentials`.
---@class lambda.events.CognitoPreTokenEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoPreTokenEvent.Request
---@field response lambda.events.CognitoPreTokenEvent.Response

---@class lambda.events.CognitoPreTokenEvent.Request
---@field userAttributes table<string, string>
---@field groupConfiguration lambda.events.CognitoPreTokenEvent.Groups
---@field clientMetadata? table<string, string>
---From version 2 on.
---@field scopes? string[]

---@class lambda.events.CognitoPreTokenEvent.Groups
---@field groupsToOverride? string[]
---@field iamRolesToOverride? string[]
---@field preferredRole? string

---@class lambda.events.CognitoPreTokenEvent.Response
---Of version 1: the identity token's.
---@field claimsOverrideDetails? lambda.events.CognitoPreTokenEvent.Claims
---Of versions 2 and 3.
---@field claimsAndScopeOverrideDetails? lambda.events.CognitoPreTokenEvent.Tokens

---@class lambda.events.CognitoPreTokenEvent.Claims
---Strings in version 1, any JSON from version 2 on.
---@field claimsToAddOrOverride? table<string, any>
---@field claimsToSuppress? string[]
---Of version 1 here, of the others in `claimsAndScopeOverrideDetails`.
---@field groupOverrideDetails? lambda.events.CognitoPreTokenEvent.Groups
---Of access tokens.
---@field scopesToAdd? string[]
---Of access tokens.
---@field scopesToSuppress? string[]

---@class lambda.events.CognitoPreTokenEvent.Tokens
---@field idTokenGeneration? lambda.events.CognitoPreTokenEvent.Claims
---@field accessTokenGeneration? lambda.events.CognitoPreTokenEvent.Claims
---@field groupOverrideDetails? lambda.events.CognitoPreTokenEvent.Groups

---`CustomMessage_SignUp`, `_AdminCreateUser`, `_ResendCode`, `_ForgotPassword`,
---`_UpdateUserAttribute`, `_VerifyUserAttribute`, `_Authentication`.
---@class lambda.events.CognitoCustomMessageEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoCustomMessageEvent.Request
---@field response lambda.events.CognitoCustomMessageEvent.Response

---@class lambda.events.CognitoCustomMessageEvent.Request
---@field userAttributes table<string, any>
---What stands for the code: the message has to hold it.
---@field codeParameter string
---What stands for a link, `"{##Click Here##}"`.
---@field linkParameter? string
---What stands for the name, in the message to a user that an administrator creates.
---@field usernameParameter? string
---@field clientMetadata? table<string, string>

---@class lambda.events.CognitoCustomMessageEvent.Response
---Of at most 140 characters.
---@field smsMessage? string
---HTML of at most 20,000 characters.
---@field emailMessage? string
---Of at most 140 characters.
---@field emailSubject? string

---`UserMigration_Authentication`, `_ForgotPassword`.
---@class lambda.events.CognitoUserMigrationEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoUserMigrationEvent.Request
---@field response lambda.events.CognitoUserMigrationEvent.Response

---@class lambda.events.CognitoUserMigrationEvent.Request
---What the user has typed: a secret. Null of a forgotten password.
---@field password? string
---@field validationData? table<string, string>
---@field clientMetadata? table<string, string>
---@field userAttributes? table<string, string>

---@class lambda.events.CognitoUserMigrationEvent.Response
---Needed for the user to be created; with `email_verified` `"true"` where it is known.
---@field userAttributes? table<string, string>
---`"CONFIRMED"` or `"RESET_REQUIRED"`, which is what it is unless given.
---@field finalUserStatus? string
---`"SUPPRESS"`: no welcome message.
---@field messageAction? string
---`"EMAIL"`, `"SMS"`; SMS unless given.
---@field desiredDeliveryMediums? string[]
---@field forceAliasCreation? boolean
---@field enableSMSMFA? boolean

---`DefineAuthChallenge_Authentication`.
---@class lambda.events.CognitoDefineChallengeEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoDefineChallengeEvent.Request
---@field response lambda.events.CognitoDefineChallengeEvent.Response

---@class lambda.events.CognitoDefineChallengeEvent.Request
---@field userAttributes table<string, string>
---Until now, in order.
---@field session lambda.events.CognitoChallengeResult[]
---@field clientMetadata? table<string, string>
---Where the pool hides which users there are.
---@field userNotFound? boolean

---@class lambda.events.CognitoChallengeResult
---`"CUSTOM_CHALLENGE"`, `"SRP_A"`, `"PASSWORD_VERIFIER"`, `"SMS_MFA"` and others.
---@field challengeName string
---@field challengeResult boolean
---What the trigger that made the challenge noted.
---@field challengeMetadata? string

---@class lambda.events.CognitoDefineChallengeEvent.Response
---The next, unless one of the others is true.
---@field challengeName? string
---Whether the user is in.
---@field issueTokens? boolean
---Whether it is over.
---@field failAuthentication? boolean

---`CreateAuthChallenge_Authentication`.
---@class lambda.events.CognitoCreateChallengeEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoCreateChallengeEvent.Request
---@field response lambda.events.CognitoCreateChallengeEvent.Response

---@class lambda.events.CognitoCreateChallengeEvent.Request: lambda.events.CognitoDefineChallengeEvent.Request
---@field challengeName string

---@class lambda.events.CognitoCreateChallengeEvent.Response
---For the app.
---@field publicChallengeParameters? table<string, string>
---For the trigger that checks the answer.
---@field privateChallengeParameters? table<string, string>
---For the sessions to come.
---@field challengeMetadata? string

---`VerifyAuthChallengeResponse_Authentication`.
---@class lambda.events.CognitoVerifyChallengeEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoVerifyChallengeEvent.Request
---@field response lambda.events.CognitoVerifyChallengeEvent.Response

---@class lambda.events.CognitoVerifyChallengeEvent.Request
---@field userAttributes table<string, string>
---@field privateChallengeParameters? table<string, string>
---What the user gave.
---@field challengeAnswer string
---@field clientMetadata? table<string, string>
---@field userNotFound? boolean

---@class lambda.events.CognitoVerifyChallengeEvent.Response
---@field answerCorrect? boolean

---`CustomEmailSender_SignUp`, `CustomSMSSender_Authentication` and their like. The response stays empty.
---@class lambda.events.CognitoCustomSenderEvent: lambda.events.CognitoEvent
---@field request lambda.events.CognitoCustomSenderEvent.Request

---@class lambda.events.CognitoCustomSenderEvent.Request
---@field type "customEmailSenderRequestV1"|"customSMSSenderRequestV1"
---Encrypted by the AWS Encryption SDK with the pool's KMS key, in base64.
---@field code? string
---@field clientMetadata? table<string, string>
---@field userAttributes table<string, string>

---A trigger's function: it fills `response`.
---@alias lambda.events.CognitoTrigger fun(request: table, response: table, event: table, context: lambda.Context): any, any

---Triggers of Cognito user pools.
---@class lambda.events.cognito
local cognito = {}

---Makes a handler of functions by the name of their trigger, as `triggerSource` has it.
---
---A function is called for its exact name, `PreSignUp_AdminCreateUser`, or for all that begin with its
---name, `PreSignUp`; the exact one goes first. It sets fields of `response` and returns nothing (or
---`event` or `response`). `return nil, err` fails the invocation as an error does; its text is what the
---user's app is shown, so raise it without a position: `error("…", 0)`.
---
---A trigger that no function is for is an error that lists those there are.
---@param triggers table<string, lambda.events.CognitoTrigger>
---@return fun(event: lambda.events.CognitoEvent, context: lambda.Context): lambda.events.CognitoEvent?, any
function cognito.handler(triggers) end
