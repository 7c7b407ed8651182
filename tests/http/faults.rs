//! Requests without an answer: `nil` and an error that says why.

use std::{net::TcpListener, time::Instant};

use serde_json::{Value, json};

use super::support::{Event, Function, Then, Web, answer, lua, send};

/// Kind and message of the error of a GET.
fn fault(url: &str, options: &str) -> (String, String) {
    let code = format!(
        "local r, err = http.get('{url}', {options})
         assert(r == nil)
         assert(err.type == 'HttpError' and tostring(err) == err.message)
         return {{err.kind, err.message, err.url}}"
    );
    let got = lua(&code);
    let text = |nth: usize| got[nth].as_str().unwrap().to_owned();
    assert!(!got.to_string().contains("secret"), "{got}");
    assert!(url.starts_with(&text(2)), "{got}");
    (text(0), text(1))
}

#[test]
fn a_name_without_an_address_is_dns() {
    let (kind, message) = fault("http://nowhere.invalid/a?secret", "nil");
    assert_eq!(kind, "dns");
    assert!(
        message.starts_with("cannot find the address of nowhere.invalid: "),
        "{message}"
    );
}

#[test]
fn a_refused_connection_is_connect() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (kind, message) = fault(&format!("http://{address}/?secret"), "nil");
    assert_eq!(kind, "connect");
    assert!(
        message.starts_with(&format!(
            "cannot connect to {address}: connection refused; "
        )),
        "{message}"
    );
}

#[test]
fn localhost_needs_no_resolver() {
    let web = Web::fixed(answer("200 OK", &[], "x"));
    let port = web.address().port();
    assert_eq!(
        lua(&format!("return http.get('http://localhost:{port}/').body")),
        "x"
    );
    assert_eq!(
        lua(&format!(
            "return http.get('http://api.localhost:{port}/').body"
        )),
        "x"
    );
}

#[test]
fn names_are_looked_up_by_the_system() {
    let web = Web::fixed(answer("200 OK", &[], "x"));
    let port = web.address().port();
    // Neither leaves the machine: the C library reads the first as an old form of an address, and
    // cannot ask for the second, whose first part is longer than a name server takes.
    let body = lua(&format!("return http.get('http://127.1:{port}/').body"));
    assert_eq!(body, "x");
    let (kind, message) = fault(&format!("http://{}.example/", "a".repeat(64)), "nil");
    assert_eq!(kind, "dns");
    assert!(message.contains("aaa.example: "), "{message}");
    assert!(!message.contains("failed to lookup"), "{message}");
}

#[test]
fn an_ipv6_address_is_an_address() {
    let (kind, message) = fault("http://[::1]:1/", "nil");
    assert_eq!(kind, "connect");
    assert!(message.contains("[::1]:1"), "{message}");
}

#[test]
fn who_never_answers_is_timeout() {
    let web = Web::new(|_, _| Then::Hold);
    let (kind, message) = fault(&web.url("/?secret"), "{timeout = 0.2}");
    assert_eq!(kind, "timeout");
    assert_eq!(
        message,
        format!(
            "{} did not answer within 0.2 s; raise timeout if it needs longer",
            web.address()
        )
    );
}

#[test]
fn a_body_that_stalls_or_drips_is_timeout() {
    let web = Web::new(|asked, out| {
        send(out, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx");
        if asked.target == "/drip" {
            // Each byte comes well within the time; all of them do not.
            while out.write_all(b"x").and_then(|()| out.flush()).is_ok() {
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
        Then::Hold
    });
    assert_eq!(fault(&web.url("/stall"), "{timeout = 0.2}").0, "timeout");
    assert_eq!(fault(&web.url("/drip"), "{timeout = 0.2}").0, "timeout");
}

#[test]
fn a_connection_that_does_not_come_to_stand_is_timeout() {
    // A full backlog: Linux drops what comes on top.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) =
        std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_millis(200))
    {
        waiting.push(stream);
    }
    let (kind, message) = fault(&format!("http://{address}/"), "{connect_timeout = 0.2}");
    assert_eq!(kind, "timeout");
    assert!(
        message.starts_with(&format!("no connection to {address} within 0.2 s; ")),
        "{message}"
    );
}

#[test]
fn a_cut_connection_is_closed() {
    let web = Web::new(|asked, out| {
        send(
            out,
            match asked.target.as_str() {
                "/nothing" => "",
                "/head" => "HTTP/1.1 200 OK\r\nContent-Le",
                "/body" => "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
                _ => "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
            },
        );
        Then::Close
    });
    for path in ["/nothing", "/head", "/body", "/chunked"] {
        let (kind, message) = fault(&web.url(path), "nil");
        assert_eq!(kind, "closed", "{path}");
        assert_eq!(
            message,
            format!(
                "the connection to {} ended before the whole answer had come",
                web.address()
            ),
            "{path}"
        );
    }
}

#[test]
fn what_is_not_http_is_closed() {
    for bytes in [
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        let web = Web::new(move |_, out| {
            send(out, bytes);
            Then::Close
        });
        let (kind, message) = fault(&web.url("/"), "nil");
        assert_eq!(kind, "closed", "{bytes}: {message}");
        assert!(message.contains(&web.address().to_string()), "{message}");
    }
}

#[test]
fn damaged_gzip_is_closed() {
    let web = Web::fixed(answer(
        "200 OK",
        &["Content-Encoding: gzip"],
        "no gzip at all",
    ));
    let (kind, message) = fault(&web.url("/"), "nil");
    assert_eq!(kind, "closed");
    assert!(message.contains("gzip body that is damaged"), "{message}");
}

#[test]
fn the_error_returned_by_a_handler_is_its_report() {
    let source = "local http = require('lambda.http')
        return { handler = function() return http.get('http://nowhere.invalid/') end }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("{}"))
        .run();
    let report = run.post().json();
    assert_eq!(report["errorType"], "HttpError");
    let message = report["errorMessage"].as_str().unwrap();
    assert!(message.starts_with("cannot find the address"), "{message}");
}

#[test]
fn error_raises_the_error_with_its_type() {
    let source = "local http = require('lambda.http')
        return { handler = function()
          local answer, err = http.get('http://nowhere.invalid/')
          if not answer then error(err) end
        end }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("{}"))
        .run();
    let report = run.post().json();
    assert_eq!(report["errorType"], "HttpError");
    assert_eq!(
        report["stackTrace"],
        json!(["main.lua:4: in function 'handler'"])
    );
}

#[test]
fn a_timeout_ends_in_time() {
    let web = Web::new(|_, _| Then::Hold);
    let begun = Instant::now();
    let code = format!(
        "local _, err = http.get('{}', {{timeout = 0.05}}) return err.kind",
        web.url("/")
    );
    assert_eq!(lua(&code), Value::from("timeout"));
    // Not a measurement: the default is 30 s.
    assert!(begun.elapsed().as_secs() < 25);
}
