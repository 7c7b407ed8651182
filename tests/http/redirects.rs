//! Redirects: where they lead, what goes along, and where they end.

use serde_json::json;

use super::support::{Then, Web, answer, lua, own_headers, send};

/// Answers `/from` with a redirect of this status to `location`, all else with its method and body.
fn redirecting(status: &'static str, location: impl Into<String>) -> Web {
    let line = format!("Location: {}", location.into());
    Web::new(move |asked, out| {
        let bytes = if asked.target == "/from" {
            answer(status, &[&line], "moved")
        } else {
            let body = String::from_utf8_lossy(&asked.body);
            answer(
                "200 OK",
                &[],
                format!("{} {} {body}", asked.method, asked.target),
            )
        };
        send(out, bytes);
        Then::Keep
    })
}

#[test]
fn each_status_changes_the_method_as_browsers_do() {
    for (status, method, then) in [
        ("301 Moved", "POST", "GET /to "),
        ("302 Found", "POST", "GET /to "),
        ("303 See", "POST", "GET /to "),
        ("307 Keep", "POST", "POST /to b"),
        ("308 Keep", "POST", "POST /to b"),
        ("302 Found", "PUT", "PUT /to b"),
        ("303 See", "PUT", "GET /to "),
        ("301 Moved", "GET", "GET /to b"),
    ] {
        let web = redirecting(status, "/to");
        let code = format!(
            "local r = http.request{{url = '{}', method = '{method}', body = 'b',
               headers = {{['content-type'] = 'x/y'}}}}
             return {{r.status, r.body, r.url}}",
            web.url("/from")
        );
        assert_eq!(
            lua(&code),
            json!([200, then, web.url("/to")]),
            "{status} {method}"
        );
        let asked = web.asked();
        let kept = then.ends_with('b').then_some("x/y");
        assert_eq!(asked[1].header("content-type"), kept, "{status} {method}");
        assert_eq!(web.connections(), 1, "the redirect's body was read");
    }
}

#[test]
fn a_head_stays_a_head() {
    let web = redirecting("303 See", "/to");
    lua(&format!("return http.head('{}').status", web.url("/from")));
    assert_eq!(web.asked()[1].method, "HEAD");
}

#[test]
fn no_redirects_and_too_many_give_the_redirect_itself() {
    let web = Web::new(|asked, out| {
        let next = asked.target[1..].parse::<u32>().unwrap() + 1;
        send(
            out,
            answer("302 Found", &[&format!("Location: /{next}")], ""),
        );
        Then::Keep
    });
    let url = web.url("/0");
    let code = format!(
        "local function got(options)
           local r = http.get('{url}', options)
           return r.status .. ' ' .. r.headers.location .. ' ' .. r.url:match('%d+$')
         end
         return {{got(), got{{redirects = 0}}, got{{redirects = 2}}}}"
    );
    assert_eq!(lua(&code), json!(["302 /6 5", "302 /1 0", "302 /3 2"]));
}

#[test]
fn other_answers_of_300_are_answers() {
    for (status, line) in [
        ("304 Not Modified", "Location: /to"),
        ("300 Multiple Choices", "Location: /to"),
        ("302 Found", "X: y"),
        ("302 Found", "Location: mailto:a@b"),
    ] {
        let web = Web::fixed(format!(
            "HTTP/1.1 {status}\r\nContent-Length: 0\r\n{line}\r\n\r\n"
        ));
        let code = format!("return http.get('{}').status", web.url("/"));
        assert_eq!(
            lua(&code),
            json!(status[..3].parse::<u16>().unwrap()),
            "{status} {line}"
        );
        assert_eq!(web.asked().len(), 1);
    }
}

const SECRETS: &str =
    "Authorization = 'secret', Cookie = 'secret', ['Proxy-Authorization'] = 'secret',
    ['X-Api-Key'] = 'secret', ['X-Amz-Security-Token'] = 'secret', ['X-My-Own'] = 'secret'";

#[test]
fn headers_stay_with_their_origin() {
    let web = redirecting("307 Keep", "/to");
    lua(&format!(
        "return http.get('{}', {{headers = {{{SECRETS}}}}}).status",
        web.url("/from")
    ));
    assert_eq!(own_headers(&web.asked()[0]), own_headers(&web.asked()[1]));
    assert_eq!(own_headers(&web.asked()[1]).len(), 6);
}

#[test]
fn another_origin_gets_no_secrets() {
    let other = Web::fixed(answer("200 OK", &[], ""));
    let web = redirecting("307 Keep", other.url("/to"));
    lua(&format!(
        "return http.post('{}', {{body = 'b', headers = {{{SECRETS}, Host = 'inner',
           ['Content-Type'] = 'x/y', ['User-Agent'] = 'mine'}}}}).status",
        web.url("/from")
    ));
    let asked = other.only();
    assert!(!String::from_utf8_lossy(&asked.raw).contains("secret"));
    assert_eq!(asked.body, b"b");
    assert_eq!(asked.header("content-type"), Some("x/y"));
    assert_eq!(asked.header("user-agent"), Some("mine"));
    assert_eq!(asked.header("host"), Some(&*other.address().to_string()));
}

#[test]
fn a_body_that_cannot_be_made_again_ends_at_the_redirect() {
    for (status, then) in [("307 Keep", 307), ("303 See", 200)] {
        let web = redirecting(status, "/to");
        let code = format!(
            "local left = 1
             return http.post('{}', {{body = function()
               left = left - 1
               if left == 0 then return 'b' end
             end}}).status",
            web.url("/from")
        );
        assert_eq!(lua(&code), then, "{status}");
    }
}

#[test]
fn the_redirect_of_a_stream_is_followed_too() {
    let web = redirecting("302 Found", "/to");
    let code = format!(
        "return http.get('{}', {{stream = true}}).body()",
        web.url("/from")
    );
    assert_eq!(lua(&code), "GET /to ");
}
