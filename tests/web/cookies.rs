//! Cookies of requests, and those that web.cookie makes.

use serde_json::{Value, json};

use super::support::*;

#[test]
fn cookies_are_the_same_from_every_front_end() {
    let read = "return req.cookies";
    let line = "session=4f2a; theme=dark; q=\"a b\"; enc=%C3%BC; session=second; =x; bare; e=";
    let expected =
        json!({ "session": "4f2a", "theme": "dark", "q": "a b", "enc": "\u{fc}", "e": "" });
    for name in [REST, ALB_MULTI] {
        let mut sent = event(name);
        sent["multiValueHeaders"] = json!({ "Cookie": [line] });
        assert_eq!(value(read, &sent), expected, "{name}");
        let (first, rest) = line.split_once("; ").expect("two");
        sent["multiValueHeaders"] = json!({ "Cookie": [first, rest] });
        assert_eq!(value(read, &sent), expected, "{name}");
    }
    let sent = changed(ALB, json!({ "headers": { "cookie": line } }));
    assert_eq!(value(read, &sent), expected);
    for name in [HTTP, URL] {
        let list: Vec<_> = line.split("; ").collect();
        let sent = changed(name, json!({ "cookies": list }));
        assert_eq!(value(read, &sent), expected, "{name}");
        let sent = changed(
            name,
            json!({ "cookies": null, "headers": { "cookie": line } }),
        );
        assert_eq!(value(read, &sent), expected, "{name}");
        // The header is there as well.
        let sent = changed(name, json!({ "cookies": ["a=1", null, "b=2"] }));
        assert_eq!(
            answer("return req.headers.Cookie", &sent)["body"],
            "a=1; b=2"
        );
    }
}

#[test]
fn a_cookie_header_of_blanks_takes_no_time() {
    let header = format!("a=x{}b; {}=c", " ".repeat(200_000), " ".repeat(200_000));
    let sent = changed(
        ALB,
        json!({ "headers": { "cookie": header,
        "x-forwarded-for": format!("{},{}", "1".repeat(200_000), " ".repeat(200_000)) } }),
    );
    let read = "return { #req.cookies.a, tostring(req.source_ip) }";
    // The deadline would interrupt it.
    let event = Event::json(sent.to_string()).left(std::time::Duration::from_secs(5));
    let run = handler(read).invoke(event).run();
    assert_eq!(answer_of(&run)["body"], "[200002,\"nil\"]");
}

#[test]
fn web_cookie_writes_what_a_browser_reads() {
    let body = "return { web.cookie('a', 'b'), web.cookie('a', 7),\n\
        web.cookie('id', '\u{fc};,\"\\\\ \\r\\n', { path = '/', domain = 'example.com', max_age = 60.0,\n\
        expires = 1795198525, secure = true, http_only = true, same_site = 'Strict',\n\
        partitioned = true }),\n\
        web.cookie('gone', '', { max_age = 0, secure = false }) }";
    assert_eq!(
        value(body, &event(URL)),
        json!([
            "a=b",
            "a=7",
            "id=%C3%BC%3B%2C%22%5C%20%0D%0A; Domain=example.com; Expires=Fri, 20 Nov 2026 18:15:25 \
             GMT; HttpOnly; Max-Age=60; Partitioned; Path=/; SameSite=Strict; Secure",
            "gone=; Max-Age=0",
        ])
    );
}

#[test]
fn what_web_cookie_writes_comes_back_as_it_was() {
    let text = "' %;,=\"\\\\\u{fc}\\0\\r\\n+&'";
    let written = answer(&format!("return web.cookie('a', {text})"), &event(URL));
    let sent = changed(URL, json!({ "cookies": [written["body"]] }));
    let read = format!("return {{ req.cookies.a == {text} }}");
    assert_eq!(value(&read, &sent), json!([true]));
}

#[test]
fn what_is_wrong_with_a_cookie_is_said_where_it_is_made() {
    let options = "domain, expires, http_only, max_age, partitioned, path, same_site and secure";
    let cases: [(&str, Value); 12] = [
        (
            "web.cookie('a b', 'x')",
            json!("the name is \"a b\"; names are letters, digits and -_"),
        ),
        (
            "web.cookie('a\\r\\nb', 'x')",
            json!("the name is \"a\\r\\nb\"; names are letters, digits and -_"),
        ),
        (
            "web.cookie('', 'x')",
            json!("the name is \"\"; names are letters, digits and -_"),
        ),
        (
            "web.cookie(nil, 'x')",
            json!("the name is nil; names are letters, digits and -_"),
        ),
        (
            "web.cookie('a')",
            json!("the value of a is nil; it is a string"),
        ),
        (
            "web.cookie('a', 'b', 5)",
            json!("the options of a are 5; they are a table"),
        ),
        (
            "web.cookie('a', 'b', { path = '/\\r\\nSet-Cookie: x=y' })",
            json!(
                "path is \"/\\r\\nSet-Cookie: x=y\"; it is text without semicolons and line breaks"
            ),
        ),
        (
            "web.cookie('a', 'b', { domain = 'x; Secure' })",
            json!("domain is \"x; Secure\"; it is text without semicolons and line breaks"),
        ),
        (
            "web.cookie('a', 'b', { max_age = 1.5 })",
            json!("max_age is 1.5; it is a whole number of seconds"),
        ),
        (
            "web.cookie('a', 'b', { expires = 1e300 })",
            json!("expires is 1e+300; it is a time in seconds, as os.time gives it"),
        ),
        (
            "web.cookie('a', 'b', { same_site = true })",
            json!("same_site is true; it is strict, lax or none"),
        ),
        (
            "web.cookie('a', 'b', { httponly = true })",
            json!(format!("no option \"httponly\"; there are {options}")),
        ),
    ];
    for (call, message) in cases {
        let message = message.as_str().expect("text");
        let expected = format!("app.lua:4: cookie: {message}");
        assert_eq!(
            failure(&format!("\nlocal c = {call}\nreturn c"), &event(URL)),
            expected
        );
    }
}
