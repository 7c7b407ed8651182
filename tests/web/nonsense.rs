//! Answers that are none: failed invocations whose message names the handler's place.

use super::support::*;

/// Of handlers that begin in line 2 of app.lua.
#[track_caller]
fn check<const N: usize>(cases: [(&str, &str); N]) {
    for (body, message) in cases {
        for name in [URL, REST, ALB] {
            let found = failure(&format!("return {body}"), &event(name));
            assert_eq!(found, format!("app.lua:2: {message}"), "{body}");
        }
    }
}

#[test]
fn values_that_are_no_answers_are_said_to_be_none() {
    let remedy = "answer with a string, a table (sent as JSON), { status =, headers =, body = }, \
        or status, headers, body";
    for (body, seen) in [
        ("true", "true"),
        ("false", "false"),
        ("print", "a function"),
        ("io.stdout", "a userdata"),
        ("coroutine.create(print)", "a thread"),
        ("json.null", "a JSON null"),
    ] {
        let expected = format!("app.lua:2: the handler answered with {seen}; {remedy}");
        assert_eq!(failure(&format!("return {body}"), &event(URL)), expected);
    }
}

#[test]
fn a_status_that_is_none_is_refused() {
    let rule = "a status is an integer from 200 to 599";
    for status in [
        "99", "0", "-1", "100", "101", "199", "600", "1e300", "200.5", "1/0",
    ] {
        for body in [
            status.to_owned(),
            format!("{{ status = {status} }}"),
            format!("{{ statusCode = {status} }}"),
            format!("web.text('x', {status})"),
        ] {
            let found = failure(&format!("return {body}"), &event(URL));
            assert!(
                found.starts_with("app.lua:2: the handler answered with the status "),
                "{found}"
            );
            assert!(found.ends_with(rule), "{found}");
        }
    }
}

#[test]
fn headers_that_cannot_be_sent_are_refused() {
    check([
        (
            "200, { ['X-A'] = 'x\\r\\nSet-Cookie: a=b' }",
            "the answer's header x-a has a line break or another control character: \
             \"x\\r\\nSet-Cookie: a=b\"",
        ),
        (
            "200, { ['X-A'] = { 'fine', 'x\\0' } }",
            "the answer's header x-a has a line break or another control character: \"x\\000\"",
        ),
        (
            "200, { ['X-A\\r\\nB'] = 'x' }",
            "the answer has a header named \"x-a\\r\\nb\"; names are letters, digits and -_",
        ),
        (
            "200, { [''] = 'x' }",
            "the answer has a header named \"\"; names are letters, digits and -_",
        ),
        (
            "200, { ['\u{fc}'] = 'x' }",
            "the answer has a header named \"\u{fc}\"; names are letters, digits and -_",
        ),
        (
            "200, { 'x' }",
            "an answer's header has the name 1; names are strings",
        ),
        (
            "200, { a = print }",
            "the answer's header a is a function; it is a string, or a list of strings",
        ),
        (
            "200, { a = { {} } }",
            "the answer's header a is a table; it is a string, or a list of strings",
        ),
        (
            "200, { a = '\\255' }",
            "the answer's header a is not UTF-8; percent-encode it",
        ),
        (
            "200, { a = '1', A = '2' }",
            "the answer has the header a twice, in different case",
        ),
        (
            "200, 'text'",
            "the answer's headers are \"text\"; they are a table, name = value, and stand between \
             status and body",
        ),
        (
            "{ headers = 5 }",
            "the answer's headers are 5; they are a table, name = value, and stand \
             between status and body",
        ),
    ]);
}

#[test]
fn cookies_that_cannot_be_sent_are_refused() {
    check([
        (
            "{ cookies = { 'a=b\\r\\nX-Evil: 1' } }",
            "the answer's header set-cookie has a line break or another control character: \
             \"a=b\\r\\nX-Evil: 1\"",
        ),
        (
            "{ cookies = { a = 'b' } }",
            "the answer's cookies are a table with names; they are a list of what web.cookie gives",
        ),
        (
            "{ cookies = 'a=b' }",
            "the answer's cookies are \"a=b\"; they are a list of what web.cookie gives",
        ),
        (
            "{ cookies = { {} } }",
            "the answer has the cookie a table; one is a string, as web.cookie gives it",
        ),
        (
            "{ cookies = { req.query.none == 'x' } }",
            "the answer has the cookie false; one is a string, as web.cookie gives it",
        ),
    ]);
}

#[test]
fn bodies_that_cannot_be_sent_are_refused() {
    check([
        (
            "{ a = print }",
            "the answer's body is no JSON: cannot encode a function at $.a",
        ),
        (
            "{ status = 200, body = { a = { 0/0 } } }",
            "the answer's body is no JSON: cannot encode NaN at $.a[1]",
        ),
        (
            "200, nil, io.stdout",
            "the answer's body is a userdata; it is a string, a table that is sent as JSON, or a \
             function that gives its pieces",
        ),
        (
            "{ status = 200, message = 'x' }",
            "the handler answered with a table that has a status and message; an answer \
             has status, headers, body and cookies, and web.json(value) sends a value that has a \
             status",
        ),
    ]);
}

#[test]
fn a_redirect_cannot_be_led_astray() {
    check([
        (
            "web.redirect('/a\\r\\nSet-Cookie: x=y')",
            "bad argument #1 to 'redirect' (a path or URL without blanks and control characters \
             expected; see encode, got \"/a\\r\\nSet-Cookie: x=y\")",
        ),
        (
            "web.redirect('/a b')",
            "bad argument #1 to 'redirect' (a path or URL without blanks and control characters \
             expected; see encode, got \"/a b\")",
        ),
        (
            "web.redirect()",
            "bad argument #1 to 'redirect' (a path or URL expected, got nil)",
        ),
        (
            "web.redirect('/', 200)",
            "bad argument #2 to 'redirect' (301, 302, 303, 307 or 308 expected, got 200)",
        ),
    ]);
}

#[test]
fn wrong_arguments_are_said_where_they_are_given() {
    for (call, message) in [
        (
            "web.json({ a = print })",
            "the answer's body is no JSON: cannot encode a function at $.a",
        ),
        (
            "web.text(5)",
            "bad argument #1 to 'text' (string expected, got number)",
        ),
        (
            "web.html()",
            "bad argument #1 to 'html' (string expected, got nil)",
        ),
        (
            "web.encode({})",
            "bad argument #1 to 'encode' (string expected, got table)",
        ),
        (
            "web.error(200)",
            "bad argument #1 to 'error' (a status from 400 to 599 expected, got 200)",
        ),
        (
            "web.error()",
            "bad argument #1 to 'error' (a status from 400 to 599 expected, got nil)",
        ),
        (
            "web.error(404, print)",
            "bad argument #2 to 'error' (string or table expected, got function)",
        ),
        (
            "web.error(404, 'x', 'y')",
            "bad argument #3 to 'error' (table expected, got string)",
        ),
        (
            "req:form({ size = 1 })",
            "form: unknown option \"size\"; there are max_bytes and max_fields",
        ),
        (
            "req:form({ max_bytes = '1' })",
            "form: max_bytes is \"1\"; it is a whole number, or math.huge",
        ),
        (
            "req:form({ max_fields = -1 })",
            "form: max_fields is -1; it is a whole number, or math.huge",
        ),
        (
            "req:json({ null = true })",
            "json: unknown option \"null\"; there is nulls",
        ),
        (
            "req:json({ nulls = 1 })",
            "json: nulls is 1; it is true or false",
        ),
        (
            "req:json(true)",
            "bad argument #1 to 'json' (table expected, got boolean)",
        ),
        (
            "web.escape()",
            "bad argument #1 to 'escape' (string expected, got nil)",
        ),
        (
            "req:form(5)",
            "bad argument #1 to 'form' (table expected, got number)",
        ),
    ] {
        let found = failure(&format!("\nlocal x = {call}\nreturn x"), &event(URL));
        assert_eq!(found, format!("app.lua:4: {message}"), "{call}");
    }
}

#[test]
fn what_makes_no_handler_is_an_init_error_at_its_line() {
    for (kind, given) in [("handler", "nil"), ("handler", "5"), ("stream", "{}")] {
        let source = format!(
            "local web = require('lambda.web')\nreturn {{\nhandler = web.{kind}({given}) }}"
        );
        let run = Function::new("app.lua", source)
            .handler("app.handler")
            .ends()
            .run();
        let report = run.post().json();
        let message = report["errorMessage"].as_str().expect("a message");
        let expected = format!("app.lua:3: bad argument #1 to '{kind}' (function expected, got ");
        assert!(message.contains(&expected), "{message}");
    }
}
