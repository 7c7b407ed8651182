-- Names the service that an event comes from, by the members that only its events have.
local M = {}

-- Of `Records[1].eventSource`, `eventSource` and their like.
local BY_NAME = {
  ["aws:codecommit"] = "codecommit",
  ["aws:docdb"] = "documentdb",
  ["aws:dynamodb"] = "dynamodb",
  ["aws:kafka"] = "kafka",
  ["aws:kinesis"] = "kinesis",
  ["aws:mq"] = "activemq",
  ["aws:rmq"] = "rabbitmq",
  ["aws:s3"] = "s3",
  ["aws:ses"] = "ses",
  ["aws:sns"] = "sns",
  ["aws:sqs"] = "sqs",
  SelfManagedKafka = "kafka",
}

-- What people call them.
M.LABELS = {
  activemq = "ActiveMQ",
  alb = "an Application Load Balancer",
  alexa = "Alexa",
  ["api-gateway"] = "API Gateway (REST API)",
  appsync = "AppSync",
  authorizer = "an API Gateway authorizer",
  cloudformation = "CloudFormation (custom resource)",
  cloudfront = "CloudFront",
  ["cloudwatch-logs"] = "CloudWatch Logs",
  codecommit = "CodeCommit",
  codepipeline = "CodePipeline",
  cognito = "Cognito",
  config = "AWS Config",
  connect = "Amazon Connect",
  documentdb = "DocumentDB",
  dynamodb = "DynamoDB",
  eventbridge = "EventBridge",
  firehose = "Firehose",
  ["function-url"] = "a function URL",
  ["http-api"] = "API Gateway (HTTP API)",
  kafka = "Kafka",
  kinesis = "Kinesis",
  lex = "Lex",
  rabbitmq = "RabbitMQ",
  s3 = "S3",
  ["s3-batch"] = "S3 Batch Operations",
  schedule = "a schedule",
  ses = "SES",
  sns = "SNS",
  sqs = "SQS",
  websocket = "API Gateway (WebSocket)",
}

-- What reads them.
M.READERS = {
  alb = "lambda.web",
  ["api-gateway"] = "lambda.web",
  authorizer = "events.authorizer",
  cloudformation = "events.custom_resource",
  ["cloudwatch-logs"] = "events.cloudwatch_logs",
  cognito = "events.cognito",
  dynamodb = "events.dynamodb",
  eventbridge = "events.eventbridge",
  ["function-url"] = "lambda.web",
  ["http-api"] = "lambda.web",
  kafka = "events.kafka",
  kinesis = "events.kinesis",
  s3 = "events.s3",
  schedule = "events.schedule",
  sns = "events.sns",
  sqs = "events.sqs",
  websocket = "events.websocket",
}

local function is_table(value)
  return type(value) == "table"
end

local function is_text(value)
  return type(value) == "string"
end

-- The source of one of `Records`; nil where it says none.
function M.of_record(record)
  if not is_table(record) then
    return nil
  end
  local name = record.eventSource or record.EventSource
  if is_text(name) then
    return BY_NAME[name]
  end
  return is_table(record.cf) and "cloudfront" or nil
end

-- Events that come through an HTTP front end, all of which have a request context.
local function http(event, context)
  if is_table(context.elb) then
    return "alb"
  end
  -- Before the REST API, whose context has much of the same.
  if is_text(context.connectionId) and is_text(context.eventType) then
    return "websocket"
  end
  if is_table(context.http) then
    local domain = context.domainName
    local is_url = is_text(domain) and domain:find(".lambda-url.", 1, true)
    return is_url and "function-url" or "http-api"
  end
  return is_text(event.httpMethod) and "api-gateway" or nil
end

local function eventbridge(event)
  local name, source = event["detail-type"], event.source
  if not is_text(name) or not is_text(source) then
    return nil
  end
  local scheduled = source == "aws.events" or source == "aws.scheduler"
  return scheduled and name == "Scheduled Event" and "schedule" or "eventbridge"
end

-- What talks to people has no member of its own, but always a few together.
local function conversation(event)
  local has_bot = is_table(event.bot)
  if has_bot and (is_table(event.sessionState) or is_table(event.currentIntent)) then
    return "lex"
  end
  local request, directive = event.request, event.directive
  if is_table(request) and is_text(request.type) and is_text(request.requestId) then
    return "alexa"
  end
  if is_table(directive) and is_table(directive.header) then
    local namespace = directive.header.namespace
    return is_text(namespace) and namespace:find("^Alexa") and "alexa" or nil
  end
  return event.Name == "ContactFlowEvent" and "connect" or nil
end

local function by_members(event)
  if is_table(event.awslogs) then
    return "cloudwatch-logs"
  elseif is_text(event.triggerSource) and is_text(event.userPoolId) then
    return "cognito"
  elseif event.Event == "s3:TestEvent" then
    -- What S3 sends once, when it is told where to send its events.
    return "s3"
  elseif is_text(event.methodArn) or is_text(event.routeArn) then
    -- Before the HTTP forms, one of which a REQUEST authorizer gets with it.
    return "authorizer"
  elseif is_text(event.RequestType) and is_text(event.ResponseURL) then
    return "cloudformation"
  elseif is_text(event.deliveryStreamArn) and is_table(event.records) then
    return "firehose"
  elseif is_table(event["CodePipeline.job"]) then
    return "codepipeline"
  elseif is_text(event.invokingEvent) then
    return "config"
  elseif is_text(event.invocationSchemaVersion) and is_table(event.tasks) then
    return "s3-batch"
  elseif is_table(event.info) and is_text(event.info.fieldName) then
    return "appsync"
  end
  return nil
end

-- Streams that are read in windows end one with an event that has no records.
local function without_records(event)
  local arn = event.eventSourceARN
  local service = is_text(arn) and arn:match("^arn:[^:]*:([^:]*):")
  return (service == "dynamodb" or service == "kinesis") and service or nil
end

-- The source of an event; nil where it is not known, or the event is no table.
function M.of(event)
  if not is_table(event) then
    return nil
  end
  if is_table(event.Records) then
    local first = event.Records[1]
    if first == nil then
      return without_records(event)
    end
    return M.of_record(first)
  end
  local name = event.eventSource
  if is_text(name) and BY_NAME[name] then
    return BY_NAME[name]
  end
  return by_members(event)
    or is_table(event.requestContext) and http(event, event.requestContext)
    or eventbridge(event)
    or conversation(event)
end

return M
