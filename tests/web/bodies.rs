//! Bodies: bytes, whatever the front end made of them, and those that are not what they say.

use serde_json::json;

use super::support::*;

#[test]
fn a_body_is_the_bytes_that_were_sent() {
    let read = "local bytes = req.body\nreturn { #bytes, bytes:byte(1), bytes:byte(-1) }";
    for name in ALL {
        let bytes = base64(&[0, 255, 10, 13, 7]);
        let sent = changed(name, json!({ "body": bytes, "isBase64Encoded": true }));
        assert_eq!(value(read, &sent), json!([5, 0, 7]), "{name}");
    }
    // Text that looks like base64 and is not said to be.
    let sent = changed(URL, json!({ "body": "aGk=", "isBase64Encoded": false }));
    assert_eq!(answer("return req.body", &sent)["body"], "aGk=");
}

#[test]
fn no_body_is_nil_and_an_empty_one_is_an_empty_string() {
    for name in ALL {
        let none = changed(name, json!({ "body": null }));
        assert_eq!(answer("return tostring(req.body)", &none)["body"], "nil");
        let empty = changed(name, json!({ "body": "" }));
        assert_eq!(
            answer("return '(' .. req.body .. ')'", &empty)["body"],
            "()"
        );
    }
}

#[test]
fn a_body_that_is_no_base64_is_a_bad_request() {
    for name in ALL {
        let sent = changed(name, json!({ "body": "%%%", "isBase64Encoded": true }));
        let (status, said, record) = refusal("return req.body", &sent);
        assert_eq!(status, 400);
        let message = "the event's body is not the base64 that it is said to be: not base64: '%' \
            at position 1";
        assert_eq!(said, json!({ "message": message }), "{name}");
        let expected = format!("the request was answered with 400: {message} method=");
        assert!(record.contains(&expected), "{record}");
    }
}

#[test]
fn a_body_that_is_no_string_is_a_bad_request() {
    let sent = changed(URL, json!({ "body": { "a": 1 } }));
    let (status, said, _) = refusal("return req.body", &sent);
    assert_eq!(status, 400);
    assert_eq!(
        said["message"],
        "the event's body is a table where a string is expected"
    );
}

#[test]
fn a_body_that_is_no_json_is_a_bad_request() {
    for (body, message) in [
        (json!(null), "the request has no body; JSON is expected"),
        (json!(""), "the request has no body; JSON is expected"),
        (json!("{\"a\":"), "the request's body is no JSON: "),
        (json!("[1] x"), "the request's body is no JSON: "),
    ] {
        let (status, said, record) =
            refusal("return req:json()", &changed(URL, json!({ "body": body })));
        assert_eq!(status, 400);
        let text = said["message"].as_str().expect("a message");
        assert!(text.starts_with(message), "{text}");
        assert!(!text.contains("lambda."), "{text}");
        assert!(record.ends_with("method=POST path=/greet"), "{record}");
    }
}

#[test]
fn a_handler_can_catch_what_is_wrong_with_a_body() {
    let body = "local ok, err = pcall(req.json, req)\n\
        return { ok, err.status, err.message ~= nil, tostring(err):sub(1, 4) }";
    let sent = changed(URL, json!({ "body": "{" }));
    assert_eq!(value(body, &sent), json!([false, 400, true, "400 "]));
}

#[test]
fn bodies_of_json_nest_as_deep_as_lambda_json_goes() {
    let deep = |levels: usize| {
        let body = format!("{}null{}", "[".repeat(levels), "]".repeat(levels));
        changed(URL, json!({ "body": body }))
    };
    assert_eq!(
        answer("return type(req:json())", &deep(1000))["body"],
        "table"
    );
    let (status, said, _) = refusal("return req:json()", &deep(1001));
    assert_eq!(status, 400);
    let message = said["message"].as_str().expect("a message");
    assert!(
        message.starts_with("the request's body is no JSON: "),
        "{message}"
    );
}
