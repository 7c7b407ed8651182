//! What is sent of a file: nothing to those that have it, a part, or the whole as far as it goes.

use std::os::unix::fs::symlink;
use std::time::Duration;

use serde_json::{Value, json};

use super::support::Function;
use super::web_app::{answers, ask};
use super::{STATIC, site, told};

#[test]
fn what_the_client_has_is_not_sent_again() {
    let tag = "\"84d89877f0d4041efb6bf91a16f0248f\"";
    let weak = format!("\"x\", W/{tag}");
    let cases = [
        (tag, 304),
        (&*weak, 304),
        ("*", 304),
        ("\"x\"", 200),
        ("84d89877f0d4041efb6bf91a16f0248f", 200),
        ("", 200),
    ];
    let given = answers(
        site("app:get('/s/*path', web.files('site', { cache_control = 'max-age=9' }))"),
        cases.map(|(value, _)| ask("GET /s/n.txt", &[("if-none-match", value)])),
    );
    for ((value, status), answer) in cases.iter().zip(&given) {
        assert_eq!(answer["statusCode"], *status, "{value}");
    }
    assert_eq!(given[0]["body"], "");
    assert_eq!(
        given[0]["headers"],
        json!({ "cache-control": "max-age=9", "etag": tag })
    );
}

#[test]
fn one_range_is_sent_as_it_is_and_others_as_the_whole() {
    let whole = (200, "0123456789", Value::Null);
    let part = |text, range: &str| (206, text, json!(format!("bytes {range}/10")));
    let none = || (416, "", json!("bytes */10"));
    let cases = [
        ("bytes=0-3", part("0123", "0-3")),
        ("bytes=4-", part("456789", "4-9")),
        ("bytes=-3", part("789", "7-9")),
        ("bytes=-100", part("0123456789", "0-9")),
        ("bytes=9-100", part("9", "9-9")),
        ("Bytes = 1 - 1", part("1", "1-1")),
        ("bytes=0-99999999999999999999999", part("0123456789", "0-9")),
        ("bytes=10-", none()),
        ("bytes=99999999999999999999999-", none()),
        ("bytes=-0", none()),
        ("bytes=5-2", whole.clone()),
        ("bytes=0-1,3-4", whole.clone()),
        ("items=0-1", whole.clone()),
        ("bytes=-", whole.clone()),
        ("bytes=a-b", whole.clone()),
        ("bytes=--1", whole.clone()),
        ("", whole.clone()),
    ];
    let given = answers(
        site(STATIC),
        cases
            .iter()
            .map(|(range, _)| ask("GET /s/n.txt", &[("range", range)])),
    );
    for ((range, expected), answer) in cases.iter().zip(&given) {
        let (status, body) = told(answer);
        let found = (status, body, answer["headers"]["content-range"].clone());
        assert_eq!(found, *expected, "{range}");
    }
    let tag = "\"84d89877f0d4041efb6bf91a16f0248f\"";
    let range = ("range", "bytes=0-1");
    let given = answers(
        site(STATIC),
        [
            ask("GET /s/n.txt", &[range, ("if-range", tag)]),
            ask("GET /s/n.txt", &[range, ("if-range", "\"other\"")]),
            ask("GET /s/n.txt", &[range, ("if-range", &format!("W/{tag}"))]),
            ask(
                "GET /s/n.txt",
                &[range, ("if-range", "Sat, 21 Nov 2026 00:00:00 GMT")],
            ),
            ask("HEAD /s/n.txt", &[range]),
            ask("GET /s/none.bin", &[("range", "bytes=0-")]),
        ],
    );
    let statuses: Vec<_> = given.iter().map(|answer| told(answer).0).collect();
    assert_eq!(statuses, [206, 200, 200, 200, 200, 416]);
}

#[test]
fn a_compressed_sibling_is_sent_to_those_that_take_it() {
    let cases = [
        ("gzip, deflate, br", "brotli", json!("br")),
        ("GZIP;q=0.5", "packed", json!("gzip")),
        ("br;q=0, gzip;q=0", "let a", Value::Null),
        ("identity", "let a", Value::Null),
        ("", "let a", Value::Null),
    ];
    let given = answers(
        site("app:get('/s/*path', web.files('site', { precompressed = true }))"),
        cases
            .iter()
            .map(|(accept, ..)| ask("GET /s/app.js", &[("accept-encoding", accept)])),
    );
    for ((_, body, coding), answer) in cases.iter().zip(&given) {
        assert_eq!(answer["body"], *body);
        assert_eq!(answer["headers"]["content-encoding"], *coding);
        assert_eq!(answer["headers"]["vary"], "Accept-Encoding");
        assert_eq!(
            answer["headers"]["content-type"],
            "text/javascript; charset=utf-8"
        );
    }
    assert_ne!(given[0]["headers"]["etag"], given[1]["headers"]["etag"]);
    let given = answers(
        site("app:get('/s/*path', web.files('site', { precompressed = true }))"),
        [
            ask("GET /s/app.js", &[]),
            ask(
                "GET /s/app.js",
                &[("accept-encoding", "br"), ("range", "bytes=0-2")],
            ),
        ],
    );
    assert_eq!(told(&given[0]), (200, "let a"));
    assert_eq!(told(&given[1]), (206, "let"));
    for vary in ["'Cookie'", "{ 'Cookie' }"] {
        let options = format!("{{ precompressed = true, headers = {{ Vary = {vary} }} }}");
        let given = answers(
            site(&format!(
                "app:get('/s/*path', web.files('site', {options}))"
            )),
            [ask("GET /s/app.js", &[]), ask("GET /s/n.txt", &[])],
        );
        assert_eq!(given[0]["headers"]["vary"], "Cookie, Accept-Encoding");
        assert_eq!(given[1]["headers"]["vary"], "Cookie");
    }
}

#[test]
fn a_compressed_sibling_that_is_a_link_out_of_the_folder_is_not_sent() {
    let function = site("app:get('/s/*path', web.files('site', { precompressed = true }))");
    let root = function.root().path().join("site");
    symlink("../secret.txt", root.join("n.txt.br")).expect("a new link");
    symlink("app.js.gz", root.join("n.txt.gz")).expect("a new link");
    let run = function
        .invoke(ask("GET /s/n.txt", &[("accept-encoding", "br, gzip")]))
        .run();
    assert_eq!(told(&run.post().json()), (200, "packed"));
    assert!(
        run.stdout().contains(
            "\tWARN\tthe file \"n.txt.br\" is not served: it is a symbolic link out of site"
        ),
        "{}",
        run.stdout()
    );
}

#[test]
fn headers_of_blanks_take_no_time() {
    let blanks = " ".repeat(200_000);
    let event = ask(
        "GET /s/n.txt",
        &[
            (
                "range",
                &*format!("bytes={blanks}1{blanks}-{blanks}1{blanks}"),
            ),
            ("if-range", &*format!("{blanks}x{blanks}y")),
            ("if-none-match", &*format!("{blanks}*{blanks}y\"")),
            (
                "accept-encoding",
                &*format!("{blanks}br{blanks};q={blanks}x"),
            ),
        ],
    );
    let run = site(STATIC)
        // The deadline would interrupt it.
        .invoke(event.left(Duration::from_secs(5)))
        .run();
    assert_eq!(told(&run.post().json()), (200, "0123456789"));
}

#[test]
fn only_a_request_that_reads_is_told_that_the_client_has_it() {
    let function = || {
        site(
            "app:route({ 'GET', 'POST' }, '/', function(req)
               return web.file('site/n.txt', { request = req })
             end)",
        )
    };
    for (method, status) in [("GET", 304), ("HEAD", 304), ("POST", 200)] {
        let line = format!("{method} /");
        let given = answers(function(), [ask(&line, &[("if-none-match", "*")])]);
        assert_eq!(given[0]["statusCode"], status, "{method}");
    }
}

#[test]
fn what_is_larger_than_an_answer_names_the_limit_and_the_ways_out() {
    let bytes: Vec<u8> = (0..5 * MB).map(|nth| (nth * 7 % 256) as u8).collect();
    let run = site(
        "app:get('/s/*path', web.files('site'))
         app:get('/f', function() local file = web.file('site/text.txt') return file end)",
    )
    .file("site/text.txt", "x".repeat(7 * MB))
    .file("site/binary.bin", &bytes)
    .file("site/lines.txt", "\n".repeat(4 * MB))
    .invoke(ask("GET /s/text.txt", &[]))
    .invoke(ask("GET /f", &[]))
    .invoke(ask("GET /s/binary.bin", &[]))
    .invoke(ask("GET /s/lines.txt", &[]))
    .invoke(ask("HEAD /s/text.txt", &[]))
    .invoke(ask("GET /s/text.txt", &[("range", "bytes=1000-")]))
    .invoke(ask("GET /s/binary.bin", &[("range", "bytes=0-")]))
    .invoke(ask("GET /s/binary.bin", &[("range", "bytes=-2")]))
    .run();
    let posts = run.posts();
    let remedy = "has SIZE bytes; an answer takes 6 MB, and base64 makes binary files a third \
                  larger: stream it (web.stream), ask for parts (Range), or give the client a \
                  presigned URL of S3";
    for (nth, place, file, size) in [
        (0, "", "text.txt", 7 * MB),
        (1, "main.lua:4: ", "text.txt", 7 * MB),
        (2, "", "binary.bin", 5 * MB),
        (3, "", "lines.txt", 4 * MB),
    ] {
        let remedy = remedy.replace("SIZE", &size.to_string());
        assert_eq!(
            posts[nth].json()["errorMessage"],
            format!("{place}the file site/{file} {remedy}")
        );
    }
    assert_eq!(posts[4].json()["statusCode"], 200);
    // Less than was asked for: clients read on behind it.
    for (nth, first) in [(5, 1000), (6, 0)] {
        let answer = posts[nth].json();
        assert_eq!(answer["statusCode"], 206);
        let range = answer["headers"]["content-range"]
            .as_str()
            .expect("a range")
            .to_owned();
        assert!(range.starts_with(&format!("bytes {first}-")), "{range}");
        assert!(
            posts[nth].body_bytes > 2 * MB && posts[nth].body_bytes < 6 * MB,
            "{range}"
        );
    }
    assert_eq!(
        posts[7].json()["headers"]["content-range"],
        "bytes 5242878-5242879/5242880"
    );
}

#[test]
fn a_stream_sends_a_file_of_any_size_in_pieces() {
    let text = "0123456789".repeat(800_000);
    let source = "local web = require('lambda.web')
        local app = web.router()
        app:get('/s/*path', web.files('site'))
        return { handler = web.stream(app) }";
    let run = Function::new("main.lua", source)
        .file("site/big.txt", &text)
        .invoke(ask("GET /s/big.txt", &[]))
        .invoke(ask("GET /s/big.txt", &[("range", "bytes=7999995-")]))
        .invoke(ask("HEAD /s/big.txt", &[]))
        .run();
    let posts = run.posts();
    let body = |nth: usize| {
        let text = posts[nth].text();
        text.split_once("\0\0\0\0\0\0\0\0")
            .expect("a prelude")
            .1
            .to_owned()
    };
    assert_eq!(body(0), text);
    assert!(posts[0].chunks.as_ref().expect("chunks").len() > 20);
    assert_eq!(body(1), "56789");
    assert!(
        posts[1]
            .text()
            .contains("\"content-range\":\"bytes 7999995-7999999/8000000\"")
    );
    assert_eq!(body(2), "");

    let plain = "local web = require('lambda.web')
        return { handler = web.stream(function(req)
          return web.file('big.txt', { request = req })
        end) }";
    let run = Function::new("main.lua", plain)
        .file("big.txt", &text)
        .invoke(ask("GET /", &[]))
        .run();
    assert!(run.post().text().ends_with(&format!("\0{text}")));
    assert!(run.post().chunks.as_ref().expect("chunks").len() > 20);
}

const MB: usize = 1024 * 1024;
