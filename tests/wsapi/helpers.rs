//! The helpers that come with WSAPI, as Debian's `lua-wsapi` has them, below an application's
//! `lua_modules`: where luarocks puts them.

use std::fs;

use serde_json::{Value, json};

use super::{FRONTS, Front, Reply, Request, reply};
use crate::support::{Function, VERSION};

const DEBIAN: &str = "/usr/share/lua/5.1";

/// An application with this body that has the helpers, `req` and `res`.
fn helped(body: &str) -> Function {
    let source = format!(
        "local request = require('wsapi.request')\n\
         local response = require('wsapi.response')\n\
         local util = require('wsapi.util')\n\
         local json = require('lambda.json')\n\
         return {{ run = function(env)\n\
         local res = response.new(200, {{ ['Content-Type'] = 'application/json' }})\n\
         {body}\n\
         return res:finish()\nend }}"
    );
    let mut function = Function::new("app.lua", source)
        .handler("app.run")
        .env("MOONLAYER_MODE", "web");
    for name in ["request", "response", "util"] {
        let path = format!("{DEBIAN}/wsapi/{name}.lua");
        let text = fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}; run `tests/setup`"));
        let name = format!("lua_modules/share/lua/{VERSION}/wsapi/{name}.lua");
        function = function.file(&name, text);
    }
    function
}

#[track_caller]
fn body(reply: &Reply) -> Value {
    assert_eq!(reply.status, 200);
    serde_json::from_slice(&reply.body).expect("JSON")
}

#[test]
fn the_query_cookies_and_path_are_read() {
    let function = || {
        helped(
            "local req = request.new(env)\n\
             res:write(json.encode({ q = req.params.q, n = req.GET.n, cookie = req.cookies.b,\n\
             none = req.params.none == nil, method = req.method, path = req.path_info,\n\
             link = req:link('/x', { a = '1 2' }) }))",
        )
    };
    let request = Request::get("/caf%C3%A9")
        .query("q", "x y&z=1")
        .query("n", "1")
        .header("Cookie", "a=1; b=two%20words");
    for front in FRONTS {
        let expected = json!({
            "q": "x y&z=1",
            "n": "1",
            "cookie": "two words",
            "none": true,
            "method": "GET",
            "path": "/café",
            "link": format!("{}/x?a=1+2", front.stage()),
        });
        assert_eq!(body(&reply(function(), front, &request)), expected);
    }
}

#[test]
fn a_form_that_is_posted_is_parsed() {
    let function = || {
        helped(
            "local req = request.new(env)\n\
             res:write(json.encode(req.POST))",
        )
    };
    let form = "name=Ada+Lovelace&note=%C3%A9%26&tag=1&tag=2&empty=";
    let request = Request::post(
        "/",
        "application/x-www-form-urlencoded; charset=utf-8",
        form,
    );
    for front in FRONTS {
        assert_eq!(
            body(&reply(function(), front, &request)),
            json!({ "name": "Ada Lovelace", "note": "é&", "tag": ["1", "2"], "empty": "" })
        );
    }
}

#[test]
fn a_file_that_is_uploaded_arrives_byte_for_byte() {
    let function = || {
        helped(
            "local file = request.new(env).POST.file\n\
             assert(file.name == 'a.bin' and file['content-type'] == 'image/png')\n\
             assert(file.size == #file.contents)\n\
             res:content_type('application/octet-stream')\n\
             res:write(file.contents)",
        )
    };
    let every_byte: Vec<u8> = (0..=255).collect();
    let mut upload = b"--line\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nPicture\r\n\
        --line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\
        Content-Type: image/png\r\n\r\n"
        .to_vec();
    upload.extend(&every_byte);
    upload.extend(b"\r\n--line--\r\n");
    let request = Request::post("/", "multipart/form-data; boundary=line", upload);
    for front in FRONTS {
        let reply = reply(function(), front, &request);
        assert_eq!(reply.body, every_byte, "{front:?}");
    }
}

#[test]
fn a_body_of_another_type_is_post_data() {
    let function = || helped("res:write(request.new(env).POST.post_data)");
    let request = Request::post("/", "application/json", "{\"a\":1}");
    for front in FRONTS {
        assert_eq!(body(&reply(function(), front, &request)), json!({ "a": 1 }));
    }
}

#[test]
fn cookies_are_set_and_deleted() {
    let function = || {
        helped(
            "res:set_cookie('a', { value = '1 2', path = '/', httponly = true })\n\
             res:set_cookie('b', '2')\nres:delete_cookie('c', '/')\nres:write('{}')",
        )
    };
    for front in FRONTS {
        let reply = reply(function(), front, &Request::get("/"));
        let cookies = reply
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie");
        let cookies: Vec<_> = cookies.map(|(_, value)| value.as_str()).collect();
        assert_eq!(
            cookies,
            [
                "a=1+2; path=/; HttpOnly",
                "b=2",
                "c=xxx; expires=Thursday, 01-Jan-1970 00:00:01 GMT; path=/"
            ]
        );
    }
}

#[test]
fn a_redirect_has_its_place_and_no_body() {
    for front in FRONTS {
        let reply = reply(
            helped("do return res:redirect('/b') end"),
            front,
            &Request::get("/"),
        );
        assert_eq!((reply.status, &reply.body[..]), (302, &b""[..]));
        let place = ("location".to_owned(), "/b".to_owned());
        assert!(reply.headers.contains(&place), "{:?}", reply.headers);
    }
}

#[test]
fn a_body_can_be_read_again_where_it_was_made_rewindable() {
    let function = helped(
        "env = util.make_rewindable(env)\n\
         local first = request.new(env).POST.a\n\
         env.input:rewind()\n\
         res:write(json.encode({ first, request.new(env).POST.a }))",
    );
    let request = Request::post("/", "x-www-form-urlencoded", "a=1");
    assert_eq!(
        body(&reply(function, Front::Url, &request)),
        json!(["1", "1"])
    );
}

#[test]
fn pieces_of_the_response_are_streamed() {
    let event = Front::Url.event(&Request::get("/")).to_string();
    let run = helped("res:write('{', { '\"a\":', 1 }, '}')")
        .env("MOONLAYER_INVOKE_MODE", "response_stream")
        .invoke(crate::support::Event::json(&event))
        .run();
    let chunks = run.post().chunks.as_ref().expect("a streamed response");
    let pieces = &chunks[2..];
    assert_eq!(pieces, [&b"{"[..], b"\"a\":", b"1", b"}"]);
}
