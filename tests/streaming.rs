//! Streamed responses: what a stream handler puts on the wire, byte for byte, and when.

mod support;

use support::{Answer, Event, Function};

/// What every streamed post begins with, from its content type on.
const HEAD: &str = "Lambda-Runtime-Function-Response-Mode: streaming\r\n\
    Transfer-Encoding: chunked\r\n\
    Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\
    \r\n";

/// The bytes of the only post behind its User-Agent.
#[track_caller]
fn sent(function: Function) -> String {
    let run = function.invoke(Event::json("{}")).run();
    let raw = String::from_utf8(run.post().raw.clone()).expect("a post of UTF-8");
    let (head, rest) = raw.split_once("Content-Type").expect("a content type");
    let host = run.post().header("Host").expect("a host");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        head,
        format!(
            "POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1\r\nHost: {host}\r\n\
             User-Agent: moonlayer/{version}\r\n"
        )
    );
    format!("Content-Type{rest}")
}

#[test]
fn plain_bytes_are_one_chunk_a_write() {
    assert_eq!(
        sent(Function::streaming(
            "response:write('first')\nresponse:write(('x'):rep(16))"
        )),
        format!(
            "Content-Type: application/octet-stream\r\n{HEAD}\
             5\r\nfirst\r\n10\r\nxxxxxxxxxxxxxxxx\r\n0\r\n\r\n"
        )
    );
}

#[test]
fn a_content_type_replaces_the_default() {
    assert_eq!(
        sent(Function::streaming(
            "response:content_type('text/plain')\n\
             response:content_type('application/json; charset=utf-8')\nresponse:write('{}')"
        )),
        format!("Content-Type: application/json; charset=utf-8\r\n{HEAD}2\r\n{{}}\r\n0\r\n\r\n")
    );
}

#[test]
fn start_sends_the_prelude_and_eight_nuls_in_chunks_of_their_own() {
    let body = "response:start({ statusCode = 201, \
        headers = { ['content-type'] = 'text/plain' }, cookies = { 'a=b' } })\n\
        response:write('first')";
    let prelude = r#"{"statusCode":201,"headers":{"content-type":"text/plain"},"cookies":["a=b"]}"#;
    assert_eq!(
        sent(Function::streaming(body)),
        format!(
            "Content-Type: application/vnd.awslambda.http-integration-response\r\n{HEAD}\
             {:x}\r\n{prelude}\r\n8\r\n\0\0\0\0\0\0\0\0\r\n5\r\nfirst\r\n0\r\n\r\n",
            prelude.len()
        )
    );
}

#[test]
fn an_empty_body_is_sent_with_its_prelude_when_it_has_one() {
    assert_eq!(
        sent(Function::streaming("")),
        format!("Content-Type: application/octet-stream\r\n{HEAD}0\r\n\r\n")
    );
    assert_eq!(
        sent(Function::streaming("response:start()")),
        format!(
            "Content-Type: application/vnd.awslambda.http-integration-response\r\n{HEAD}\
             12\r\n{{\"statusCode\":200}}\r\n8\r\n\0\0\0\0\0\0\0\0\r\n0\r\n\r\n"
        )
    );
}

#[test]
fn an_empty_string_writes_nothing_and_does_not_end_the_body() {
    let body = "response:write('')\nresponse:write()\nresponse:start({})\n\
        response:write('', '')\nresponse:write('', 'a', '')\nresponse:write('')\n\
        response:write('b')";
    let run = Function::streaming(body).invoke(Event::json("{}")).run();
    let chunks = run.post().chunks.clone().expect("chunks");
    let chunks: Vec<_> = chunks
        .iter()
        .map(|chunk| String::from_utf8_lossy(chunk))
        .collect();
    assert_eq!(
        chunks,
        [r#"{"statusCode":200}"#, "\0\0\0\0\0\0\0\0", "a", "b"]
    );
}

#[test]
fn several_arguments_are_one_chunk_and_numbers_are_written_as_io_write_writes_them() {
    let numbers = "1, -7, 1.5, 2.0, 1e100, 2^53, 0.1, 2^-1074, 1/0, 'end'";
    let body = format!("io.write({numbers}, '\\n')\nresponse:write({numbers}):write('more')");
    let run = Function::streaming(&body).invoke(Event::json("{}")).run();
    let chunks = run.post().chunks.clone().expect("chunks");
    let chunks: Vec<_> = chunks
        .iter()
        .map(|chunk| String::from_utf8_lossy(chunk))
        .collect();
    assert_eq!(chunks, [run.stdout().trim_end(), "more"]);
}

#[test]
fn every_byte_passes_unchanged() {
    let body = "local all = {}\nfor i = 0, 255 do all[#all + 1] = string.char(i) end\n\
        local bytes = table.concat(all)\nresponse:write(bytes)\nresponse:write(bytes:reverse())";
    let run = Function::streaming(body).invoke(Event::json("{}")).run();
    let up: Vec<u8> = (0..=255).collect();
    let down: Vec<u8> = up.iter().rev().copied().collect();
    assert_eq!(run.post().chunks, Some(vec![up, down]));
}

#[test]
fn the_prelude_has_the_headers_in_order_and_leaves_out_what_is_empty() {
    for (start, prelude) in [
        ("{}", r#"{"statusCode":200}"#),
        (
            "{ headers = {}, multiValueHeaders = {}, cookies = {} }",
            r#"{"statusCode":200}"#,
        ),
        ("{ statusCode = 404.0 }", r#"{"statusCode":404}"#),
        (
            "{ headers = { b = 1, a = true, ['x-é' and 'c'] = 'é\"', d = 1.5, e = '' } }",
            r#"{"statusCode":200,"headers":{"a":"true","b":"1","c":"é\"","d":"1.5","e":""}}"#,
        ),
        (
            "{ multiValueHeaders = { ['set-cookie'] = { 'a=1', 2 }, none = {} } }",
            r#"{"statusCode":200,"multiValueHeaders":{"none":[],"set-cookie":["a=1","2"]}}"#,
        ),
        (
            "{ cookies = { 'a=b; Path=/', 'c=d' } }",
            r#"{"statusCode":200,"cookies":["a=b; Path=/","c=d"]}"#,
        ),
    ] {
        let run = Function::streaming(&format!("response:start({start})"))
            .invoke(Event::json("{}"))
            .run();
        let chunks = run.post().chunks.clone().expect("chunks");
        assert_eq!(String::from_utf8_lossy(&chunks[0]), prelude, "{start}");
    }
}

#[test]
fn the_first_chunk_is_on_the_wire_before_the_second_is_made() {
    let body = "response:write('first')\n\
        repeat local seen = io.open('seen') until seen\n\
        response:write('second')";
    let function = Function::streaming(body);
    let seen = function.root().path().join("seen");
    let run = function
        .invoke(Event::json("{}"))
        .posted(Answer::accepted().noting_the_first_chunk(&seen))
        .run();
    assert_eq!(run.post().text(), "firstsecond");
}

#[test]
fn the_prelude_leaves_with_the_first_write_and_not_before() {
    // Only the first chunk, the prelude, makes the file: were it sent by `start`, the handler
    // would find it; were it held back after the write, it would wait for ever.
    let body = "response:start({})\n\
        assert(not io.open('seen'), 'start sent something')\n\
        response:write('body')\n\
        repeat local seen = io.open('seen') until seen";
    let function = Function::streaming(body);
    let seen = function.root().path().join("seen");
    let run = function
        .invoke(Event::json("{}"))
        .posted(Answer::accepted().noting_the_first_chunk(&seen))
        .run();
    assert_eq!(
        run.post().text(),
        "{\"statusCode\":200}\0\0\0\0\0\0\0\0body"
    );
}

#[test]
fn the_invocation_id_is_echoed_where_there_is_one() {
    let run = Function::streaming("response:write('x')")
        .invoke(Event::json("1").header("Lambda-Runtime-Invocation-Id", "abc"))
        .invoke(Event::json("2"))
        .run();
    let ids: Vec<_> = run
        .posts()
        .iter()
        .map(|post| post.header("Lambda-Runtime-Invocation-Id"))
        .collect();
    assert_eq!(ids, [Some("abc"), None]);
}

#[test]
fn the_connection_of_a_stream_serves_nothing_after_it() {
    let run = Function::streaming("response:write('x')")
        .invoke(Event::json("1"))
        .invoke(Event::json("2"))
        .run();
    let connections: Vec<_> = run.requests().iter().map(|call| call.connection).collect();
    // next, response; next, response; next.
    assert_eq!(connections, [0, 0, 1, 1, 2]);
}

#[test]
fn a_function_streams_some_answers_and_returns_others() {
    let source = "local stream = require('lambda.stream')\n\
        local streamed = stream.handler(function(event, response, context)\n\
        response:write(context.aws_request_id, ':', event.n)\nend)\n\
        return { handler = function(event, context)\n\
        if event.n % 2 == 0 then return streamed(event, context) end\n\
        return { n = event.n }\nend }";
    let mut function = Function::new("main.lua", source);
    for n in 1..=4 {
        function = function.invoke(Event::json(format!(r#"{{"n":{n}}}"#)));
    }
    let run = function.run();
    let bodies: Vec<_> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(
        bodies,
        [r#"{"n":1}"#, "request-2:2", r#"{"n":3}"#, "request-4:4"]
    );
    let modes: Vec<_> = run
        .posts()
        .iter()
        .map(|post| post.header("Lambda-Runtime-Function-Response-Mode"))
        .collect();
    assert_eq!(modes, [None, Some("streaming"), None, Some("streaming")]);
    assert_eq!(run.stdout(), "");
}

#[test]
fn a_stream_handler_works_in_a_coroutine() {
    let source = "local stream = require('lambda.stream')\n\
        local streamed = stream.handler(function(event, response)\n\
        response:write('a')\ncoroutine.yield()\nresponse:write('b')\nend)\n\
        return { handler = function(event, context)\n\
        local step = coroutine.wrap(streamed)\nstep(event, context)\nstep()\nend }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(run.post().text(), "ab");
}

#[test]
fn a_callable_table_is_a_stream_handler() {
    let source = "local stream = require('lambda.stream')\n\
        return { handler = stream.handler(setmetatable({ word = 'hi' }, {\n\
        __call = function(self, event, response) response:write(self.word) end })) }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(run.post().text(), "hi");
}

#[test]
fn what_a_stream_handler_returns_is_ignored_with_a_warning() {
    let run = Function::streaming("response:write('x')\nreturn { statusCode = 200 }")
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(run.post().text(), "x");
    let [record] = run.stdout().lines().collect::<Vec<_>>()[..] else {
        panic!("one record: {}", run.stdout())
    };
    assert!(
        record.contains("\trequest-1\tWARN\ta stream handler returned a table"),
        "{record}"
    );
    // A function could not be encoded: nobody tries.
    let run = Function::streaming("return print")
        .invoke(Event::json("{}"))
        .run();
    assert!(run.post().path.ends_with("/response"));
}

#[test]
fn a_hundred_thousand_small_writes_are_as_many_chunks() {
    let run = Function::streaming("for i = 1, 100000 do response:write(i % 10) end")
        .invoke(Event::json("{}"))
        .run();
    let chunks = run.post().chunks.as_ref().expect("chunks");
    assert_eq!(chunks.len(), 100_000);
    assert!(
        chunks
            .iter()
            .enumerate()
            .all(|(at, chunk)| { *chunk == ((at + 1) % 10).to_string().into_bytes() })
    );
}

#[test]
fn two_hundred_megabytes_pass_in_flat_memory() {
    let body = "local mark = 0\n\
        for i = 1, 200 do response:write(string.char(i):rep(1024 * 1024)) end\n\
        for line in io.lines('/proc/self/status') do\n\
        mark = tonumber(line:match('^VmHWM:%s+(%d+) kB')) or mark\nend\nprint(mark)";
    let run = Function::streaming(body)
        .invoke(Event::json("{}"))
        .posted(Answer::accepted().draining())
        .run();
    assert_eq!(run.post().body_bytes, 200 * 1024 * 1024);
    let peak_kb: u32 = run
        .stdout()
        .trim_end()
        .rsplit('\t')
        .next()
        .and_then(|peak| peak.parse().ok())
        .expect("a number of kB");
    assert!((1000..32 * 1024).contains(&peak_kb), "{peak_kb} kB");
}

#[test]
fn one_very_large_write_is_one_chunk() {
    let run = Function::streaming(
        "local large = ('0123456789abcdef'):rep(1024 * 1024)\n\
        response:write('a')\nresponse:write(large)\nresponse:write('z')",
    )
    .invoke(Event::json("{}"))
    .run();
    let chunks = run.post().chunks.as_ref().expect("chunks");
    let sizes: Vec<_> = chunks.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 16 * 1024 * 1024, 1]);
    assert!(chunks[1].chunks(16).all(|part| part == b"0123456789abcdef"));
}

#[test]
fn what_was_printed_is_flushed_before_the_end() {
    let run = Function::streaming("io.write('early ')\nresponse:write('x')\nio.write('late\\n')")
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(run.stdout_at(run.post()), "early late\n");
}

#[test]
fn a_write_waits_for_a_client_that_reads_slowly() {
    let body = "response:write('first')\nprint('writing')\n\
        response:write(('x'):rep(16 * 1024 * 1024))";
    let run = Function::streaming(body)
        .invoke(Event::json("{}"))
        .posted(Answer::accepted().stalled_until("writing"))
        .run();
    assert_eq!(run.post().body_bytes, 5 + 16 * 1024 * 1024);
    assert_eq!(run.post().trailers, []);
}
