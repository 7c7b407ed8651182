//! `events.cognito`: triggers of a user pool get their function, and the whole event goes back.

mod support;

use std::fs;

use serde_json::{Value, json};
use support::{Event, Function, Run, project};

/// The names of the sample events of Cognito.
fn samples() -> Vec<String> {
    let folder = fs::read_dir(project().join("cli/events")).expect("the samples");
    let names = folder.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names
        .filter_map(|name| Some(name.to_str()?.strip_suffix(".json")?.to_owned()))
        .filter(|name| name.starts_with("cognito-"))
        .collect();
    names.sort();
    names
}

/// The sample event of that name.
fn sample(name: &str) -> Value {
    let file = project().join(format!("cli/events/{name}.json"));
    let text = fs::read_to_string(file).expect("a sample");
    serde_json::from_str(&text).expect("JSON")
}

/// A function whose handler is what `cognito.handler` makes of the table `triggers`.
fn function(triggers: &str) -> Function {
    let source = format!(
        "local cognito = require('lambda.events').cognito
         return {{ handler = cognito.handler({triggers}) }}"
    );
    Function::new("main.lua", source)
}

fn run(triggers: &str, event: &Value) -> Run {
    function(triggers)
        .invoke(Event::json(event.to_string()))
        .run()
}

#[track_caller]
fn fails(triggers: &str, event: &Value, message: &str) {
    let run = run(triggers, event);
    assert!(run.post().path.ends_with("/error"), "{}", run.transcript());
    assert_eq!(run.post().json()["errorMessage"], message);
}

#[test]
fn the_response_is_filled_and_the_rest_comes_back_as_it_was() {
    let mut event = sample("cognito-pre-sign-up");
    let triggers = "{ PreSignUp = function(request, response, event, context)
      assert(event.request == request and event.response == response)
      assert(context.aws_request_id == 'request-1')
      response.autoConfirmUser = request.userAttributes.email == 'ada@example.com'
    end }";
    let answer = run(triggers, &event).post().json();
    event["response"]["autoConfirmUser"] = true.into();
    assert_eq!(answer, event);
}

#[test]
fn every_trigger_reaches_the_function_of_its_kind_and_loses_nothing() {
    let names = samples();
    assert!(names.len() > 20, "{names:?}");
    let kinds = [
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
    let triggers: String = kinds
        .iter()
        .map(|kind| format!("{kind} = function(_, response) response.kind = '{kind}' end,"))
        .collect();
    let mut function = function(&format!("{{ {triggers} }}"));
    for name in &names {
        function = function.invoke(Event::json(sample(name).to_string()));
    }
    for (name, post) in names.iter().zip(function.run().posts()) {
        let mut event = sample(name);
        let trigger = event["triggerSource"].as_str().expect("a trigger");
        let kind = trigger.split('_').next().expect("a kind").to_owned();
        event["response"]["kind"] = kind.into();
        assert_eq!(post.json(), event, "{name}");
    }
}

#[test]
fn a_function_for_the_exact_trigger_goes_before_that_of_its_kind() {
    let triggers = "{
      PreSignUp = function(_, response) response.by = 'kind' end,
      PreSignUp_ExternalProvider = function(_, response) response.by = 'trigger' end,
    }";
    for (name, by) in [
        ("cognito-pre-sign-up", "kind"),
        ("cognito-pre-sign-up-admin", "kind"),
        ("cognito-pre-sign-up-external", "trigger"),
    ] {
        let answer = run(triggers, &sample(name)).post().json();
        assert_eq!(answer["response"]["by"], by, "{name}");
    }
}

#[test]
fn claims_of_tokens_keep_empty_lists_and_null() {
    let triggers = "{ TokenGeneration = function(_, response)
      response.claimsAndScopeOverrideDetails = {
        accessTokenGeneration = { claimsToAddOrOverride = { tenant = 'north' } },
      }
    end }";
    let answer = run(triggers, &sample("cognito-pre-token-v3")).post().json();
    let details = &answer["response"]["claimsAndScopeOverrideDetails"];
    let claims = &details["accessTokenGeneration"]["claimsToAddOrOverride"];
    assert_eq!(claims, &json!({"tenant": "north"}));
    let groups = &answer["request"]["groupConfiguration"];
    assert_eq!(groups["groupsToOverride"], json!([]));
    assert_eq!(groups["preferredRole"], Value::Null);
}

#[test]
fn a_missing_or_null_response_is_a_table_to_fill() {
    let mut event = sample("cognito-pre-authentication");
    for absent in [true, false] {
        event["response"] = Value::Null;
        if absent {
            event.as_object_mut().expect("a table").remove("response");
        }
        let triggers = "{ PreAuthentication = function(_, response) response.seen = true end }";
        let answer = run(triggers, &event).post().json();
        assert_eq!(answer["response"], json!({"seen": true}));
    }
}

#[test]
fn the_event_or_its_response_may_be_returned() {
    for returned in ["event", "response", "nil", "nil, nil"] {
        let triggers =
            format!("{{ PreSignUp = function(_, response, event) return {returned} end }}");
        let event = sample("cognito-pre-sign-up");
        assert_eq!(run(&triggers, &event).post().json(), event, "{returned}");
    }
}

#[test]
fn an_error_without_a_position_is_what_the_app_is_shown() {
    let event = sample("cognito-pre-sign-up");
    fails(
        "{ PreSignUp = function() error('invitations only', 0) end }",
        &event,
        "invitations only",
    );
    fails(
        "{ PreSignUp = function() return nil, 'invitations only' end }",
        &event,
        "invitations only",
    );
    fails(
        "{ PreSignUp = function() error('a bug') end }",
        &event,
        "main.lua:2: a bug",
    );
}

#[test]
fn a_trigger_without_a_function_says_which_there_are() {
    fails(
        "{ PreSignup = print, PostConfirmation = print }",
        &sample("cognito-pre-sign-up"),
        "no function for the Cognito trigger PreSignUp_SignUp: there are PostConfirmation, \
         PreSignup; add PreSignUp, or take the trigger off the user pool",
    );
}

#[test]
fn an_answer_in_place_of_a_filled_response_is_an_error() {
    let event = sample("cognito-pre-sign-up");
    let message = "the function for PreSignUp_SignUp returned a table: set fields of response, \
                   return nothing";
    fails(
        "{ PreSignUp = function() return { autoConfirmUser = true } end }",
        &event,
        message,
    );
    let message = message.replace("a table", "a boolean");
    fails(
        "{ PreSignUp = function() return false end }",
        &event,
        &message,
    );
}

#[test]
fn an_event_of_another_source_is_named() {
    let message =
        "events.cognito: expected an event of Cognito, got one of SQS; events.sqs reads it";
    fails("{ PreSignUp = print }", &sample("sqs"), message);
}

#[test]
fn mistakes_in_the_table_are_errors_of_the_file() {
    for (triggers, message) in [
        (
            "",
            "bad argument #1 to 'handler' (table of functions by trigger expected, got nil)",
        ),
        (
            "print",
            "bad argument #1 to 'handler' (table of functions by trigger expected, got function)",
        ),
        (
            "{}",
            "no trigger: give functions by name, like { PreSignUp = function … end }",
        ),
        (
            "{ print }",
            "a trigger is named by a string, like PreSignUp, not by a number",
        ),
        (
            "{ PreSignUp = 'main.pre_sign_up' }",
            "the trigger PreSignUp takes a function, not a string",
        ),
    ] {
        let run = function(triggers).ends().run();
        let report = run.post().json();
        assert_eq!(report["errorType"], "Runtime.ImportModuleError");
        let found = report["errorMessage"].as_str().expect("a message");
        assert!(found.contains(&format!("main.lua:2: {message}")), "{found}");
    }
}

#[test]
fn the_trace_of_an_error_shows_the_users_frames_alone() {
    let run = run(
        "{ PreSignUp = function(request) local n = #request.nothing return n end }",
        &sample("cognito-pre-sign-up"),
    );
    let report = run.post().json();
    let frames = report["stackTrace"].as_array().expect("frames");
    assert_eq!(frames.len(), 1, "{report}");
    assert!(
        frames[0]
            .as_str()
            .expect("text")
            .starts_with("main.lua:2: in ")
    );
}
