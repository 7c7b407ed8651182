//! Each sample has the members that tell its source apart, and what it says in another form.

use aws_lambda_events::event as aws;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::*;

/// The sample as `T`.
#[track_caller]
fn parsed<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(event(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[track_caller]
fn text(name: &str, pointer: &str) -> String {
    let value: Value = parsed(name);
    match value.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        other => panic!("{name}: {pointer} is {other:?}"),
    }
}

#[test]
fn every_sample_is_json_of_the_example_account_and_its_file_is_listed() {
    let mut listed: Vec<_> = SAMPLES.iter().map(|s| format!("{}.json", s.name)).collect();
    for sample in SAMPLES {
        let value: Value = parsed(sample.name);
        assert!(value.is_object(), "{}", sample.name);
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/events");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the samples' folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a name")
        })
        .collect();
    listed.sort();
    files.sort();
    assert_eq!(listed, files);
}

#[test]
fn http_samples_have_the_form_of_their_front_end() {
    let rest: aws::apigw::ApiGatewayProxyRequest = parsed("api-gateway-rest");
    assert_eq!(rest.http_method, "GET");
    let raw: Value = parsed("api-gateway-rest");
    assert!(raw.get("version").is_none());
    for member in [
        "queryStringParameters",
        "multiValueQueryStringParameters",
        "body",
    ] {
        assert_eq!(raw[member], Value::Null, "{member}");
        assert!(
            raw.as_object().expect("an object").contains_key(member),
            "{member}"
        );
    }
    assert!(!text("api-gateway-rest", "/requestContext/resourceId").is_empty());

    let http: aws::apigw::ApiGatewayV2httpRequest = parsed("api-gateway-http");
    assert_eq!(http.raw_path.as_deref(), Some("/orders/42"));
    assert_eq!(text("api-gateway-http", "/version"), "2.0");
    let body = text("api-gateway-http", "/body");
    assert_eq!(
        text("api-gateway-http", "/headers/content-length"),
        body.len().to_string()
    );

    let _: aws::lambda_function_urls::LambdaFunctionUrlRequest = parsed("function-url");
    assert!(text("function-url", "/requestContext/domainName").contains(".lambda-url."));

    for (name, has, lacks) in [
        ("alb", "queryStringParameters", "multiValueHeaders"),
        (
            "alb-multi-value",
            "multiValueQueryStringParameters",
            "headers",
        ),
    ] {
        let _: aws::alb::AlbTargetGroupRequest = parsed(name);
        let raw: Value = parsed(name);
        assert!(raw.get(has).is_some() && raw.get(lacks).is_none(), "{name}");
        text(name, "/requestContext/elb/targetGroupArn");
    }
}

#[test]
fn websocket_samples_tell_connection_and_kind() {
    for (name, kind) in [
        ("websocket-connect", "CONNECT"),
        ("websocket-message", "MESSAGE"),
        ("websocket-disconnect", "DISCONNECT"),
    ] {
        let _: aws::apigw::ApiGatewayWebsocketProxyRequest = parsed(name);
        assert_eq!(text(name, "/requestContext/eventType"), kind);
        text(name, "/requestContext/connectionId");
    }
}

#[test]
fn record_samples_name_their_source() {
    for (name, source) in [
        ("sqs", "aws:sqs"),
        ("sqs-fifo", "aws:sqs"),
        ("kinesis", "aws:kinesis"),
        ("dynamodb", "aws:dynamodb"),
        ("s3", "aws:s3"),
    ] {
        assert_eq!(text(name, "/Records/0/eventSource"), source);
    }
    assert_eq!(text("sns", "/Records/0/EventSource"), "aws:sns");

    let sqs: aws::sqs::SqsEvent = parsed("sqs");
    assert_eq!(sqs.records.len(), 2);
    assert_eq!(sqs.records[0].message_attributes.len(), 3);
    let fifo: aws::sqs::SqsEvent = parsed("sqs-fifo");
    assert!(
        fifo.records
            .iter()
            .all(|record| record.attributes.contains_key("MessageGroupId"))
    );
    let kinesis: aws::kinesis::KinesisEvent = parsed("kinesis");
    assert_eq!(kinesis.records[0].kinesis.data.0, b"{\"page\":\"/\"}");
    let dynamodb: aws::dynamodb::Event = parsed("dynamodb");
    let names: Vec<_> = dynamodb
        .records
        .iter()
        .map(|r| r.event_name.as_str())
        .collect();
    assert_eq!(names, ["INSERT", "MODIFY", "REMOVE"]);
    let s3: aws::s3::S3Event = parsed("s3");
    assert_eq!(
        s3.records[0].s3.object.key.as_deref(),
        Some("reports/r%C3%A9sum%C3%A9+%28final%29+1%2B1.pdf")
    );
    let sns: aws::sns::SnsEvent = parsed("sns");
    assert_eq!(sns.records[0].sns.subject.as_deref(), Some("Order 42"));
}

#[test]
fn what_a_service_says_in_another_form_can_be_read() {
    // Reading it takes base64 and gzip off.
    let logs: aws::cloudwatch_logs::LogsEvent = parsed("cloudwatch-logs");
    assert_eq!(logs.aws_logs.data.message_type, "DATA_MESSAGE");
    assert_eq!(logs.aws_logs.data.log_events.len(), 2);
    let control: aws::cloudwatch_logs::LogsEvent = parsed("cloudwatch-logs-control");
    assert_eq!(control.aws_logs.data.message_type, "CONTROL_MESSAGE");

    let bodies: aws::sqs::SqsEventObj<aws::sns::SnsMessage> = parsed("sqs-sns");
    assert_eq!(bodies.records[0].body.subject.as_deref(), Some("Order 42"));
    let bodies: aws::sqs::SqsEventObj<Value> = parsed("sqs-s3");
    assert_eq!(bodies.records[0].body, parsed::<Value>("s3"));
    let _: aws::s3::S3Event = parsed("s3");
    assert_eq!(bodies.records[1].body, parsed::<Value>("s3-test"));
}

#[test]
fn a_message_of_sqs_comes_with_the_digest_of_its_body() {
    for name in ["sqs", "sqs-fifo", "sqs-sns", "sqs-s3"] {
        let event: aws::sqs::SqsEvent = parsed(name);
        for message in event.records {
            let digest = message.md5_of_body.expect("a digest");
            // Not its value: nothing in the tool needs MD5.
            let is_hex = digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            assert!(is_hex && digest.len() == 32, "{name}: {digest}");
        }
    }
}

#[test]
fn authorizers_are_told_apart_by_type_and_version() {
    assert_eq!(text("authorizer-token", "/type"), "TOKEN");
    assert_eq!(text("authorizer-request", "/type"), "REQUEST");
    assert_eq!(
        text("authorizer-websocket", "/requestContext/eventType"),
        "CONNECT"
    );
    assert_eq!(text("authorizer-http", "/version"), "2.0");
    assert_eq!(text("authorizer-http-v1", "/version"), "1.0");
}

#[test]
fn schedules_are_told_from_other_rules() {
    assert_eq!(text("schedule", "/detail-type"), "Scheduled Event");
    assert_eq!(text("schedule", "/source"), "aws.events");
    assert_eq!(text("scheduler", "/source"), "aws.scheduler");
}

#[test]
fn each_trigger_of_cognito_has_a_sample() {
    let mut kinds: Vec<String> = SAMPLES
        .iter()
        .filter(|sample| sample.name.starts_with("cognito-"))
        .map(|sample| text(sample.name, "/triggerSource"))
        .map(|source| source.split('_').next().unwrap_or_default().to_owned())
        .collect();
    kinds.sort();
    kinds.dedup();
    let all = [
        "CreateAuthChallenge",
        "CustomEmailSender",
        "CustomMessage",
        "CustomSMSSender",
        "DefineAuthChallenge",
        "PostAuthentication",
        "PostConfirmation",
        "PreAuthentication",
        "PreSignUp",
        "TokenGeneration",
        "UserMigration",
        "VerifyAuthChallengeResponse",
    ];
    assert_eq!(kinds, all);
}
