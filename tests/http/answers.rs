//! What comes back: status, headers, body, JSON, gzip.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use super::support::{Then, Web, answer, lua, send};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn every_status_is_an_answer() {
    let web = Web::new(|asked, out| {
        send(
            out,
            answer(&format!("{} Any", &asked.target[1..]), &[], "b"),
        );
        Then::Keep
    });
    let url = web.url("/");
    let code = format!(
        "local got = {{}}
         for _, status in ipairs{{200, 201, 299, 400, 404, 429, 500, 599}} do
           local answer = assert(http.get('{url}' .. status))
           got[#got + 1] = answer.status
         end
         return got"
    );
    assert_eq!(lua(&code), json!([200, 201, 299, 400, 404, 429, 500, 599]));
}

#[test]
fn headers_are_found_in_any_case_and_joined_but_for_cookies() {
    let web = Web::fixed(answer(
        "200 OK",
        &[
            "X-One: 1",
            "Vary: a",
            "vary: b",
            "Set-Cookie: c=1",
            "set-cookie: d=2",
        ],
        "",
    ));
    let code = format!(
        "local r = http.get('{}')
         local names = {{}}
         for name in pairs(r.headers) do names[#names + 1] = name end
         table.sort(names)
         return {{r.headers['X-ONE'], r.headers['x-one'], r.headers.vary, r.headers['Set-Cookie'],
           r:values('SET-COOKIE'), r:values('vary'), r:values('x-one'), r:values('none'),
           tostring(r.headers.none), names, r.url}}",
        web.url("/x?y")
    );
    let got = lua(&code);
    assert_eq!(
        got,
        json!([
            "1",
            "1",
            "a, b",
            "c=1",
            ["c=1", "d=2"],
            ["a", "b"],
            ["1"],
            {},
            "nil",
            ["content-length", "set-cookie", "vary", "x-one"],
            web.url("/x?y")
        ])
    );
}

#[test]
fn json_is_decoded_and_what_is_none_is_an_error_value() {
    let web = Web::new(|asked, out| {
        let body = if asked.target == "/good" {
            r#"{"a":[1,null]}"#
        } else {
            "<html>"
        };
        send(out, answer("200 OK", &[], body));
        Then::Keep
    });
    let code = format!(
        "local good = http.get('{}'):json()
         local bad, err = http.get('{}'):json()
         return {{good, tostring(bad), err}}",
        web.url("/good"),
        web.url("/bad?secret")
    );
    let says = format!(
        "the answer of {} is not JSON: invalid JSON at byte 1: expected a value",
        web.address()
    );
    assert_eq!(lua(&code), json!([{"a": [1, null]}, "nil", says]));
}

#[test]
fn gzip_is_decoded_and_its_headers_are_gone() {
    let web = Web::fixed(answer(
        "200 OK",
        &["Content-Encoding: gzip"],
        gzip(b"many many words"),
    ));
    let code = format!(
        "local r = http.get('{0}')
         local twice = http.get('{0}')
         return {{r.body, tostring(r.headers['content-encoding']),
           tostring(r.headers['content-length']), twice.body}}",
        web.url("/")
    );
    assert_eq!(
        lua(&code),
        json!(["many many words", "nil", "nil", "many many words"])
    );
    assert_eq!(
        web.connections(),
        1,
        "read to its end, the connection is kept"
    );
}

#[test]
fn who_asks_for_an_encoding_gets_it_as_it_is() {
    let web = Web::fixed(answer("200 OK", &["Content-Encoding: gzip"], gzip(b"x")));
    let code = format!(
        "local r = http.get('{}', {{headers = {{['Accept-Encoding'] = 'gzip'}}}})
         return {{r.body:byte(1), r.body:byte(2), r.headers['content-encoding']}}",
        web.url("/")
    );
    assert_eq!(lua(&code), json!([0x1f, 0x8b, "gzip"]));
}

#[test]
fn answers_without_a_body_may_say_that_it_is_gzip() {
    let web = Web::new(|asked, out| {
        let head = match asked.method.as_str() {
            "HEAD" => "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nContent-Encoding: gzip\r\n\r\n",
            "GET" => "HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n",
            "PUT" => "HTTP/1.1 304 Not Modified\r\nContent-Encoding: gzip\r\n\r\n",
            _ => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Encoding: gzip\r\n\r\n",
        };
        send(out, head);
        Then::Keep
    });
    let url = web.url("/");
    let code = format!(
        "local h, g = http.head('{url}'), http.get('{url}')
         local p, d = http.put('{url}'), http.delete('{url}')
         return {{h.body, h.headers['content-length'], g.body, g.status, p.body, p.status, d.body}}"
    );
    assert_eq!(lua(&code), json!(["", "99", "", 204, "", 304, ""]));
    assert_eq!(web.connections(), 1);
}

#[test]
fn a_gzip_bomb_is_stopped_at_the_limit() {
    let web = Web::fixed(answer(
        "200 OK",
        &["Content-Encoding: gzip"],
        gzip(&vec![0; 64 * 1024 * 1024]),
    ));
    let code = format!(
        "local r, err = http.get('{}')
         collectgarbage()
         return {{tostring(r), err.kind, err.message}}",
        web.url("/")
    );
    let says = format!(
        "the body of the answer of {} is larger than 33554432 bytes; raise max_body, or read it \
         in pieces with stream = true",
        web.address()
    );
    assert_eq!(lua(&code), json!(["nil", "too_large", says]));
}

#[test]
fn max_body_is_the_largest_body_taken() {
    let web = Web::fixed(answer("200 OK", &[], "12345"));
    let url = web.url("/");
    let code = format!(
        "local function kind(most)
           local r, err = http.get('{url}', {{max_body = most}})
           return r and r.body or err.kind
         end
         return {{kind(4), kind(5), kind(0)}}"
    );
    assert_eq!(lua(&code), json!(["too_large", "12345", "too_large"]));
}

#[test]
fn an_endless_body_is_stopped_at_the_limit() {
    let web = Web::new(|_, out| {
        send(out, "HTTP/1.1 200 OK\r\n\r\n");
        while out.write_all(&[b'x'; 65_536]).is_ok() {}
        Then::Close
    });
    let code = format!(
        "local _, err = http.get('{}', {{max_body = 1e6}}) return err.kind",
        web.url("/")
    );
    assert_eq!(lua(&code), "too_large");
}

#[test]
fn heads_that_are_too_large_are_refused() {
    let web = Web::new(|asked, out| {
        send(out, "HTTP/1.1 200 OK\r\n");
        for nth in 0..if asked.target == "/many" { 200 } else { 1 } {
            send(
                out,
                format!(
                    "X-{nth}: {}\r\n",
                    "v".repeat(if asked.target == "/many" { 1 } else { 100_000 })
                ),
            );
        }
        send(out, "Content-Length: 0\r\n\r\n");
        Then::Close
    });
    for path in ["/many", "/long"] {
        let code = format!(
            "local _, err = http.get('{}') return err.kind",
            web.url(path)
        );
        assert_eq!(lua(&code), "too_large", "{path}");
    }
}

#[test]
fn early_hints_are_passed_over() {
    let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let last = String::from_utf8(answer("200 OK", &[], "late")).unwrap();
    let web = Web::fixed(format!("{early}{last}"));
    let code = format!(
        "local r = http.get('{}') return {{r.status, r.body}}",
        web.url("/")
    );
    assert_eq!(lua(&code), json!([200, "late"]));
}

#[test]
fn chunks_and_bodies_until_the_close_are_read() {
    let web = Web::new(|asked, out| {
        if asked.target == "/chunked" {
            send(
                out,
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n",
            );
            send(out, "2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n");
            Then::Keep
        } else {
            send(out, "HTTP/1.0 200 OK\r\n\r\nold");
            Then::Close
        }
    });
    let code = format!(
        "return {{http.get('{}').body, http.get('{}').body}}",
        web.url("/chunked"),
        web.url("/old")
    );
    assert_eq!(lua(&code), json!(["abcde", "old"]));
}
