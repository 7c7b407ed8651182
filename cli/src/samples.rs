//! Sample events, one for each source that invokes functions, as AWS would send them.

use clap::builder::{PossibleValue, PossibleValuesParser};

/// The samples' names, for the command line.
pub fn names() -> PossibleValuesParser {
    let names = SAMPLES
        .iter()
        .map(|sample| PossibleValue::new(sample.name).help(sample.help));
    PossibleValuesParser::new(names)
}

/// The event of that name; `{}` for a name that [`names`] does not have.
pub fn event(name: &str) -> &'static str {
    SAMPLES
        .iter()
        .find(|sample| sample.name == name)
        .map_or("{}", |sample| sample.json)
}

struct Sample {
    name: &'static str,
    help: &'static str,
    json: &'static str,
}

macro_rules! samples {
    ($($name:literal: $help:literal,)*) => {
        const SAMPLES: &[Sample] = &[
            $(Sample {
                name: $name,
                help: $help,
                json: include_str!(concat!("../events/", $name, ".json")),
            },)*
        ];
    };
}

samples! {
    "hello": "a name to greet",
    "alb": "application load balancer",
    "alb-health-check": "application load balancer, its health check",
    "alb-multi-value": "application load balancer with multi-value headers on",
    "alexa": "Alexa skill, an intent",
    "api-gateway-http": "API Gateway HTTP API, payload 2.0, with a JWT authorizer",
    "api-gateway-http-binary": "HTTP API, a body in base64",
    "api-gateway-http-iam": "HTTP API with IAM authorization",
    "api-gateway-http-lambda-authorizer": "HTTP API behind a Lambda authorizer",
    "api-gateway-http-stage": "HTTP API, a stage that prefixes the path",
    "api-gateway-http-v1": "HTTP API, payload 1.0",
    "api-gateway-rest": "API Gateway REST API, as the console's test sends it",
    "api-gateway-rest-binary": "REST API, a body in base64",
    "api-gateway-rest-cognito": "REST API with a Cognito authorizer",
    "api-gateway-rest-lambda-authorizer": "REST API behind a Lambda authorizer",
    "api-gateway-rest-multi-value": "REST API, headers and parameters with several values",
    "authorizer-http": "authorizer of an HTTP API, payload 2.0",
    "authorizer-http-v1": "authorizer of an HTTP API, payload 1.0",
    "authorizer-request": "request authorizer of a REST API",
    "authorizer-token": "token authorizer of a REST API",
    "authorizer-websocket": "authorizer of a WebSocket API",
    "cloudwatch-logs": "CloudWatch Logs subscription",
    "cloudwatch-logs-control": "CloudWatch Logs, checking its destination",
    "codecommit": "CodeCommit trigger",
    "codepipeline": "CodePipeline invoke action",
    "cognito-create-challenge": "Cognito user pool, making a challenge of one's own",
    "cognito-define-challenge": "Cognito, choosing the next challenge",
    "cognito-email-sender": "Cognito, an e-mail to send",
    "cognito-message-admin-create": "Cognito, the message with a temporary password",
    "cognito-message-authentication": "Cognito, the message with a code for MFA",
    "cognito-message-forgot-password": "Cognito, the message with a code for a new password",
    "cognito-message-resend-code": "Cognito, the message with a code, once more",
    "cognito-message-sign-up": "Cognito, the message with a code after a sign-up",
    "cognito-message-update-attribute": "Cognito, the message with a code after a change",
    "cognito-message-verify-attribute": "Cognito, the message with a code asked for",
    "cognito-post-authentication": "Cognito, after a sign-in",
    "cognito-post-confirmation": "Cognito, after a sign-up was confirmed",
    "cognito-post-confirmation-password": "Cognito, after a new password was confirmed",
    "cognito-pre-authentication": "Cognito, before a sign-in",
    "cognito-pre-sign-up": "Cognito, before a sign-up",
    "cognito-pre-sign-up-admin": "Cognito, before an administrator creates a user",
    "cognito-pre-sign-up-external": "Cognito, before the first sign-in through another provider",
    "cognito-pre-token": "Cognito, before tokens are made, version 1",
    "cognito-pre-token-v2": "Cognito, before tokens are made, version 2",
    "cognito-pre-token-v3": "Cognito, before tokens are made, version 3, for a machine",
    "cognito-sms-sender": "Cognito, an SMS to send",
    "cognito-user-migration": "Cognito, a sign-in of a user it does not know",
    "cognito-user-migration-password": "Cognito, a new password for a user it does not know",
    "cognito-verify-challenge": "Cognito, checking the answer to a challenge",
    "config": "AWS Config rule on a schedule",
    "custom-resource-create": "CloudFormation custom resource, created",
    "custom-resource-delete": "CloudFormation custom resource, deleted",
    "custom-resource-update": "CloudFormation custom resource, updated",
    "dynamodb": "DynamoDB stream",
    "dynamodb-ttl": "DynamoDB stream, an item that expired",
    "dynamodb-types": "DynamoDB stream, every type of attribute",
    "dynamodb-window": "DynamoDB stream, a tumbling window",
    "eventbridge": "EventBridge rule",
    "eventbridge-ec2": "EventBridge, a change of an EC2 instance",
    "eventbridge-s3": "EventBridge, an object in S3; its key is plain",
    "function-url": "function URL",
    "function-url-iam": "function URL with IAM authorization",
    "kafka": "Amazon MSK",
    "kafka-self-managed": "Apache Kafka of one's own",
    "kinesis": "Kinesis data stream",
    "kinesis-window": "Kinesis data stream, a tumbling window",
    "lex": "Lex V2 bot",
    "s3": "S3 notification; its key is URL-encoded",
    "s3-delete": "S3 notification of a deletion",
    "s3-test": "what S3 sends to try a notification",
    "schedule": "EventBridge schedule",
    "scheduler": "EventBridge Scheduler, unless it is given an input",
    "ses": "SES, a mail received",
    "sns": "SNS topic",
    "sns-binary": "SNS topic, attributes of bytes and of lists",
    "sqs": "SQS queue, two messages",
    "sqs-fifo": "SQS FIFO queue",
    "sqs-s3": "SQS queue with S3 notifications in it",
    "sqs-sns": "SQS queue with an SNS notification in it",
    "websocket-connect": "API Gateway WebSocket API, $connect",
    "websocket-disconnect": "API Gateway WebSocket API, $disconnect",
    "websocket-message": "API Gateway WebSocket API, a message",
}

#[cfg(test)]
#[path = "samples_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "samples_judged.rs"]
mod judged;
