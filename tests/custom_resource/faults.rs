//! Answers that do not arrive, time that is over, and what is no request.

use std::io::Write;
use std::time::Duration;

use super::support::{Event, Then, Web, answer, send};
use super::{NOTHING, STREAM, answered, body, function, given, ok, reason, sample};

#[test]
fn an_answer_that_does_not_arrive_is_sent_again() {
    // The first two get 503 and a connection that ends.
    let web = Web::new(|asked, out| {
        match asked.connection {
            0 => send(out, answer("503 Slow Down", &["Connection: close"], "")),
            1 => {}
            _ => send(out, answer("200 OK", &[], "")),
        }
        Then::Close
    });
    let event = sample("custom-resource-create", &web);
    let run = function("{ create = function() end }")
        .invoke(Event::json(event.to_string()))
        .run();
    assert_eq!(run.post().text(), "null", "{}", run.transcript());
    let asked = web.asked();
    assert!(asked.len() >= 3, "{asked:?}");
    assert_eq!(body(&asked[0]), body(&asked[2]));
}

#[test]
fn an_id_that_cloudformation_does_not_take_fails_the_resource_and_is_answered() {
    let message = "physical_id is text of 1 to 1024 bytes without control characters";
    for id in [
        "''",
        "5",
        "('x'):rep(1025)",
        "'a\\255'",
        "('\\1'):rep(1000)",
    ] {
        let returned = format!("{{ create = function() return {{ physical_id = {id} }} end }}");
        let answer = given(&returned, "custom-resource-create");
        assert_eq!(reason(&answer), format!("{message}{STREAM}"), "{id}");
        assert_eq!(answer["PhysicalResourceId"], NOTHING);
        let noted = format!("{{ create = function(request) request.physical_id = {id} end }}");
        let answer = given(&noted, "custom-resource-create");
        assert_eq!(
            reason(&answer),
            format!("request.{message}{STREAM}"),
            "{id}"
        );
        assert_eq!(answer["PhysicalResourceId"], NOTHING);
        let raised = format!(
            "{{ update = function(request) request.physical_id = {id} error('full', 0) end,
                create = print }}"
        );
        let answer = given(&raised, "custom-resource-update");
        assert_eq!(reason(&answer), format!("full{STREAM}"), "{id}");
        let event: serde_json::Value = sample("custom-resource-update", &ok());
        assert_eq!(answer["PhysicalResourceId"], event["PhysicalResourceId"]);
    }
}

#[test]
fn what_was_made_is_named_also_when_the_rest_of_the_answer_is_wrong() {
    for rest in ["Data = {}", "data = 5", "no_echo = 'yes'"] {
        let functions =
            format!("{{ create = function() return {{ physical_id = 'it', {rest} }} end }}");
        let answer = given(&functions, "custom-resource-create");
        assert!(!reason(&answer).is_empty());
        assert_eq!(answer["PhysicalResourceId"], "it", "{rest}");
    }
}

#[test]
fn a_function_out_of_memory_is_answered() {
    let functions = "{ create = function()
        local hoard = {}
        while true do hoard[#hoard + 1] = ('x'):rep(1048576) .. #hoard end
    end }";
    let web = ok();
    let event = sample("custom-resource-create", &web);
    let run = function(functions)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .invoke(Event::json(event.to_string()))
        .run();
    println!("{}", run.transcript());
    assert!(reason(&body(&web.only())).contains("memory"));
}

#[test]
fn an_answer_that_is_refused_fails_the_invocation_without_the_urls_secret() {
    for (status, requests) in [("403 Forbidden", 1), ("500 Internal Server Error", 3)] {
        let line = status.to_owned();
        let web = Web::new(move |_, out: &mut dyn Write| {
            send(out, answer(&line, &[], ""));
            Then::Keep
        });
        let event = sample("custom-resource-create", &web);
        let run = function("{ create = function() end }")
            .invoke(Event::json(event.to_string()))
            .run();
        let report = run.post().json();
        let code = &status[..3];
        let message =
            format!("cannot answer CloudFormation at the ResponseURL: it answered {code}");
        assert_eq!(report["errorMessage"], message);
        assert_eq!(web.asked().len(), requests);
        assert!(!run.stdout().contains("X-Amz"), "{}", run.stdout());
    }
}

#[test]
fn when_the_time_is_over_nothing_is_answered_and_lambda_tries_again() {
    let web = ok();
    let event = sample("custom-resource-create", &web).to_string();
    let run = function("{ create = function() while true do end end }")
        .invoke(Event::json(event).left(Duration::from_millis(300)))
        .run();
    assert_eq!(run.post().json()["errorType"], "Function.Timeout");
    assert_eq!(web.asked().len(), 0);
}

#[test]
fn a_new_kind_of_request_is_answered_as_a_failure() {
    let web = ok();
    let mut event = sample("custom-resource-update", &web);
    event["RequestType"] = "Import".into();
    let answer = answered("{ create = error }", &event, &web);
    assert_eq!(
        reason(&answer),
        format!("unknown RequestType Import{STREAM}")
    );
    assert_eq!(answer["PhysicalResourceId"], "seed-orders-1");
}

#[test]
fn an_event_of_another_source_fails_and_nothing_is_sent() {
    let run = function("{ create = print }")
        .invoke(Event::json(r#"{"Records":[{"eventSource":"aws:sqs"}]}"#))
        .run();
    assert_eq!(
        run.post().json()["errorMessage"],
        "events.custom_resource: expected an event of CloudFormation (custom resource), \
         got one of SQS; events.sqs reads it"
    );
}

#[test]
fn mistakes_in_the_table_are_errors_of_the_file() {
    for (functions, message) in [
        (
            "",
            "bad argument #1 to 'handler' (table of functions expected, got nil)",
        ),
        ("{}", "a custom resource needs a function for 'create'"),
        ("{ create = 7 }", "'create' takes a function, not a number"),
        (
            "{ Create = print }",
            "a custom resource has create, update and delete, no 'Create'",
        ),
    ] {
        let run = function(functions).ends().run();
        let report = run.post().json();
        let found = report["errorMessage"].as_str().expect("a message");
        assert!(found.contains(&format!("main.lua:2: {message}")), "{found}");
    }
}
