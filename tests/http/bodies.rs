//! Bodies that are made or taken piece by piece.

use std::sync::{Arc, Condvar, Mutex};

use serde_json::json;

use super::support::{Then, Web, answer, lua, send};

/// What a server has seen so far, to wait for.
#[derive(Clone, Default)]
struct Seen(Arc<(Mutex<usize>, Condvar)>);

impl Seen {
    fn add(&self) {
        *self.0.0.lock().unwrap() += 1;
        self.0.1.notify_all();
    }

    fn wait_for(&self, count: usize) {
        let seen = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(seen, |seen| *seen < count).unwrap());
    }
}

#[test]
fn each_piece_of_a_body_leaves_before_the_next_is_made() {
    use std::io::{Read, Write};
    let pieces = Seen::default();
    let counted = pieces.clone();
    let upload = Web::raw(move |mut stream, _| {
        let mut came = String::new();
        let mut buffer = [0; 1024];
        let mut told = 0;
        while !came.ends_with("\r\n0\r\n\r\n") {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "{came}");
            came.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
            while told < came.matches("piece").count() {
                told += 1;
                counted.add();
            }
        }
        let body = came.split("\r\n\r\n").nth(1).unwrap().to_owned();
        stream.write_all(&answer("200 OK", &[], body)).unwrap();
    });
    // Answers once the other server has seen as many pieces as the path says.
    let gate = Web::new(move |asked, out| {
        pieces.wait_for(asked.target[1..].parse().unwrap());
        send(out, answer("200 OK", &[], ""));
        Then::Keep
    });
    let code = format!(
        // The third call gives no bytes, so that there are two pieces to wait for from then on.
        "local made = 0
         local r, err = http.put('{}', {{body = function()
           assert(http.get('{}' .. math.min(made, 2)))
           made = made + 1
           if made == 3 then return '' end
           if made < 5 then return 'piece' .. made end
         end}})
         return assert(r, err).body",
        upload.url("/"),
        gate.url("/")
    );
    assert_eq!(lua(&code), "6\r\npiece1\r\n6\r\npiece2\r\n6\r\npiece4\r\n0");
}

#[test]
fn a_length_that_the_headers_announce_is_kept() {
    let web = Web::fixed(answer("200 OK", &[], ""));
    let url = web.url("/");
    let code = format!(
        "local function put(length, ...)
           local pieces = {{...}}
           local ok, r, err = pcall(http.put, '{url}', {{
             headers = {{['Content-Length'] = length}},
             body = function() return table.remove(pieces, 1) end,
           }})
           return ok and r.status or r
         end
         return {{put(6, 'abc', 'def'), put(7, 'abc', 'def'), put(5, 'abc', 'def')}}"
    );
    assert_eq!(
        lua(&code),
        json!([
            200,
            "the body ended 1 bytes before the length that content-length announced",
            "the body is longer than content-length announced"
        ])
    );
    let asked = web.only();
    assert_eq!((asked.body, asked.chunks), (b"abcdef".to_vec(), None));
}

#[test]
fn what_a_body_throws_is_thrown_on_with_its_value() {
    let web = Web::fixed(answer("200 OK", &[], ""));
    let code = format!(
        "local _, err = pcall(http.post, '{0}', {{body = function() error({{code = 7}}) end}})
         local _, odd = pcall(http.post, '{0}', {{body = function() return {{}} end}})
         return {{err.code, odd}}",
        web.url("/")
    );
    let odd = "the body's function gave a table where a string or nil was expected";
    assert_eq!(lua(&code), json!([7, odd]));
    assert!(web.asked().is_empty(), "neither request was complete");
}

#[test]
fn a_large_body_goes_out_whole() {
    let web = Web::new(|asked, out| {
        send(out, answer("200 OK", &[], asked.body.len().to_string()));
        Then::Keep
    });
    let code = format!(
        "local left = 30
         local made = http.post('{0}', {{body = function()
           left = left - 1
           if left >= 0 then return ('x'):rep(100000) end
         end}})
         local whole = http.post('{0}', {{body = ('y'):rep(3000000)}})
         return {{made.body, whole.body}}",
        web.url("/")
    );
    assert_eq!(lua(&code), json!(["3000000", "3000000"]));
}

#[test]
fn pieces_of_an_answer_come_as_they_arrive() {
    let web = Web::raw(|mut stream, _| {
        use std::io::{Read, Write};
        // The client's own requests say when the next piece may leave.
        let mut buffer = [0; 4096];
        assert!(stream.read(&mut buffer).unwrap() > 0);
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
            .unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let text = format!("{port:05}");
        stream
            .write_all(format!("5\r\n{text}\r\n").as_bytes())
            .unwrap();
        let (mut gate, _) = listener.accept().unwrap();
        assert!(gate.read(&mut buffer).unwrap() > 0);
        gate.write_all(&answer("200 OK", &["Connection: close"], ""))
            .unwrap();
        stream.write_all(b"3\r\nend\r\n0\r\n\r\n").unwrap();
        // Until the client is gone.
        while stream.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
    let code = format!(
        "local r = http.get('{}', {{stream = true}})
         local got = ''
         while #got < 8 do got = got .. r.body() end
         assert(http.get('http://127.0.0.1:' .. tonumber(got:sub(4)) .. '/'))
         for piece in r.body do got = got .. piece end
         return {{got:sub(1, 3), got:sub(9), tostring(r.body()), r.status}}",
        web.url("/")
    );
    assert_eq!(lua(&code), json!(["one", "end", "nil", 200]));
}

#[test]
fn a_stream_read_to_its_end_gives_its_connection_back_and_a_closed_one_does_not() {
    let web = Web::fixed(answer("200 OK", &[], "12345"));
    let url = web.url("/");
    let code = format!(
        "for _ = 1, 2 do
           local r = http.get('{url}', {{stream = true}})
           local all = ''
           for piece in r.body do all = all .. piece end
           assert(all == '12345')
           r:close()
         end
         local r = http.get('{url}', {{stream = true}})
         r:close()
         assert(r.body() == nil)
         http.get('{url}'):close()
         return true"
    );
    lua(&code);
    let connections: Vec<_> = web.asked().iter().map(|asked| asked.connection).collect();
    assert_eq!(connections, [0, 0, 0, 1]);
}

#[test]
fn a_fault_in_a_stream_is_raised_as_the_error_that_others_return() {
    let web = Web::new(|asked, out| {
        send(out, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345");
        if asked.target == "/cut" {
            Then::Close
        } else {
            Then::Hold
        }
    });
    let code = format!(
        "local function kind(url, options)
           local r = http.get(url, options)
           local ok, err = pcall(function() for _ in r.body do end end)
           assert(not ok and err.type == 'HttpError' and tostring(err) == err.message)
           assert(r.body() == nil)
           return err.kind
         end
         return {{kind('{0}', {{stream = true}}), kind('{1}', {{stream = true, timeout = 0.2}}),
           kind('{1}', {{stream = true, max_body = 3}})}}",
        web.url("/cut"),
        web.url("/stall")
    );
    assert_eq!(lua(&code), json!(["closed", "timeout", "too_large"]));
}

#[test]
fn json_of_a_stream_says_what_to_do() {
    let web = Web::fixed(answer("200 OK", &[], "{}"));
    let code = format!(
        "local r = http.get('{}', {{stream = true}})
         return select(2, pcall(r.json, r))",
        web.url("/")
    );
    let error = lua(&code);
    assert!(
        error.as_str().unwrap().contains("leave stream out"),
        "{error}"
    );
}
