//! What a handler may answer with.

use serde_json::{Value, json};

use super::support::*;

/// Status, headers and body of the answer to a function URL's event.
#[track_caller]
fn sent(body: &str) -> Value {
    let answer = answer(body, &event(URL));
    json!([answer["statusCode"], answer["headers"], answer["body"]])
}

const TEXT: &str = "text/plain; charset=utf-8";

#[test]
fn a_string_is_text_and_a_table_is_json() {
    assert_eq!(
        sent("return 'hello'"),
        json!([200, { "content-type": TEXT }, "hello"])
    );
    assert_eq!(
        sent("return ''"),
        json!([200, { "content-type": TEXT }, ""])
    );
    let bytes = answer("return '\\255'", &event(URL));
    assert_eq!(bytes["headers"]["content-type"], "application/octet-stream");
    let typed = |body: &str| json!([200, { "content-type": "application/json" }, body]);
    assert_eq!(sent("return { a = 1 }"), typed(r#"{"a":1}"#));
    assert_eq!(sent("return {}"), typed("{}"));
    assert_eq!(sent("return json.array({})"), typed("[]"));
    assert_eq!(sent("return { 1, 2 }"), typed("[1,2]"));
    // Whose members have the names of an answer's, but not all of them.
    assert_eq!(
        sent("return { status = 'open' }"),
        typed(r#"{"status":"open"}"#)
    );
    assert_eq!(sent("return { status = 'open', body = 'x' }")[0], 200);
    assert_eq!(
        sent("return { body = 'x', id = 1 }")[1]["content-type"],
        "application/json"
    );
}

#[test]
fn status_headers_and_body_are_three_values() {
    assert_eq!(sent("return 404"), json!([404, {}, ""]));
    assert_eq!(
        sent("return 201, { a = 'b' }"),
        json!([201, { "a": "b" }, ""])
    );
    assert_eq!(
        sent("return 200, { ['Content-Type'] = 'text/csv' }, 'a,b'"),
        json!([200, { "content-type": "text/csv" }, "a,b"])
    );
    assert_eq!(sent("return 200, nil, { a = 1 }")[2], r#"{"a":1}"#);
    assert_eq!(sent("return 200, nil, 5")[2], "5");
    assert_eq!(sent("return 200, nil, true")[2], "true");
}

#[test]
fn a_table_with_status_headers_body_or_cookies_is_an_answer() {
    assert_eq!(
        sent("return { status = 201, headers = { A = 1 }, body = 'x' }"),
        json!([201, { "a": "1", "content-type": TEXT }, "x"])
    );
    assert_eq!(sent("return { body = 'x' }")[2], "x");
    assert_eq!(
        sent("return { headers = { a = 'b' } }"),
        json!([200, { "a": "b" }, ""])
    );
    let cookies = answer("return { cookies = { 'a=1' } }", &event(URL));
    assert_eq!(cookies["cookies"], json!(["a=1"]));
    let none = answer(
        "return { cookies = {}, body = json.null, headers = json.null }",
        &event(URL),
    );
    assert_eq!(none.get("cookies"), None);
    assert_eq!(none["body"], "");
}

#[test]
fn nothing_is_204() {
    assert_eq!(sent("return"), json!([204, {}, ""]));
    assert_eq!(sent("return nil"), json!([204, {}, ""]));
}

#[test]
fn the_status_of_an_answer_is_an_integer_of_json() {
    for body in [
        "return 200.0, nil, 'x'",
        "return { status = 200.0 }",
        "return { status = 2e2 }",
    ] {
        let run = run(body, [&event(ALB)]);
        let text = run.post().text();
        assert!(
            text.contains("\"statusCode\":200,") || text.contains("\"statusCode\":200}"),
            "{text}"
        );
        assert!(text.contains("\"200 OK\""), "{text}");
    }
}

#[test]
fn an_answer_may_have_lambda_s_own_form() {
    let body = "return { statusCode = 201, headers = { A = 'b' }, multiValueHeaders = json.null,\n\
        body = 'x', isBase64Encoded = false, statusDescription = '201 Created' }";
    assert_eq!(
        sent(body),
        json!([201, { "a": "b", "content-type": TEXT }, "x"])
    );
    let body = "return { statusCode = '200', multiValueHeaders = { B = { '1', '2' } },\n\
        cookies = { 'a=1' }, body = 'aGk=', isBase64Encoded = true }";
    let rest = answer(body, &event(REST));
    assert_eq!(rest["body"], "hi");
    assert_eq!(
        rest["multiValueHeaders"],
        json!({ "b": ["1", "2"], "content-type": [TEXT], "set-cookie": ["a=1"] })
    );
    let body = "return { statusCode = 200, body = '/w==', isBase64Encoded = true }";
    let binary = answer(body, &event(URL));
    assert_eq!(
        (&binary["body"], &binary["isBase64Encoded"]),
        (&json!("/w=="), &json!(true))
    );
    assert_eq!(
        failure(
            "return { statusCode = 200, body = '%', isBase64Encoded = true }",
            &event(URL)
        ),
        "app.lua:2: the answer's body is not the base64 that it says: not base64: '%' at position 1"
    );
}

#[test]
fn headers_may_be_lists_numbers_and_left_out() {
    let body = "return 200, { a = { 'x', 2, true }, b = 5.0, c = 1.5, d = false, e = json.null,\n\
        f = {}, g = 2^63, ['set-cookie'] = json.null, ['X-\u{55}'] = 'gr\u{fc}n\\t' }";
    assert_eq!(
        sent(body)[1],
        json!({ "a": "x, 2, true", "b": "5", "c": "1.5", "g": "9223372036854775808", "x-u": "gr\u{fc}n\t" })
    );
}

#[test]
fn the_makers_of_answers_set_type_status_and_headers() {
    assert_eq!(
        sent("return web.json({ 1 }, 201, { A = 'b' })"),
        json!([201, { "a": "b", "content-type": "application/json" }, "[1]"])
    );
    assert_eq!(sent("return web.json('x')")[2], "\"x\"");
    assert_eq!(sent("return web.json(nil)")[2], "null");
    assert_eq!(
        sent("return web.json({ status = 5, id = 1 })")[1]["content-type"],
        "application/json"
    );
    assert_eq!(
        sent("return web.text('x', 202)"),
        json!([202, { "content-type": TEXT }, "x"])
    );
    let html = sent("return web.html('<p>', nil, { ['Content-Type'] = 'text/html' })");
    assert_eq!(html, json!([200, { "content-type": "text/html" }, "<p>"]));
    assert_eq!(
        sent("return web.html('<p>')")[1]["content-type"],
        "text/html; charset=utf-8"
    );
    assert_eq!(
        sent("return web.redirect('/a?b=c')"),
        json!([302, { "location": "/a?b=c" }, ""])
    );
    assert_eq!(
        sent("return web.redirect('https://example.com/', 308)")[0],
        308
    );
    assert_eq!(
        sent("return web.redirect('/' .. web.encode('a b/\u{fc}?'))")[1]["location"],
        "/a%20b%2F%C3%BC%3F"
    );
}

#[test]
fn one_answer_may_be_given_many_times() {
    let source = "local web = require('lambda.web')\n\
        local OK = web.json({ ok = true })\n\
        return { handler = web.handler(function() return OK end) }";
    let function = Function::new("app.lua", source).handler("app.handler");
    let run = invoke(function, [&event(URL), &event(REST), &event(URL)]);
    let answers: Vec<_> = run.posts().iter().map(|post| post.json()).collect();
    assert_eq!(answers[0], answers[2]);
    assert_eq!(
        answers[1]["multiValueHeaders"],
        json!({ "content-type": ["application/json"] })
    );
}

#[test]
fn text_is_escaped_for_html() {
    assert_eq!(
        sent(
            "return web.html(web.escape('<a href=\"x\">&amp; \\'\u{fc}\\'</a>') .. web.escape(5))"
        )[2],
        "&lt;a href=&quot;x&quot;&gt;&amp;amp; &#39;\u{fc}&#39;&lt;/a&gt;5"
    );
    assert_eq!(
        sent("return { (select('#', web.escape('a&b'))) }")[2],
        "[1]"
    );
}

#[test]
fn a_body_may_be_a_function_that_gives_its_pieces() {
    let body = "local n = 0\nreturn 200, nil, function()\n\
        n = n + 1\nif n < 5 then return ({ 'a', '', 7, 'd' })[n] end\nend";
    assert_eq!(sent(body), json!([200, { "content-type": TEXT }, "a7d"]));
    let body = "return 200, nil, coroutine.wrap(function()\n\
        coroutine.yield('\\255')\ncoroutine.yield('x')\nend)";
    assert_eq!(sent(body)[2], base64(b"\xffx"));
    // Not called where no body is sent.
    let body = "return 204, nil, function() error('called') end";
    assert_eq!(sent(body)[0], 204);
}

#[test]
fn an_error_in_a_body_s_pieces_is_that_of_the_handler() {
    let body = "return 200, nil, function()\nweb.error(409, 'busy')\nend";
    assert_eq!(sent(body)[2], r#"{"message":"busy"}"#);
    let body = "return 200, nil, function()\nerror('boom')\nend";
    assert_eq!(failure(body, &event(URL)), "app.lua:4: boom");
    let body = "return 200, nil, function() return {} end";
    assert_eq!(
        failure(body, &event(URL)),
        "app.lua:2: the answer's body gave a table; its pieces are strings"
    );
}

#[test]
fn large_bodies_are_answered_as_they_are() {
    for (text, is_base64) in [
        ("('\u{fc}'):rep(2^20)", false),
        ("('\\255'):rep(2^20)", true),
    ] {
        let answer = answer(&format!("return {text}"), &event(URL));
        assert_eq!(answer["isBase64Encoded"], is_base64);
        let length = answer["body"].as_str().expect("a body").len();
        assert_eq!(
            length,
            if is_base64 {
                1_398_104
            } else {
                2 * 1024 * 1024
            }
        );
    }
}
