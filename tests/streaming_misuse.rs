//! Misuse of `lambda.stream`: each an error that says what, where and what is right.

mod support;

use support::{Event, Function};

#[test]
fn what_is_out_of_order_is_an_error_with_its_position() {
    for (body, message) in [
        (
            "response:start({})\nresponse:start({})",
            "main.lua:4: start: it was called before; once is all",
        ),
        (
            "response:content_type('a/b')\nresponse:start({})",
            "main.lua:4: start: content_type was called; put it into start's headers",
        ),
        (
            "response:start({})\nresponse:content_type('a/b')",
            "main.lua:4: content_type: start was called; put content-type into its headers",
        ),
        (
            "response:write('a')\nresponse:start({})",
            "main.lua:4: start: the response has begun; call it before the first write",
        ),
        (
            "response:write('a')\nresponse:content_type('a/b')",
            "main.lua:4: content_type: the response has begun; call it before the first write",
        ),
        (
            "response:write('a', {})",
            "main.lua:3: bad argument #2 to 'write' (string expected, got table)",
        ),
        (
            "response:write(nil)",
            "main.lua:3: bad argument #1 to 'write' (string expected, got nil)",
        ),
        (
            "response:write(true)",
            "main.lua:3: bad argument #1 to 'write' (string expected, got boolean)",
        ),
        (
            "response.write('a')",
            "main.lua:3: bad self to 'write' (response expected, got string); call it with a \
             colon, response:write(…)",
        ),
        (
            "response:start(200)",
            "main.lua:3: bad argument #1 to 'start' (table expected, got number)",
        ),
        (
            "response:content_type()",
            "main.lua:3: content_type: the type takes a string, got nil",
        ),
        (
            "response:content_type(' ')",
            "main.lua:3: content_type: \" \" is no content type; one is like application/json",
        ),
        (
            "response:content_type('json')",
            "main.lua:3: content_type: \"json\" is no content type; one is like application/json",
        ),
        (
            "response:content_type('a/b\\r\\nX: y')",
            "main.lua:3: content_type: the type contains the control character '\\r'",
        ),
    ] {
        // The error is a string that pcall gives; after it the response is as it was.
        let run = Function::streaming(&format!(
            "local ok, err = pcall(function()\n{}\nend)\nassert(not ok)\nprint(type(err), err)",
            body
        ))
        .invoke(Event::json("{}"))
        .run();
        let message = message
            .replace("main.lua:4:", "main.lua:5:")
            .replace("main.lua:3:", "main.lua:4:");
        let record = run.stdout().trim_end();
        assert!(
            record.ends_with(&format!("\tINFO\tstring\t{message}")),
            "{body}: {record}"
        );
        assert!(run.post().path.ends_with("/response"));
    }
}

#[test]
fn what_start_cannot_send_is_an_error_that_says_what() {
    for (options, message) in [
        (
            "statusCode = 99",
            "statusCode takes an integer from 100 to 599, got 99",
        ),
        (
            "statusCode = 600",
            "statusCode takes an integer from 100 to 599, got 600",
        ),
        (
            "statusCode = 200.5",
            "statusCode takes an integer from 100 to 599, got 200.5",
        ),
        (
            "statusCode = 0/0",
            "statusCode takes an integer from 100 to 599, got",
        ),
        (
            "statusCode = '200'",
            "statusCode takes an integer from 100 to 599, got \"200\"",
        ),
        (
            "statusCode = {}",
            "statusCode takes an integer from 100 to 599, got table",
        ),
        (
            "status = 200",
            "unknown key \"status\"; it takes statusCode, headers, cookies and multiValueHeaders",
        ),
        (
            "'x'",
            "unknown key 1; it takes statusCode, headers, cookies and multiValueHeaders",
        ),
        (
            "headers = 'a: b'",
            "headers takes a table of names and values, got string",
        ),
        ("headers = { 'a: b' }", "1 is no name of a header"),
        (
            "headers = { ['a b'] = 'c' }",
            "\"a b\" is no name of a header",
        ),
        ("headers = { [''] = 'c' }", "\"\" is no name of a header"),
        (
            "headers = { ['a:'] = 'c' }",
            "\"a:\" is no name of a header",
        ),
        (
            "headers = { a = 'b\\r\\nc: d' }",
            "the header \"a\" contains the control character '\\r'",
        ),
        (
            "headers = { a = 'b\\0' }",
            "the header \"a\" contains the control character '\\0'",
        ),
        (
            "headers = { a = '\\127' }",
            "the header \"a\" contains the control character '\\u{7f}'",
        ),
        ("headers = { a = '\\255' }", "the header \"a\" is not UTF-8"),
        (
            "headers = { a = { 'b' } }",
            "the header \"a\" takes a string, got table; a header with several values belongs \
             into multiValueHeaders",
        ),
        (
            "headers = { a = print }",
            "the header \"a\" takes a string, got function",
        ),
        (
            "multiValueHeaders = { a = 'b' }",
            "the header \"a\" takes a list of strings, got string",
        ),
        (
            "multiValueHeaders = { a = { 'b', '\\n' } }",
            "the header \"a\": item 2 contains the control character '\\n'",
        ),
        (
            "cookies = 'a=b'",
            "cookies takes a list of strings, got string",
        ),
        (
            "cookies = { a = 'b' }",
            "cookies takes a list of strings, got a table with other keys or holes",
        ),
        (
            "cookies = { 'a=b', print }",
            "cookies: item 2 takes a string, got function",
        ),
        (
            "cookies = { 'a=b\\n' }",
            "cookies: item 1 contains the control character '\\n'",
        ),
    ] {
        let run = Function::streaming(&format!("response:start({{ {options} }})"))
            .invoke(Event::json("{}"))
            .run();
        let told = run.post().json();
        let got = told["errorMessage"].as_str().expect("a message");
        assert!(
            got.starts_with(&format!("main.lua:3: start: {message}")),
            "{options}: {got}"
        );
        assert_eq!(told["errorType"], "LuaError");
    }
}

#[test]
fn a_start_that_failed_may_be_made_good() {
    let run = Function::streaming(
        "pcall(response.start, response, { statusCode = 1 })\n\
        response:start({ statusCode = 500 })",
    )
    .invoke(Event::json("{}"))
    .run();
    assert_eq!(run.post().text(), "{\"statusCode\":500}\0\0\0\0\0\0\0\0");
}

#[test]
fn a_response_that_was_kept_takes_nothing_after_its_end() {
    let source = "local stream = require('lambda.stream')\nlocal kept\n\
        return { handler = stream.handler(function(event, response)\n\
        if event == 1 then kept = response; kept:write('one') return end\n\
        for _, name in ipairs({ 'write', 'start', 'content_type' }) do\n\
        local ok, err = pcall(function() kept[name](kept, name ~= 'start' and 'x/y' or nil) end)\n\
        response:write(err, '\\n')\nend\nend) }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("1"))
        .invoke(Event::json("2"))
        .run();
    let why = "the response has ended; a response is written to while its own handler runs";
    assert_eq!(
        run.posts()[1].text(),
        format!(
            "main.lua:6: write: {why}\nmain.lua:6: start: {why}\nmain.lua:6: content_type: {why}\n"
        )
    );
}

#[test]
fn the_same_response_after_a_failed_invocation_takes_nothing() {
    let source = "local stream = require('lambda.stream')\nlocal kept\n\
        return { handler = stream.handler(function(event, response)\n\
        if event == 1 then kept = response; error('no') end\n\
        kept:write('x')\nend) }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("1"))
        .invoke(Event::json("2"))
        .run();
    let message = &run.posts()[1].json()["errorMessage"];
    let message = message.as_str().expect("a message");
    assert!(
        message.starts_with("main.lua:5: write: the response has ended"),
        "{message}"
    );
}

#[test]
fn a_stream_handler_is_called_in_an_invocation_and_once() {
    let source = "local stream = require('lambda.stream')\n\
        local streamed = stream.handler(function(event, response) response:write('x') end)\n\
        return { handler = function(event, context)\nstreamed(event, context)\n\
        streamed(event, context)\nend }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("{}"))
        .run();
    let record = run.stdout();
    let message = "main.lua:5: this invocation has its response: call one stream handler, once";
    assert!(record.contains(message), "{record}");
    assert_eq!(run.post().text(), "x");

    let source = "local stream = require('lambda.stream')\n\
        stream.handler(function() end)({}, {})\nreturn { handler = print }";
    let run = Function::new("main.lua", source).ends().run();
    let message = run.post().json()["errorMessage"].to_string();
    assert!(
        message.contains("main.lua:2: a stream handler runs only while an event is handled"),
        "{message}"
    );
}

#[test]
fn a_handler_is_made_of_a_function() {
    for (argument, got) in [("nil", "nil"), ("{}", "table"), ("'x'", "string")] {
        let source = format!("return {{ handler = require('lambda.stream').handler({argument}) }}");
        let run = Function::new("main.lua", source).ends().run();
        let message = run.post().json()["errorMessage"].to_string();
        let expected =
            format!("main.lua:1: bad argument #1 to 'handler' (function expected, got {got})");
        assert!(message.contains(&expected), "{message}");
    }
}
