//! Bodies of answers and the memory that Lua may use.

use serde_json::{Value, json};

use super::support::{Event, Function, Then, Web, send};

/// A server whose answers have as many MB as their path says; in chunks with a query.
fn megabytes() -> Web {
    Web::new(|asked, out| {
        let piece = "x".repeat(1 << 20);
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let count: usize = path[1..].parse().unwrap();
        if query.is_empty() {
            send(
                out,
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", count << 20),
            );
        } else {
            send(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        }
        // The client goes when it has enough.
        for _ in 0..count {
            let whole = match query {
                "" => out.write_all(piece.as_bytes()),
                _ => write!(out, "{:x}\r\n{piece}\r\n", piece.len()),
            };
            if whole.is_err() {
                return Then::Close;
            }
        }
        if !query.is_empty() {
            send(out, "0\r\n\r\n");
        }
        Then::Keep
    })
}

/// What the handler's `code` answers in a function of 128 MB, of which Lua has some 110.
fn answered(code: &str, web: &Web) -> Value {
    let source = format!(
        "local http = require('lambda.http')
         local url = '{}'
         return {{ handler = function() {code} end }}",
        web.url("/")
    );
    let run = Function::new("main.lua", &source)
        .handler("main.handler")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .invoke(Event::json("{}"))
        .run();
    serde_json::from_slice(&run.post().body).expect("JSON of our own")
}

#[test]
fn a_body_that_lua_has_no_memory_for_is_too_large() {
    let web = megabytes();
    for target in ["100", "100?chunked", "1000?chunked"] {
        let code = format!(
            "local answer, err = http.get(url .. '{target}', {{max_body = 2^31}})
             return {{err.kind, err.message}}"
        );
        let said = format!(
            "the body of the answer of {} does not fit into the memory that Lua has left; read it \
             in pieces with stream = true, or raise the function's memory size",
            web.address()
        );
        assert_eq!(
            answered(&code, &web),
            json!(["too_large", said]),
            "{target}"
        );
    }
}

#[test]
fn bodies_side_by_side_share_what_memory_there_is() {
    let code = "local list = {}
         for n = 1, 10 do list[n] = {url = url .. 30} end
         local kinds, bodies = {}, 0
         for _, answer in ipairs(http.all(list)) do
           if answer.error then kinds[answer.error.kind] = true else bodies = bodies + 1 end
         end
         local after = http.get(url .. 30)
         return {kinds, bodies > 0 and bodies < 4, #after.body}";
    let expected = json!([{ "too_large": true }, true, 30 << 20]);
    assert_eq!(answered(code, &megabytes()), expected);
}

#[test]
fn garbage_makes_room_for_a_body() {
    let code = "collectgarbage('stop')
         local lengths = {}
         for n = 1, 6 do
           lengths[n] = #assert(http.get(url .. (n % 2 == 0 and '30' or '30?chunked'))).body
         end
         return lengths";
    assert_eq!(answered(code, &megabytes()), json!(vec![30 << 20; 6]));
}
