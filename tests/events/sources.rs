//! What the source of an event is called, and what is said of the wrong one.

use std::fs;

use serde_json::{Value, json};

use super::support::project;
use super::{answer, answer_of, error, function, sample};

/// The names of the sources of these events.
#[track_caller]
fn sources(events: Vec<Value>) -> Value {
    let body = "local names = json.array({})\n\
        for nth, one in ipairs(event) do names[nth] = events.source(one) or false end\n\
        return names";
    answer(body, &Value::Array(events))
}

/// The names of all samples.
fn samples() -> Vec<String> {
    let folder = fs::read_dir(project().join("cli/events")).expect("the samples");
    let files = folder.map(|file| file.expect("a sample").file_name());
    let mut names: Vec<_> = files
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".json")?.to_owned()))
        .collect();
    names.sort();
    names
}

#[test]
fn every_sample_has_the_name_of_its_source() {
    // By what their names begin with, the longest that fits.
    let expected = [
        ("alb", json!("alb")),
        ("alexa", json!("alexa")),
        ("api-gateway-http", json!("http-api")),
        ("api-gateway-http-v1", json!("api-gateway")),
        ("api-gateway-rest", json!("api-gateway")),
        ("authorizer", json!("authorizer")),
        ("cloudwatch-logs", json!("cloudwatch-logs")),
        ("codecommit", json!("codecommit")),
        ("codepipeline", json!("codepipeline")),
        ("cognito", json!("cognito")),
        ("config", json!("config")),
        ("custom-resource", json!("cloudformation")),
        ("dynamodb", json!("dynamodb")),
        ("eventbridge", json!("eventbridge")),
        ("function-url", json!("function-url")),
        ("hello", json!(false)),
        ("kafka", json!("kafka")),
        ("kinesis", json!("kinesis")),
        ("lex", json!("lex")),
        ("s3", json!("s3")),
        ("schedule", json!("schedule")),
        ("ses", json!("ses")),
        ("sns", json!("sns")),
        ("sqs", json!("sqs")),
        ("websocket", json!("websocket")),
    ];
    let samples = samples();
    let names = sources(samples.iter().map(|name| sample(name)).collect());
    for (file, name) in samples.iter().zip(names.as_array().expect("names")) {
        let fitting = expected.iter().filter(|(start, _)| file.starts_with(start));
        let (_, wanted) = fitting
            .max_by_key(|(start, _)| start.len())
            .unwrap_or_else(|| panic!("the source of {file} is not listed"));
        assert_eq!(name, wanted, "{file}");
    }
}

#[test]
fn every_sample_is_read_alike_whether_null_is_a_value_or_absent() {
    // Without the raw events. DynamoDB's own null follows the setting, and so does the event that
    // Cognito gets back.
    let body = "local read = {\n\
          authorizer = function(one)\n\
            return events.authorizer.handler(function(request)\n\
              request.raw = nil\n\
              return { isAuthorized = true, request = request }\n\
            end)(one)\n\
          end,\n\
          cognito = function(one)\n\
            local kind = one.triggerSource:match('^[^_]*')\n\
            return events.cognito.handler({ [kind] = function() end })(one)\n\
          end,\n\
          websocket = events.websocket.read,\n\
        }\n\
        for _, name in ipairs({ 'cloudwatch_logs', 'dynamodb', 'eventbridge', 'kafka', 'kinesis',\n\
          's3', 'schedule', 'sns', 'sqs' }) do\n\
          read[(name:gsub('_', '-'))] = events[name]\n\
        end\n\
        local function bare(value, without_null)\n\
          if type(value) == 'table' then\n\
            value.raw = nil\n\
            for name, inner in pairs(value) do\n\
              if without_null and inner == json.null then value[name] = nil end\n\
              bare(inner, without_null)\n\
            end\n\
          end\n\
          return value\n\
        end\n\
        local all = json.array({})\n\
        for nth, one in ipairs(event) do\n\
          local source = events.source(one) or ''\n\
          local without_null = source == 'dynamodb' or source == 'cognito'\n\
          all[nth] = read[source] and bare(read[source](one), without_null) or false\n\
        end\n\
        return all";
    let events = Value::Array(samples().iter().map(|name| sample(name)).collect());
    let given = answer(body, &events);
    let read = given.as_array().expect("records").iter();
    assert!(read.filter(|one| **one != json!(false)).count() > 50);
    let absent = function(body).env("MOONLAYER_JSON_NULL", "nil");
    assert_eq!(answer_of(absent, &events), given);
}

#[test]
fn other_services_are_known_by_their_members() {
    let websocket_authorizer = json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:f6g7h8i9j0/production/$connect",
        "requestContext": { "eventType": "CONNECT", "connectionId": "BnXk7fZtoAMCKFw=" },
    });
    let expected = [
        (
            "kafka",
            json!({ "eventSource": "aws:kafka", "records": {} }),
        ),
        (
            "kafka",
            json!({ "eventSource": "SelfManagedKafka", "records": {} }),
        ),
        (
            "activemq",
            json!({ "eventSource": "aws:mq", "messages": [] }),
        ),
        ("rabbitmq", json!({ "eventSource": "aws:rmq" })),
        (
            "documentdb",
            json!({ "eventSource": "aws:docdb", "events": [] }),
        ),
        (
            "ses",
            json!({ "Records": [{ "eventSource": "aws:ses", "ses": {} }] }),
        ),
        (
            "codecommit",
            json!({ "Records": [{ "eventSource": "aws:codecommit" }] }),
        ),
        (
            "cloudfront",
            json!({ "Records": [{ "cf": { "config": {} } }] }),
        ),
        ("authorizer", websocket_authorizer),
        (
            "s3",
            json!({ "Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b" }),
        ),
        (
            "schedule",
            json!({ "detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": "{}" }),
        ),
        (
            "eventbridge",
            json!({ "detail-type": "Scheduled Event", "source": "shop", "detail": {} }),
        ),
        (
            "cloudformation",
            json!({ "RequestType": "Create", "ResponseURL": "https://example.com" }),
        ),
        (
            "lex",
            json!({ "bot": {}, "sessionState": {}, "invocationSource": "x" }),
        ),
        ("lex", json!({ "bot": {}, "currentIntent": {} })),
        (
            "alexa",
            json!({ "request": { "type": "LaunchRequest", "requestId": "amzn1.echo-api" } }),
        ),
        (
            "alexa",
            json!({ "directive": { "header": { "namespace": "Alexa.Discovery" } } }),
        ),
        (
            "connect",
            json!({ "Name": "ContactFlowEvent", "Details": {} }),
        ),
        (
            "config",
            json!({ "invokingEvent": "{}", "ruleParameters": "{}" }),
        ),
        ("codepipeline", json!({ "CodePipeline.job": { "id": "1" } })),
        (
            "firehose",
            json!({ "deliveryStreamArn": "arn", "records": [] }),
        ),
        (
            "s3-batch",
            json!({ "invocationSchemaVersion": "1.0", "tasks": [] }),
        ),
        (
            "appsync",
            json!({ "info": { "fieldName": "post" }, "arguments": {} }),
        ),
    ];
    let names: Vec<_> = expected.iter().map(|(name, _)| *name).collect();
    let events = expected.iter().map(|(_, event)| event.clone()).collect();
    assert_eq!(sources(events), json!(names));
}

#[test]
fn the_end_of_a_window_has_no_records_and_the_source_of_its_stream() {
    let end = |service: &str| {
        let arn = format!("arn:aws:{service}:us-east-1:123456789012:x");
        json!({ "Records": [], "isFinalInvokeForWindow": true, "eventSourceARN": arn })
    };
    let events = vec![end("dynamodb"), end("kinesis"), end("sqs")];
    assert_eq!(sources(events), json!(["dynamodb", "kinesis", false]));
    assert_eq!(answer("return #events.kinesis(event)", &end("kinesis")), 0);
    assert_eq!(
        error("events.kinesis(event)", &end("dynamodb")),
        "events.kinesis: expected an event of Kinesis, got one of DynamoDB; events.dynamodb reads it"
    );
}

#[test]
fn what_is_of_no_service_has_no_source() {
    let events = vec![
        json!({}),
        json!([]),
        json!("text"),
        json!(42),
        json!(null),
        json!({ "name": "Ada" }),
        json!({ "Records": [] }),
        json!({ "Records": [], "eventSourceARN": "kinesis" }),
        json!({ "Records": null }),
        json!({ "Records": "aws:sqs" }),
        json!({ "Records": ["aws:sqs"] }),
        json!({ "Records": [null] }),
        json!({ "Records": [{ "eventSource": { "a": 1 } }] }),
        json!({ "Records": [{ "eventSource": "aws:other" }] }),
        json!({ "eventSource": ["aws:kafka"] }),
        json!({ "requestContext": null }),
        json!({ "requestContext": { "elb": null, "http": 1 } }),
        json!({ "detail-type": "x", "detail": {} }),
        json!({ "awslogs": "x", "triggerSource": 1, "info": 7, "request": "x", "bot": 1 }),
        json!({ "directive": { "header": { "namespace": 7 } } }),
    ];
    let none = vec![false; events.len()];
    assert_eq!(sources(events), json!(none));
}

#[test]
fn a_wrong_source_is_an_error_that_names_both_and_what_reads_it() {
    // Each reader, with a sample that it is not for.
    for (reader, wanted, file, got) in [
        ("sqs", "SQS", "s3", "S3; events.s3 reads it"),
        ("sns", "SNS", "kinesis", "Kinesis; events.kinesis reads it"),
        ("s3", "S3", "dynamodb", "DynamoDB; events.dynamodb reads it"),
        ("dynamodb", "DynamoDB", "sqs", "SQS; events.sqs reads it"),
        ("kinesis", "Kinesis", "sns", "SNS; events.sns reads it"),
        (
            "kafka",
            "Kafka",
            "cloudwatch-logs",
            "CloudWatch Logs; events.cloudwatch_logs reads it",
        ),
        (
            "cloudwatch_logs",
            "CloudWatch Logs",
            "eventbridge",
            "EventBridge; events.eventbridge reads it",
        ),
        (
            "eventbridge",
            "EventBridge",
            "function-url",
            "a function URL; lambda.web reads it",
        ),
        (
            "schedule",
            "a schedule",
            "eventbridge",
            "EventBridge; events.eventbridge reads it",
        ),
    ] {
        assert_eq!(
            error(&format!("events.{reader}(event)"), &sample(file)),
            format!("events.{reader}: expected an event of {wanted}, got one of {got}")
        );
    }
}

#[test]
fn an_event_of_unknown_source_is_described() {
    assert_eq!(
        error("events.sqs(event)", &json!({ "b": 1, "a": 2 })),
        "events.sqs: expected an event of SQS, got one of an unknown source (its members: a, b)"
    );
    assert_eq!(
        error("events.s3(event)", &json!({})),
        "events.s3: expected an event of S3, got one of an unknown source (it is empty)"
    );
    let many = json!({ "a": 1, "b": 1, "c": 1, "d": 1, "e": 1, "f": 1, "g": 1 });
    assert_eq!(
        error("events.schedule(event)", &many),
        "events.schedule: expected an event of a schedule, got one of an unknown source (its \
         members: a, b, c, d, e, f, …); a schedule with an input of its own sends that input alone"
    );
    let piped = json!([{ "eventSource": "aws:sqs", "messageId": "m-1", "body": "one" }]);
    assert_eq!(
        error("events.sqs(event)", &piped),
        "events.sqs: expected an event of SQS, got a list of records of SQS, as a pipe of \
         EventBridge sends; call events.record for each"
    );
    let body = "return events.record(event[1]).body";
    assert_eq!(answer(body, &piped), "one");
    assert_eq!(
        error("events.dynamodb(event)", &json!("text")),
        "bad argument #1 to 'dynamodb' (an event expected, got string)"
    );
    assert_eq!(
        error("events.kafka(nil)", &json!({})),
        "bad argument #1 to 'kafka' (an event expected, got nil)"
    );
}

#[test]
fn no_records_are_an_empty_list() {
    let body = "for _, read in ipairs({ 'sqs', 'sns', 's3', 'dynamodb', 'kinesis' }) do\n\
        all[#all + 1] = events[read](event)\nend\nreturn all";
    // As JSON they are arrays, too.
    assert_eq!(
        answer(
            &format!("local all = {{}}\n{body}"),
            &json!({ "Records": [] })
        ),
        json!([[], [], [], [], []])
    );
}

#[test]
fn a_record_of_another_source_among_the_right_ones_is_an_error() {
    let mut event = sample("sqs");
    let stranger = sample("s3")["Records"][0].clone();
    event["Records"].as_array_mut().unwrap().push(stranger);
    assert_eq!(
        error("events.sqs(event)", &event),
        "events.sqs: record 3 is of S3, where one of SQS is expected"
    );
    event["Records"][2] = json!(7);
    assert_eq!(
        error("events.sqs(event)", &event),
        "events.sqs: record 3 is no such record, where one of SQS is expected"
    );
}

#[test]
fn a_single_record_as_lambda_batch_hands_it_out_is_read_too() {
    let body = "local one = events.record(event)\n\
        return { one.id or one.sequencer, one.data or one.body or one.message or one.key or \
        one.new.item }";
    let record = |file: &str| sample(file)["Records"][0].clone();
    for (file, expected) in [
        ("kinesis", "{\"page\":\"/\"}"),
        ("sqs", "{\"id\":41,\"item\":\"lamp\",\"quantity\":1}"),
        ("sns", "{\"orderId\":42,\"state\":\"shipped\"}"),
        ("s3", "reports/résumé (final) 1+1.pdf"),
        ("dynamodb", "lamp"),
    ] {
        assert_eq!(answer(body, &record(file))[1], expected, "{file}");
    }
    let expected = "events.record: expected one of the Records of SQS, SNS, S3, DynamoDB or \
        Kinesis, got ";
    for (event, got) in [
        (sample("sqs"), "a whole event"),
        (json!({ "eventSource": "aws:ses" }), "one of SES"),
        (json!({ "a": 1 }), "a table that is none"),
        (json!("x"), "a string that is none"),
    ] {
        assert_eq!(
            error("events.record(event)", &event),
            format!("{expected}{got}")
        );
    }
}

#[test]
fn a_protected_call_gets_the_position_of_the_user_s_code() {
    let body = "local _, message = pcall(events.sqs, 7)\nreturn message";
    assert_eq!(
        answer(body, &json!({})),
        "main.lua:4: bad argument #1 to 'sqs' (an event expected, got number)"
    );
}
