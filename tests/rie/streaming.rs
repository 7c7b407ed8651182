//! Streamed responses, as a caller gets them that does not stream.

use crate::support::{Emulator, Folder, bootstrap};
use crate::text;

/// The emulator before a stream handler with this body; `count` counts its calls.
fn serve(body: &str) -> (Emulator, Folder) {
    let root = Folder::new();
    let source = format!(
        "local stream = require('lambda.stream')\nlocal count = 0\n\
         return {{ handler = stream.handler(function(event, response, context)\n\
         count = count + 1\n{body}\nend) }}"
    );
    root.file("main.lua", source);
    let program = bootstrap();
    let emulator = Emulator::start(&[text(&program), "main.handler"], |command| {
        command.current_dir(root.path());
        command.env("LAMBDA_TASK_ROOT", root.path());
    });
    (emulator, root)
}

#[test]
fn a_caller_that_does_not_stream_gets_the_pieces_joined() {
    let (emulator, _root) = serve("response:write('a', count)\nresponse:write('\\0\\255')");
    for count in ["1", "2", "3"] {
        let reply = emulator.invoke("{}");
        assert_eq!(reply.code, 200);
        let expected = [b"a", count.as_bytes(), b"\0\xff"].concat();
        assert_eq!(reply.body, expected);
    }
}

#[test]
fn a_prelude_is_bytes_before_the_body_and_an_empty_response_is_empty() {
    let (emulator, _root) = serve(
        "if event.empty then return end\n\
         response:start({ statusCode = 201 })\nresponse:write('body')",
    );
    let reply = emulator.invoke("{}");
    assert_eq!(reply.text(), "{\"statusCode\":201}\0\0\0\0\0\0\0\0body");
    assert_eq!(emulator.invoke(r#"{"empty":true}"#).text(), "");
    assert_eq!(emulator.invoke("{}").code, 200);
}

#[test]
fn megabytes_in_pieces_arrive_whole() {
    let (emulator, _root) = serve(
        "for i = 0, event.pieces - 1 do\n\
         response:write(string.char(i % 256):rep(1000))\nend",
    );
    let reply = emulator.invoke(r#"{"pieces":6000}"#);
    assert_eq!(reply.body.len(), 6_000_000);
    let pieces = reply.body.chunks(1000).enumerate();
    for (at, piece) in pieces {
        assert!(
            piece.iter().all(|byte| *byte == (at % 256) as u8),
            "piece {at}"
        );
    }
}

#[test]
fn a_response_that_is_too_large_for_the_caller_spares_the_process() {
    let (emulator, _root) = serve(
        "if event.small then response:write(count) return end\n\
         for _ = 1, 8 do response:write(('x'):rep(2^20)) end",
    );
    let reply = emulator.invoke("{}");
    assert_eq!(reply.json()["errorType"], "Function.ResponseSizeTooLarge");
    assert_eq!(emulator.invoke(r#"{"small":true}"#).text(), "2");
    let (stdout, _) = emulator.stop();
    let refusal = "Lambda did not take the answer to this invocation (413)";
    assert!(stdout.contains(refusal), "{stdout}");
}

#[test]
fn a_failure_after_the_first_byte_leaves_the_process_alive() {
    let (emulator, _root) = serve(
        "if event.before then error('before', 0) end\nresponse:write(count)\n\
         if event.after then error('after', 0) end",
    );
    let failed = emulator.invoke(r#"{"before":true}"#);
    assert_eq!(failed.json()["errorMessage"], "before");
    // This emulator does not interpret trailers: the caller sees the part that was sent.
    assert_eq!(emulator.invoke(r#"{"after":true}"#).text(), "2");
    assert_eq!(emulator.invoke("{}").text(), "3");
}
