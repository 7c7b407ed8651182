---@meta _

---What a CodeCommit trigger sends.
---@class lambda.events.CodeCommitEvent
---@field Records lambda.events.CodeCommitEvent.Record[]

---@class lambda.events.CodeCommitEvent.Record
---@field awsRegion string
---@field codecommit { references: lambda.events.CodeCommitEvent.Reference[] }
---What the trigger was given.
---@field customData? string
---@field eventId string
---@field eventName string
---@field eventPartNumber integer
---`"aws:codecommit"`.
---@field eventSource string
---The repository.
---@field eventSourceARN string
---@field eventTime string
---@field eventTotalParts integer
---@field eventTriggerConfigId string
---@field eventTriggerName string
---@field eventVersion string
---@field userIdentityARN string

---@class lambda.events.CodeCommitEvent.Reference
---@field commit string
---`"refs/heads/main"`.
---@field ref string
---@field created? boolean
---@field deleted? boolean

---What an invoke action of CodePipeline sends. The job waits until it is told success or failure.
---@class lambda.events.CodePipelineEvent
---@field ["CodePipeline.job"] lambda.events.CodePipelineEvent.Job

---@class lambda.events.CodePipelineEvent.Job
---@field id string
---@field accountId string
---@field data lambda.events.CodePipelineEvent.Data

---@class lambda.events.CodePipelineEvent.Data
---`configuration` has `FunctionName` and `UserParameters`, both strings.
---@field actionConfiguration { configuration: table<string, string> }
---@field inputArtifacts lambda.events.CodePipelineEvent.Artifact[]
---@field outputArtifacts lambda.events.CodePipelineEvent.Artifact[]
---For the bucket of the artifacts.
---@field artifactCredentials { accessKeyId: string, secretAccessKey: string, sessionToken: string }
---What an earlier call of this job passed on.
---@field continuationToken? string

---@class lambda.events.CodePipelineEvent.Artifact
---@field name string
---@field revision? string
---@field location { type: string, s3Location: lambda.events.CodePipelineEvent.S3Location }

---@class lambda.events.CodePipelineEvent.S3Location
---@field bucketName string
---@field objectKey string

---What a rule of AWS Config sends.
---@class lambda.events.ConfigEvent
---`"1.0"`.
---@field version string
---JSON: the change, or that it is time.
---@field invokingEvent string
---JSON.
---@field ruleParameters? string
---What the answer, a call of `PutEvaluations`, has to hold.
---@field resultToken string
---Whether the resource left what the rule is for.
---@field eventLeftScope boolean
---@field executionRoleArn? string
---@field configRuleArn string
---@field configRuleName string
---@field configRuleId string
---@field accountId string
