//! Proxies of the environment.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;

use super::support::{Then, Web, answer, lua_with, send};
use super::tls::{Authority, secure};

#[test]
fn http_goes_through_as_a_whole_url_and_the_proxy_resolves_the_name() {
    let proxy = Web::new(|asked, out| {
        send(
            out,
            answer("200 OK", &[], format!("proxied {}", asked.target)),
        );
        Then::Keep
    });
    let variable = format!("http://me:pa%20ss@{}", proxy.address());
    let code = "local first = http.get('http://inner.invalid/a?b')
        http.get('http://inner.invalid:81/')
        return first.body";
    assert_eq!(
        lua_with(&[("http_proxy", &variable)], code),
        "proxied http://inner.invalid/a?b"
    );
    let asked = proxy.asked();
    assert_eq!(asked[0].header("host"), Some("inner.invalid"));
    assert_eq!(
        asked[0].header("proxy-authorization"),
        Some("Basic bWU6cGEgc3M=")
    );
    assert_eq!(asked[1].target, "http://inner.invalid:81/");
    assert_eq!(asked[1].header("host"), Some("inner.invalid:81"));
}

/// A proxy that answers CONNECT, and leads to `target` whatever it is asked for.
fn tunnel(target: std::net::SocketAddr) -> (Web, Arc<Mutex<Vec<String>>>) {
    let heads: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = heads.clone();
    let web = Web::raw(move |mut client, _| {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte).unwrap();
            head.extend_from_slice(&byte);
        }
        log.lock().unwrap().push(String::from_utf8(head).unwrap());
        let mut server = TcpStream::connect(target).unwrap();
        client
            .write_all(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n")
            .unwrap();
        let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || io::copy(&mut from, &mut to));
        let _ = io::copy(&mut server, &mut client);
    });
    (web, heads)
}

#[test]
fn https_goes_through_a_tunnel_that_is_kept() {
    let authority = Authority::new();
    let web = secure(&authority, &["inner.invalid"], "tunnelled");
    let (proxy, heads) = tunnel(web.address());
    let variable = format!("http://me:pass@{}", proxy.address());
    let env = [
        ("HTTPS_PROXY", variable.as_str()),
        ("MOONLAYER_EXTRA_CA_CERTS", authority.file()),
    ];
    let code = "local got = {}
        for n = 1, 2 do got[n] = assert(http.get('https://inner.invalid/x')).body end
        return got";
    assert_eq!(lua_with(&env, code), json!(["tunnelled", "tunnelled"]));
    assert_eq!(
        *heads.lock().unwrap(),
        [
            "CONNECT inner.invalid:443 HTTP/1.1\r\nHost: inner.invalid:443\r\n\
          Proxy-Authorization: Basic bWU6cGFzcw==\r\n\r\n"
        ]
    );
    let asked = web.asked();
    assert_eq!(asked.len(), 2);
    assert!(
        asked
            .iter()
            .all(|asked| asked.header("proxy-authorization").is_none())
    );
}

#[test]
fn a_proxy_that_refuses_is_connect_without_its_password() {
    for (status, says) in [
        (
            "407 Authentication Required",
            "it wants a user and password (407)",
        ),
        ("403 Forbidden", "it answered 403"),
    ] {
        let proxy = Web::fixed(answer(status, &[], ""));
        let variable = format!("http://me:secret@{}", proxy.address());
        let code =
            "local _, err = http.get('https://inner.invalid/') return {err.kind, err.message}";
        let got = lua_with(&[("https_proxy", &variable)], code);
        assert_eq!(got[0], "connect");
        let message = got[1].as_str().unwrap();
        assert!(
            message.contains(says) && message.contains(&proxy.address().to_string()),
            "{message}"
        );
        assert!(!message.contains("secret"), "{message}");
    }
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let code = "local _, err = http.get('http://inner.invalid/') return {err.kind, err.message}";
    let got = lua_with(&[("http_proxy", "127.0.0.1:1")], code);
    assert_eq!(got[0], "connect");
    assert!(
        got[1]
            .as_str()
            .unwrap()
            .starts_with("cannot connect to the proxy 127.0.0.1:1: "),
        "{got}"
    );
}

#[test]
fn exceptions_and_this_machine_are_reached_directly() {
    let web = Web::fixed(answer("200 OK", &[], "direct"));
    let env = [
        ("http_proxy", "http://127.0.0.1:1"),
        ("NO_PROXY", "x.example,.invalid"),
    ];
    let code = format!(
        "local _, err = http.get('http://a.invalid/')
         return {{err.kind, http.get('{}').body}}",
        web.url("/")
    );
    assert_eq!(lua_with(&env, &code), json!(["dns", "direct"]));
}

#[test]
fn a_variable_that_is_no_proxy_is_thrown_by_its_name() {
    let code = "return select(2, pcall(http.get, 'http://h.invalid/'))";
    let error = lua_with(&[("https_proxy", "socks5://me:secret@h:1")], code);
    let error = error.as_str().unwrap();
    assert!(
        error.contains("https_proxy is no proxy's URL: its scheme is neither http nor https"),
        "{error}"
    );
    assert!(!error.contains("secret"), "{error}");
}
