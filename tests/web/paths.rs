//! Paths: without the stage, decoded once.

use serde_json::{Value, json};

use super::support::*;

const READ: &str = "return { req.path, req.raw_path }";

#[track_caller]
fn check(cases: impl IntoIterator<Item = (Value, &'static str, &'static str)>) {
    for (event, path, raw) in cases {
        assert_eq!(value(READ, &event), json!([path, raw]), "{event}");
    }
}

/// An HTTP API's request with that path, to that stage.
fn http(path: &str, stage: &str) -> Value {
    changed(
        HTTP,
        json!({ "rawPath": path, "requestContext": { "stage": stage } }),
    )
}

#[test]
fn the_stage_of_an_http_api_is_taken_off() {
    check([
        (http("/dev/orders", "dev"), "/orders", "/dev/orders"),
        (http("/dev", "dev"), "/", "/dev"),
        (http("/dev/", "dev"), "/", "/dev/"),
        // A path that merely begins like the stage.
        (http("/developers", "dev"), "/developers", "/developers"),
        (http("/dev/dev", "dev"), "/dev", "/dev/dev"),
        (http("/orders", "$default"), "/orders", "/orders"),
        (
            http("/$default/orders", "$default"),
            "/$default/orders",
            "/$default/orders",
        ),
        (http("", "dev"), "/", "/"),
        // Patterns of Lua mean nothing in it.
        (http("/a.b-c/x", "a.b-c"), "/x", "/a.b-c/x"),
    ]);
}

#[test]
fn the_stage_is_in_the_path_of_an_http_api_for_domains_of_one_s_own_too() {
    let mut event = http("/dev/orders", "dev");
    event["requestContext"]["domainName"] = json!("api.example.com");
    check([(event, "/orders", "/dev/orders")]);
}

#[test]
fn the_stage_of_a_function_url_is_never_in_its_path() {
    let event = changed(
        URL,
        json!({ "rawPath": "/prod/x", "requestContext": { "stage": "prod" } }),
    );
    check([(event, "/prod/x", "/prod/x")]);
}

#[test]
fn the_path_of_a_rest_api_has_no_stage_and_the_raw_path_has() {
    let event = |path: &str, raw: &str| {
        let context = json!({ "stage": "dev", "path": raw,
            "domainName": "a1.execute-api.eu-west-1.amazonaws.com" });
        changed(REST, json!({ "path": path, "requestContext": context }))
    };
    check([
        (event("/orders", "/dev/orders"), "/orders", "/dev/orders"),
        // A resource named as the stage.
        (
            event("/dev/orders", "/dev/dev/orders"),
            "/dev/orders",
            "/dev/dev/orders",
        ),
    ]);
}

#[test]
fn an_http_api_with_version_1_has_the_stage_on_its_own_host_only() {
    let event = |domain: &str, path: &str| {
        let context = json!({ "stage": "dev", "path": path, "domainName": domain });
        let mut event = changed(REST, json!({ "path": path, "requestContext": context }));
        event["version"] = json!("1.0");
        event
    };
    let own = "a1.execute-api.eu-west-1.amazonaws.com";
    check([
        (event(own, "/dev/orders"), "/orders", "/dev/orders"),
        (event(own, "/orders"), "/orders", "/orders"),
        (
            event("api.example.com", "/dev/orders"),
            "/dev/orders",
            "/dev/orders",
        ),
        // HTTP APIs decode paths.
        (event("api.example.com", "/100%25"), "/100%25", "/100%25"),
    ]);
}

#[test]
fn paths_are_decoded_once_wherever_they_come_from() {
    for name in [REST, URL, ALB, ALB_MULTI] {
        let key = if name == URL { "rawPath" } else { "path" };
        let mut sent = changed(name, json!({ key: "/gr%C3%BCn/a%2Fb%2520/%2B+" }));
        sent["requestContext"]["path"] = json!(null);
        assert_eq!(
            value(READ, &sent),
            json!(["/gr\u{fc}n/a/b%20/++", "/gr%C3%BCn/a%2Fb%2520/%2B+"]),
            "{name}"
        );
    }
    // The service decodes those of HTTP APIs.
    check([(
        http("/gr\u{fc}n/100%25", "$default"),
        "/gr\u{fc}n/100%25",
        "/gr\u{fc}n/100%25",
    )]);
}

#[test]
fn a_percent_sign_that_encodes_nothing_stays_and_is_logged() {
    for path in ["/100%", "/%zz", "/%2", "/a%+b", "/%%41"] {
        let run = run(
            "return { req.path, req.path }",
            [&changed(URL, json!({ "rawPath": path }))],
        );
        let body = answer_of(&run)["body"].as_str().expect("a body").to_owned();
        let seen = path.replace("%41", "A");
        assert_eq!(body, json!([seen, seen]).to_string());
        let records: Vec<_> = run.stdout().lines().collect();
        assert_eq!(records.len(), 1, "{}", run.transcript());
        assert!(
            records[0].contains(
                "\tWARN\tthe request's path has a percent sign that encodes nothing; it stays as \
                 it is method=POST path="
            ),
            "{}",
            records[0]
        );
    }
    // What is an encoding is no reason for a record.
    let good = run(
        "return req.path",
        [&changed(URL, json!({ "rawPath": "/%41%c3%BC%25" }))],
    );
    assert_eq!(
        (answer_of(&good)["body"].as_str(), good.stdout()),
        (Some("/A\u{fc}%"), "")
    );
}

#[test]
fn path_parameters_of_the_front_end_are_decoded() {
    let read = "return req.params";
    let rest = changed(
        REST,
        json!({ "pathParameters": { "id": "a%20b", "no": null } }),
    );
    assert_eq!(value(read, &rest), json!({ "id": "a b" }));
    // The service has decoded them.
    let http = changed(HTTP, json!({ "pathParameters": { "id": "100%25" } }));
    assert_eq!(value(read, &http), json!({ "id": "100%25" }));
    assert_eq!(value(read, &event(ALB)), json!({}));
}
