//! web.stream: what leaves, and in which form.

use serde_json::{Value, json};

use super::support::*;

/// The prelude of the only post and the chunks behind it.
#[track_caller]
pub fn sent(run: &Run) -> (Value, Vec<String>) {
    let post = run.posts()[0];
    assert!(post.path.ends_with("/response"), "{}", run.transcript());
    assert_eq!(
        post.header("Content-Type"),
        Some("application/vnd.awslambda.http-integration-response")
    );
    let chunks = post.chunks.as_ref().expect("chunks");
    let prelude = serde_json::from_slice(&chunks[0]).expect("a prelude of JSON");
    assert_eq!(chunks[1], [0; 8]);
    let text = |chunk: &Vec<u8>| String::from_utf8_lossy(chunk).into_owned();
    (prelude, chunks[2..].iter().map(text).collect())
}

/// What the stream handler of this body sends to a function URL.
#[track_caller]
fn url(body: &str) -> (Value, Vec<String>) {
    sent(&invoke(streaming(body), [&event(URL)]))
}

const TEXT: &str = "text/plain; charset=utf-8";

#[test]
fn each_write_leaves_as_a_chunk_behind_status_headers_and_cookies() {
    let body = "response:start({ status = 201, headers = { ['Content-Type'] = 'text/csv',\n\
         A = { 1, 2 } },\n\
        cookies = { web.cookie('a', 'b') } })\n\
        response:write('first', 1, 2.5):write('second')\nresponse:write('')";
    let prelude = json!({ "statusCode": 201, "cookies": ["a=b"],
        "headers": { "content-type": "text/csv", "a": "1, 2" } });
    let chunks = ["first12.5".to_owned(), "second".to_owned()];
    assert_eq!(url(body), (prelude, chunks.to_vec()));
}

#[test]
fn a_rest_api_gets_lists_of_values_alone() {
    let body = "response:start({ headers = { A = { 'x', 'y' } }, cookies = { 'a=1', 'b=2' } })\n\
        response:write('x')";
    let (prelude, chunks) = sent(&invoke(streaming(body), [&event(REST)]));
    let headers = json!({ "a": ["x", "y"], "content-type": [TEXT], "set-cookie": ["a=1", "b=2"] });
    assert_eq!(
        prelude,
        json!({ "statusCode": 200, "multiValueHeaders": headers })
    );
    assert_eq!(chunks, ["x"]);
}

#[test]
fn the_type_is_text_unless_it_is_said() {
    for (body, content_type) in [
        ("response:write('x')", TEXT),
        ("response:content_type('text/csv'):write('x')", "text/csv"),
        (
            "response:content_type('a/b'):content_type('c/d'):start():write('x')",
            "c/d",
        ),
        ("response:start():content_type('a/b'):write('x')", "a/b"),
        (
            "response:content_type('a/b')\n\
             response:start({ headers = { ['CONTENT-TYPE'] = 'c/d' } }):write('x')",
            "c/d",
        ),
    ] {
        let (prelude, chunks) = url(body);
        let expected = json!({ "statusCode": 200, "headers": { "content-type": content_type } });
        assert_eq!(
            (prelude, chunks),
            (expected, vec!["x".to_owned()]),
            "{body}"
        );
        // Where nothing is streamed, too.
        let whole = answer_of(&invoke(streaming(body), [&event(HTTP)]));
        assert_eq!(
            whole["headers"],
            json!({ "content-type": content_type }),
            "{body}"
        );
    }
}

#[test]
fn bytes_are_streamed_without_base64() {
    let run = invoke(streaming("response:write('\\255\\0')"), [&event(URL)]);
    let chunks = run.post().chunks.clone().expect("chunks");
    assert_eq!(chunks[2], [255, 0]);
}

#[test]
fn an_answer_that_is_returned_is_sent() {
    let typed = |content_type: &str| json!({ "content-type": content_type });
    for (body, prelude, chunks) in [
        (
            "return 'hello'",
            json!({ "statusCode": 200, "headers": typed(TEXT) }),
            vec!["hello"],
        ),
        (
            "return 201, { A = 'b' }, { x = 1 }",
            json!({ "statusCode": 201, "headers":
                { "a": "b", "content-type": "application/json" } }),
            vec!["{\"x\":1}"],
        ),
        (
            "return web.redirect('/x')",
            json!({ "statusCode": 302, "headers": { "location": "/x" } }),
            vec![],
        ),
        (
            "return { cookies = { 'a=b' } }",
            json!({ "statusCode": 200, "cookies": ["a=b"] }),
            vec![],
        ),
        ("return", json!({ "statusCode": 204 }), vec![]),
        (
            "return 304, nil, 'x'",
            json!({ "statusCode": 304, "headers": typed(TEXT) }),
            vec![],
        ),
        (
            "web.error(404)",
            json!({ "statusCode": 404, "headers": typed("application/json") }),
            vec!["{\"message\":\"Not Found\"}"],
        ),
    ] {
        let chunks: Vec<_> = chunks.into_iter().map(str::to_owned).collect();
        assert_eq!(url(body), (prelude, chunks), "{body}");
    }
}

#[test]
fn a_body_of_pieces_leaves_piece_by_piece() {
    let body = "local n = 0\nreturn 200, { ['content-type'] = 'text/csv' }, function()\n\
        n = n + 1\nreturn ({ '', 'a', 7, '', 'b' })[n]\nend";
    let (prelude, chunks) = url(body);
    assert_eq!(prelude["headers"]["content-type"], "text/csv");
    assert_eq!(chunks, ["a", "7", "b"]);
    let (prelude, chunks) = url("return 200, nil, function() end");
    assert_eq!(
        prelude,
        json!({ "statusCode": 200, "headers": { "content-type": TEXT } })
    );
    assert_eq!(chunks, [""; 0]);
}

#[test]
fn answers_to_head_and_with_204_or_304_have_no_body() {
    let head = changed(
        URL,
        json!({ "requestContext": { "http": { "method": "HEAD" } } }),
    );
    for body in [
        "response:start({ headers = { a = 'b' } }):write('x')\nresponse:write('y')",
        "return 200, { a = 'b', ['content-type'] = 'text/plain' }, 'x'",
        "return 200, { a = 'b' }, function() error('called') end",
    ] {
        let (prelude, chunks) = sent(&invoke(streaming(body), [&head]));
        assert_eq!(
            (&prelude["statusCode"], &prelude["headers"]["a"]),
            (&json!(200), &json!("b"))
        );
        assert_eq!(chunks, [""; 0], "{body}");
    }
    for status in [204, 304] {
        let (prelude, chunks) = url(&format!(
            "response:start({{ status = {status} }}):write('x')"
        ));
        assert_eq!(prelude, json!({ "statusCode": status }));
        assert_eq!(chunks, [""; 0]);
    }
}

#[test]
fn what_is_started_and_not_written_is_sent_at_the_end() {
    let (prelude, chunks) = url("response:start({ status = 202 })");
    assert_eq!(prelude["statusCode"], 202);
    assert_eq!(chunks, [""; 0]);
}

#[test]
fn front_ends_that_take_no_stream_get_the_whole() {
    let body = "response:start({ status = 201, headers = { A = 'b' }, cookies = { 'c=d' } })\n\
        response:write('a', 1, 2.0, 1e15, '\\n'):write('b')";
    for name in [HTTP, ALB, ALB_MULTI] {
        let run = invoke(streaming(body), [&event(name)]);
        let answer = answer_of(&run);
        assert_eq!(run.post().chunks, None, "{name}");
        assert_eq!(answer["statusCode"], 201, "{name}");
        // As io.write writes them.
        assert_eq!(answer["body"], "a121e+15\nb", "{name}");
    }
    for (body, expected) in [
        ("return 'x'", "x"),
        ("response:write('\\255')", "/w=="),
        (
            "local n = 0 return 200, nil, function() n = n + 1 return n < 4 and n or nil end",
            "123",
        ),
        (
            "response:start():write('lost') web.error(404, 'gone')",
            "{\"message\":\"gone\"}",
        ),
    ] {
        let answer = answer_of(&invoke(streaming(body), [&event(ALB)]));
        assert_eq!(answer["body"], expected, "{body}");
    }
}

#[test]
fn a_stream_handler_can_be_called_by_hand() {
    let script = "local web = require('lambda.web')\n\
        local handler = web.stream(function(req, response) response:write(req.path) end)\n\
        local answer = handler({ version = '2.0', rawPath = '/x',\n\
        requestContext = { http = { method = 'GET' },\n\
         domainName = 'a.lambda-url.eu-west-1.on.aws' } })\n\
        assert(answer.statusCode == 200 and answer.body == '/x')\n\
        return { handler = function() return answer.body end }";
    let run = Function::new("app.lua", script)
        .handler("app.handler")
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(run.post().json(), "/x");
}
