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
    "alb-multi-value": "application load balancer with multi-value headers on",
    "api-gateway-http": "API Gateway HTTP API, payload 2.0",
    "api-gateway-rest": "API Gateway REST API, as the console's test sends it",
    "authorizer-http": "authorizer of an HTTP API, payload 2.0",
    "authorizer-request": "request authorizer of a REST API",
    "authorizer-token": "token authorizer of a REST API",
    "cloudwatch-logs": "CloudWatch Logs subscription",
    "cognito-pre-sign-up": "Cognito user pool, before a sign-up",
    "dynamodb": "DynamoDB stream",
    "eventbridge": "EventBridge rule",
    "function-url": "function URL",
    "kinesis": "Kinesis data stream",
    "s3": "S3 notification; its key is URL-encoded",
    "schedule": "EventBridge schedule",
    "sns": "SNS topic",
    "sqs": "SQS queue, two messages",
    "sqs-fifo": "SQS FIFO queue",
    "websocket-connect": "API Gateway WebSocket API, $connect",
    "websocket-disconnect": "API Gateway WebSocket API, $disconnect",
    "websocket-message": "API Gateway WebSocket API, a message",
}

#[cfg(test)]
#[path = "samples_tests.rs"]
mod tests;
