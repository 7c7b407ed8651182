//! The definitions of raw events in `runtime/types/lambda/events` describe the sample events, whole:
//! every member, its type, and whether it may be missing.

mod support;

#[path = "event_types/classes.rs"]
mod classes;

use std::collections::BTreeSet;
use std::fs;

use classes::Classes;
use serde_json::Value;
use support::{lua, project};

/// Samples and the classes that describe them; `*` stands for the rest of a name. The first counts.
const DESCRIBED: &[(&str, &str)] = &[
    ("alb*", "ALBEvent"),
    ("alexa", "AlexaEvent"),
    ("api-gateway-http-v1", "APIGatewayRESTEvent"),
    ("api-gateway-http*", "HTTPAPIEvent"),
    ("api-gateway-rest*", "APIGatewayRESTEvent"),
    ("authorizer-*", "AuthorizerEvent"),
    ("cloudwatch-logs*", "CloudWatchLogsEvent"),
    ("codecommit", "CodeCommitEvent"),
    ("codepipeline", "CodePipelineEvent"),
    ("cognito-create-challenge", "CognitoCreateChallengeEvent"),
    ("cognito-define-challenge", "CognitoDefineChallengeEvent"),
    ("cognito-email-sender", "CognitoCustomSenderEvent"),
    ("cognito-message-*", "CognitoCustomMessageEvent"),
    (
        "cognito-post-authentication",
        "CognitoPostAuthenticationEvent",
    ),
    ("cognito-post-confirmation*", "CognitoPostConfirmationEvent"),
    (
        "cognito-pre-authentication",
        "CognitoPreAuthenticationEvent",
    ),
    ("cognito-pre-sign-up*", "CognitoPreSignUpEvent"),
    ("cognito-pre-token*", "CognitoPreTokenEvent"),
    ("cognito-sms-sender", "CognitoCustomSenderEvent"),
    ("cognito-user-migration*", "CognitoUserMigrationEvent"),
    ("cognito-verify-challenge", "CognitoVerifyChallengeEvent"),
    ("config", "ConfigEvent"),
    ("custom-resource-*", "CloudFormationEvent"),
    ("dynamodb-window", "DynamoDBWindowEvent"),
    ("dynamodb*", "DynamoDBEvent"),
    ("eventbridge*", "EventBridgeEvent"),
    ("function-url*", "FunctionURLEvent"),
    ("kafka*", "KafkaEvent"),
    ("kinesis-window", "KinesisWindowEvent"),
    ("kinesis", "KinesisEvent"),
    ("lex", "LexEvent"),
    ("s3-test", "S3TestEvent"),
    ("s3*", "S3Event"),
    ("schedule*", "EventBridgeEvent"),
    ("ses", "SESEvent"),
    ("sns*", "SNSEvent"),
    ("sqs*", "SQSEvent"),
    ("websocket-*", "WebSocketEvent"),
];

/// The sample events, but for `hello`, which is of no service.
fn samples() -> Vec<(String, Value)> {
    let folder = fs::read_dir(project().join("cli/events")).expect("the samples");
    let mut samples: Vec<_> = folder
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_stem().and_then(|name| name.to_str());
            let text = fs::read_to_string(&path).expect("a sample");
            let event = serde_json::from_str(&text).expect("JSON");
            (name.expect("a name of UTF-8").to_owned(), event)
        })
        .filter(|(name, _)| name != "hello")
        .collect();
    samples.sort_by(|a, b| a.0.cmp(&b.0));
    samples
}

fn sample(name: &str) -> Value {
    let mut samples = samples().into_iter();
    samples.find(|sample| sample.0 == name).expect("a sample").1
}

fn class_of(name: &str) -> &'static str {
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    };
    let entry = DESCRIBED.iter().find(|(pattern, _)| fits(pattern));
    entry
        .unwrap_or_else(|| panic!("no class describes {name}"))
        .1
}

#[test]
fn every_sample_is_described_member_by_member() {
    let classes = Classes::read();
    let mut faults = Vec::new();
    for (name, event) in samples() {
        let class = format!("lambda.events.{}", class_of(&name));
        faults.extend(classes.faults(&class, &event, &name));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_events_hold_as_text_is_described_too() {
    let classes = Classes::read();
    let text = |value: &Value| -> Value {
        serde_json::from_str(value.as_str().expect("text")).expect("JSON")
    };
    let notification = text(&sample("sqs-sns")["Records"][0]["body"]);
    let in_queue = sample("sqs-s3");
    let detail = sample("eventbridge-s3")["detail"].take();
    let mut faults = Vec::new();
    for (class, value) in [
        ("SNSNotification", notification),
        ("S3Event", text(&in_queue["Records"][0]["body"])),
        ("S3TestEvent", text(&in_queue["Records"][1]["body"])),
        ("S3ObjectDetail", detail),
    ] {
        faults.extend(classes.faults(&format!("lambda.events.{class}"), &value, class));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_pattern_has_a_sample() {
    let used: BTreeSet<_> = samples().iter().map(|(name, _)| class_of(name)).collect();
    for (pattern, class) in DESCRIBED {
        assert!(used.contains(class), "{pattern}");
    }
}

#[test]
fn every_class_that_a_field_names_is_there() {
    let missing = Classes::read().missing();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What the code writes as JSON, with `sample(name)` and `events` at hand.
fn said(code: &str) -> Value {
    let folder = project().join("cli/events");
    let script = format!(
        "local json, events = require('lambda.json'), require('lambda.events')
         local function sample(name)
           local file = assert(io.open('{}/' .. name .. '.json'))
           local text = file:read('*a')
           file:close()
           return json.decode(text)
         end
         {code}",
        folder.display()
    );
    let output = lua(["-e", &script]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).expect("JSON of our own")
}

#[test]
fn what_is_made_of_an_event_is_described_as_well() {
    // CloudFormation's answer goes nowhere.
    let records = said(
        "local made = {}
         for _, name in ipairs({ 'connect', 'message', 'disconnect' }) do
           made[name] = events.websocket.read(sample('websocket-' .. name))
         end
         for _, name in ipairs({ 'http', 'http-v1', 'request', 'token', 'websocket' }) do
           events.authorizer.handler(function(request)
             made[name] = request
             return events.authorizer.deny()
           end)(sample('authorizer-' .. name))
         end
         package.loaded['lambda.http'] = { put = function() return { status = 200 } end }
         local function note(request) made[request.type] = request end
         local functions = { create = note, update = note, delete = note }
         for name in pairs(functions) do
           local handler = events.custom_resource.handler(functions)
           handler(sample('custom-resource-' .. name))
         end
         io.write(json.encode(made))",
    );
    let classes = Classes::read();
    let mut faults = Vec::new();
    for (name, record) in records.as_object().expect("a table") {
        let class = match name.as_str() {
            "connect" | "message" | "disconnect" => "WebSocketRecord",
            "create" | "update" | "delete" => "CustomResourceRequest",
            _ => "AuthorizerRequest",
        };
        faults.extend(classes.faults(&format!("lambda.events.{class}"), record, name));
    }
    assert_eq!(records.as_object().map(|records| records.len()), Some(11));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_function_that_is_described_is_there() {
    let mut described = BTreeSet::new();
    for part in ["authorizer", "cognito", "custom_resource", "websocket"] {
        let file = project().join(format!("runtime/types/lambda/events/{part}.lua"));
        let text = fs::read_to_string(file).expect("a definition");
        let functions = text
            .lines()
            .filter_map(|line| line.strip_prefix("function "));
        described.extend(functions.filter_map(|line| Some(line.split_once('(')?.0.to_owned())));
    }
    assert_eq!(described.len(), 10, "{described:?}");
    for name in described {
        let kind = said(&format!("io.write(json.encode(type(events.{name})))"));
        assert_eq!(kind, "function", "{name}");
    }
}

#[test]
fn what_is_not_described_is_found() {
    let classes = Classes::read();
    let faults = |change: &dyn Fn(&mut Value)| {
        let mut event = sample("sqs");
        change(&mut event["Records"][0]);
        classes.faults("lambda.events.SQSEvent", &event, "sqs")
    };
    assert_eq!(faults(&|_| {}), Vec::<String>::new());
    let unknown = faults(&|record| record["messageid"] = "x".into());
    assert_eq!(unknown, ["sqs.Records[1].messageid is not described"]);
    let other = faults(&|record| record["body"] = 7.into());
    assert_eq!(other, ["sqs.Records[1].body is no string: 7"]);
    let missing = faults(&|record| {
        record.as_object_mut().expect("a record").remove("body");
    });
    assert_eq!(missing, ["sqs.Records[1].body is missing"]);
    let null = faults(&|record| record["body"] = Value::Null);
    assert_eq!(null, ["sqs.Records[1].body is no string: null"]);
}
