//! Each sample is read by the types that another project has for its source, and nothing of it gets
//! lost on the way: a misspelt member would.

use aws_lambda_events::event as aws;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::read::GzDecoder;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::*;

/// Reads a sample as one type and gives what became of it.
type Judge = fn(&str) -> serde_json::Result<Value>;

fn through<T: DeserializeOwned + Serialize>(event: &str) -> serde_json::Result<Value> {
    serde_json::to_value(serde_json::from_str::<T>(event)?)
}

/// Those of authorizers know little of the request's context, which is that of the request itself.
fn authorizer<T, C>(event: &str) -> serde_json::Result<Value>
where
    T: DeserializeOwned + Serialize,
    C: DeserializeOwned + Serialize,
{
    let mut back = through::<T>(event)?;
    let event: Value = serde_json::from_str(event)?;
    back["requestContext"] = through::<C>(&event["requestContext"].to_string())?;
    Ok(back)
}

type Rest = aws::apigw::ApiGatewayProxyRequest;
type Http = aws::apigw::ApiGatewayV2httpRequest;
type Url = aws::lambda_function_urls::LambdaFunctionUrlRequest;
type Alb = aws::alb::AlbTargetGroupRequest;
type WebSocket = aws::apigw::ApiGatewayWebsocketProxyRequest;
type Rule = aws::eventbridge::EventBridgeEvent<Value>;
type RestContext = aws::apigw::ApiGatewayProxyRequestContext;
type WebSocketContext = aws::apigw::ApiGatewayWebsocketProxyRequestContext;
type Authorizer = aws::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
type AuthorizerV1 = aws::apigw::ApiGatewayV2CustomAuthorizerV1Request;
type Resource = aws::cloudformation::CloudFormationCustomResourceRequest;
type Message = aws::cognito::CognitoEventUserPoolsCustomMessage;

/// What is left out has no type there: Lex V2, Alexa, custom senders, the event that tries S3.
const JUDGES: &[(&str, Judge)] = &[
    ("alb", through::<Alb>),
    ("alb-health-check", through::<Alb>),
    ("alb-multi-value", through::<Alb>),
    ("api-gateway-http", through::<Http>),
    ("api-gateway-http-binary", through::<Http>),
    ("api-gateway-http-iam", through::<Http>),
    ("api-gateway-http-lambda-authorizer", through::<Http>),
    ("api-gateway-http-stage", through::<Http>),
    ("api-gateway-http-v1", through::<Rest>),
    ("api-gateway-rest", through::<Rest>),
    ("api-gateway-rest-binary", through::<Rest>),
    ("api-gateway-rest-cognito", through::<Rest>),
    ("api-gateway-rest-lambda-authorizer", through::<Rest>),
    ("api-gateway-rest-multi-value", through::<Rest>),
    (
        "authorizer-http",
        through::<aws::apigw::ApiGatewayV2CustomAuthorizerV2Request>,
    ),
    (
        "authorizer-http-v1",
        authorizer::<AuthorizerV1, RestContext>,
    ),
    ("authorizer-request", authorizer::<Authorizer, RestContext>),
    (
        "authorizer-token",
        through::<aws::apigw::ApiGatewayCustomAuthorizerRequest>,
    ),
    (
        "authorizer-websocket",
        authorizer::<Authorizer, WebSocketContext>,
    ),
    ("cloudwatch-logs", logs),
    ("cloudwatch-logs-control", logs),
    ("codecommit", through::<aws::code_commit::CodeCommitEvent>),
    (
        "codepipeline",
        through::<aws::codepipeline_job::CodePipelineJobEvent>,
    ),
    (
        "cognito-create-challenge",
        through::<aws::cognito::CognitoEventUserPoolsCreateAuthChallenge>,
    ),
    (
        "cognito-define-challenge",
        through::<aws::cognito::CognitoEventUserPoolsDefineAuthChallenge>,
    ),
    ("cognito-message-admin-create", through::<Message>),
    ("cognito-message-authentication", through::<Message>),
    ("cognito-message-forgot-password", through::<Message>),
    ("cognito-message-resend-code", through::<Message>),
    ("cognito-message-sign-up", through::<Message>),
    ("cognito-message-update-attribute", through::<Message>),
    ("cognito-message-verify-attribute", through::<Message>),
    (
        "cognito-post-authentication",
        through::<aws::cognito::CognitoEventUserPoolsPostAuthentication>,
    ),
    (
        "cognito-post-confirmation",
        through::<aws::cognito::CognitoEventUserPoolsPostConfirmation>,
    ),
    (
        "cognito-post-confirmation-password",
        through::<aws::cognito::CognitoEventUserPoolsPostConfirmation>,
    ),
    (
        "cognito-pre-authentication",
        through::<aws::cognito::CognitoEventUserPoolsPreAuthentication>,
    ),
    (
        "cognito-pre-sign-up",
        through::<aws::cognito::CognitoEventUserPoolsPreSignup>,
    ),
    (
        "cognito-pre-sign-up-admin",
        through::<aws::cognito::CognitoEventUserPoolsPreSignup>,
    ),
    (
        "cognito-pre-sign-up-external",
        through::<aws::cognito::CognitoEventUserPoolsPreSignup>,
    ),
    (
        "cognito-pre-token",
        through::<aws::cognito::CognitoEventUserPoolsPreTokenGen>,
    ),
    (
        "cognito-pre-token-v2",
        through::<aws::cognito::CognitoEventUserPoolsPreTokenGenV2>,
    ),
    ("cognito-pre-token-v3", machine_token),
    (
        "cognito-user-migration",
        through::<aws::cognito::CognitoEventUserPoolsMigrateUser>,
    ),
    (
        "cognito-user-migration-password",
        through::<aws::cognito::CognitoEventUserPoolsMigrateUser>,
    ),
    (
        "cognito-verify-challenge",
        through::<aws::cognito::CognitoEventUserPoolsVerifyAuthChallenge>,
    ),
    ("config", through::<aws::config::ConfigEvent>),
    ("custom-resource-create", through::<Resource>),
    ("custom-resource-delete", through::<Resource>),
    ("custom-resource-update", through::<Resource>),
    ("dynamodb", through::<aws::dynamodb::Event>),
    ("dynamodb-ttl", through::<aws::dynamodb::Event>),
    ("dynamodb-types", through::<aws::dynamodb::Event>),
    ("dynamodb-window", through::<aws::dynamodb::TimeWindowEvent>),
    ("eventbridge", through::<Rule>),
    ("eventbridge-ec2", through::<Rule>),
    ("eventbridge-s3", through::<Rule>),
    ("function-url", through::<Url>),
    ("function-url-iam", through::<Url>),
    ("kafka", through::<aws::kafka::KafkaEvent>),
    ("kafka-self-managed", through::<aws::kafka::KafkaEvent>),
    ("kinesis", through::<aws::kinesis::KinesisEvent>),
    (
        "kinesis-window",
        through::<aws::kinesis::KinesisTimeWindowEvent>,
    ),
    ("s3", through::<aws::s3::S3Event>),
    ("s3-delete", through::<aws::s3::S3Event>),
    ("schedule", through::<Rule>),
    ("scheduler", through::<Rule>),
    ("ses", through::<aws::ses::SimpleEmailEvent>),
    ("sns", through::<aws::sns::SnsEvent>),
    ("sns-binary", through::<aws::sns::SnsEvent>),
    ("sqs", through::<aws::sqs::SqsEvent>),
    ("sqs-fifo", through::<aws::sqs::SqsEvent>),
    ("sqs-s3", through::<aws::sqs::SqsEvent>),
    ("sqs-sns", through::<aws::sqs::SqsEvent>),
    ("websocket-connect", through::<WebSocket>),
    ("websocket-disconnect", through::<WebSocket>),
    ("websocket-message", through::<WebSocket>),
];

/// Samples that no type judges.
const UNJUDGED: &[&str] = &[
    "alexa",
    "cognito-email-sender",
    "cognito-sms-sender",
    "hello",
    "lex",
    "s3-test",
];

/// What the types do not know, though AWS sends it; `*` stands for one step of the way.
const UNKNOWN: &[&str] = &[
    "*/request/linkParameter",
    "*/requestContext/deploymentId",
    "*/requestContext/extendedRequestId",
    // They are taken for REST APIs, which have no version.
    "api-gateway-http-v1/version",
    "function-url/requestContext/authorizer/iam/principalOrgId",
    "function-url/requestContext/routeKey",
    "function-url/requestContext/stage",
    "function-url/routeKey",
    "function-url-iam/requestContext/routeKey",
    "function-url-iam/requestContext/stage",
    "function-url-iam/routeKey",
    // Times that come back in another unit.
    "*/Records/*/kinesis/approximateArrivalTimestamp",
    "*/records/*/*/timestamp",
];

/// The third version in the form of the second, but for the name of its trigger.
fn machine_token(event: &str) -> serde_json::Result<Value> {
    let (its_own, other) = (
        "TokenGeneration_ClientCredentials",
        "TokenGeneration_HostedAuth",
    );
    let event = event.replace(its_own, other);
    let mut back = through::<aws::cognito::CognitoEventUserPoolsPreTokenGenV2>(&event)?;
    back["triggerSource"] = its_own.into();
    Ok(back)
}

/// The type zips the records again, perhaps to other bytes: what is in them has to be the same.
fn logs(event: &str) -> serde_json::Result<Value> {
    let typed: aws::cloudwatch_logs::LogsEvent = serde_json::from_str(event)?;
    let event: Value = serde_json::from_str(event)?;
    let data = event["awslogs"]["data"].as_str().expect("a string");
    let zipped = BASE64_STANDARD.decode(data).expect("base64");
    let records: Value = serde_json::from_reader(GzDecoder::new(&zipped[..]))?;
    assert_eq!(serde_json::to_value(typed.aws_logs.data)?, records);
    Ok(event)
}

#[test]
fn every_sample_is_judged_or_named_as_one_that_cannot_be() {
    let mut judged: Vec<_> = JUDGES.iter().map(|(name, _)| *name).collect();
    judged.extend(UNJUDGED);
    judged.sort_unstable();
    let mut all: Vec<_> = SAMPLES.iter().map(|sample| sample.name).collect();
    all.sort_unstable();
    assert_eq!(judged, all);
}

#[test]
fn no_member_of_a_sample_is_unknown_to_its_type() {
    let mut lost = Vec::new();
    for (name, judge) in JUDGES {
        let text = super::event(name);
        let event: Value = serde_json::from_str(text).expect("a sample is JSON");
        let back = judge(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        compare(&event, &back, name, &mut lost);
    }
    let known = |place: &String| UNKNOWN.iter().any(|pattern| matches(pattern, place));
    let unexpected: Vec<_> = lost.iter().filter(|place| !known(place)).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    for pattern in UNKNOWN {
        let used = lost.iter().any(|place| matches(pattern, place));
        assert!(used, "{pattern} is known after all");
    }
}

/// Adds the places where `event` has something that `back` has not.
fn compare(event: &Value, back: &Value, place: &str, lost: &mut Vec<String>) {
    match (event, back) {
        // A type may leave out what is null or empty.
        (Value::Object(event), Value::Object(back)) => {
            for (name, value) in event {
                let lower = name.to_ascii_lowercase();
                let place = format!("{place}/{name}");
                // Names of headers come back in small letters.
                match back.get(name).or_else(|| back.get(&lower)) {
                    Some(back) => compare(value, back, &place, lost),
                    None if value.is_null() => {}
                    None => lost.push(place),
                }
            }
        }
        (Value::Array(event), Value::Array(back)) if event.len() == back.len() => {
            for (n, (value, back)) in event.iter().zip(back).enumerate() {
                compare(value, back, &format!("{place}/{n}"), lost);
            }
        }
        // A parameter of the query may come back as the list of its values.
        (Value::String(_), Value::Array(back)) if back.last() == Some(event) => {}
        (Value::Number(event), Value::Number(back)) if event.as_f64() == back.as_f64() => {}
        _ if event == back || event.is_null() => {}
        _ => lost.push(place.to_owned()),
    }
}

fn matches(pattern: &str, place: &str) -> bool {
    let (mut pattern, mut place) = (pattern.split('/'), place.split('/'));
    loop {
        match (pattern.next(), place.next()) {
            (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (wanted, found) if wanted == found => {}
            _ => return false,
        }
    }
}
