//! What is sent, and what is refused before anything is.

use serde_json::json;

use super::support::{IS_LUAJIT, Web, answer, lua, own_headers};

fn ok() -> Web {
    Web::fixed(answer("200 OK", &[], "fine"))
}

#[test]
fn a_get_sends_four_headers_and_nothing_else() {
    let web = ok();
    let status = lua(&format!("return http.get('{}').status", web.url("/a?b=c")));
    assert_eq!(status, 200);
    let raw = String::from_utf8(web.only().raw).unwrap().to_lowercase();
    let mut lines: Vec<_> = raw.trim_end().split("\r\n").collect();
    assert_eq!(lines.remove(0), "get /a?b=c http/1.1");
    lines.sort();
    assert_eq!(
        lines,
        [
            "accept-encoding: gzip",
            "accept: */*",
            &format!("host: {}", web.address()),
            concat!("user-agent: moonlayer/", env!("CARGO_PKG_VERSION")),
        ]
    );
}

#[test]
fn every_method_is_sent_by_its_name() {
    let web = ok();
    let url = web.url("/");
    lua(&format!(
        "for _, name in ipairs({{'delete', 'get', 'head', 'patch', 'post', 'put'}}) do
           assert(http[name]('{url}'))
         end
         assert(http.request{{url = '{url}'}})
         assert(http.request{{url = '{url}', method = 'options'}})
         assert(http.request{{url = '{url}', method = 'PROPFIND'}})
         return true"
    ));
    let methods: Vec<_> = web.asked().into_iter().map(|asked| asked.method).collect();
    assert_eq!(
        methods,
        [
            "DELETE", "GET", "HEAD", "PATCH", "POST", "PUT", "GET", "OPTIONS", "PROPFIND"
        ]
    );
}

#[test]
fn an_empty_body_is_announced_by_the_methods_that_have_one() {
    let web = ok();
    let url = web.url("/");
    lua(&format!(
        "http.post('{url}') http.delete('{url}') http.put('{url}', {{body = ''}}) return 1"
    ));
    let lengths: Vec<_> = web
        .asked()
        .iter()
        .map(|asked| asked.header("content-length").map(str::to_owned))
        .collect();
    assert_eq!(lengths, [Some("0".to_owned()), None, Some("0".to_owned())]);
}

#[test]
fn headers_are_strings_numbers_and_lists() {
    let web = ok();
    lua(&format!(
        "return http.get('{}', {{headers = {{['X-A'] = 'b', ['X-N'] = 7, ['X-L'] = {{'1', 2}},
           ['User-Agent'] = 'mine'}}}}).status",
        web.url("/")
    ));
    let asked = web.only();
    assert_eq!(asked.header("user-agent"), Some("mine"));
    let pairs = [("x-a", "b"), ("x-l", "1"), ("x-l", "2"), ("x-n", "7")];
    let pairs: Vec<_> = pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    assert_eq!(own_headers(&asked), pairs);
}

#[test]
fn bodies_are_strings_with_every_byte_or_json() {
    let web = ok();
    let url = web.url("/");
    lua(&format!(
        "http.post('{url}', {{body = 'a\\0\\255'}})
         http.post('{url}', {{json = {{n = 1.0}}}})
         http.post('{url}', {{json = false, headers = {{['content-type'] = 'x/y'}}}})
         http.request{{url = '{url}', method = 'DELETE', body = 'd'}}
         return true"
    ));
    let asked = web.asked();
    assert_eq!(asked[0].body, b"a\0\xff");
    assert_eq!(asked[0].header("content-type"), None);
    let number = if IS_LUAJIT { "1" } else { "1.0" };
    assert_eq!(asked[1].body, format!(r#"{{"n":{number}}}"#).as_bytes());
    assert_eq!(asked[1].header("content-type"), Some("application/json"));
    assert_eq!(asked[2].body, b"false");
    assert_eq!(asked[2].header("content-type"), Some("x/y"));
    assert_eq!(asked[3].body, b"d");
    assert!(asked.iter().all(|asked| asked.chunks.is_none()));
}

#[test]
fn a_query_is_encoded_and_sorted_by_name() {
    let web = ok();
    lua(&format!(
        "return http.get('{}', {{query = {{b = {{'x y', 2}}, a = 'é&', c = true}}}}).status",
        web.url("/p?z=1")
    ));
    assert_eq!(web.only().target, "/p?z=1&a=%C3%A9%26&b=x%20y&b=2&c=true");
}

#[test]
fn mistakes_are_thrown_with_a_position_and_a_remedy() {
    for (call, says) in [
        (
            "http.get()",
            "bad argument #1 to 'get' (string expected, got nil)",
        ),
        (
            "http.get('example.com')",
            "bad argument #1 to 'get' (the URL has no scheme; it begins with https:// or http://)",
        ),
        (
            "http.get('http://h', 5)",
            "bad argument #2 to 'get' (table expected, got number)",
        ),
        (
            "http.get('http://h', {timout = 1})",
            "bad argument #2 to 'get' (unknown option 'timout'; it takes: body, connect_timeout, headers, json, max_body, query, redirects, stream, timeout)",
        ),
        (
            "http.get('http://h', {method = 'PUT'})",
            "unknown option 'method'",
        ),
        (
            "http.request()",
            "bad argument #1 to 'request' (table expected, got nil)",
        ),
        (
            "http.request{}",
            "bad argument #1 to 'request' (url: string expected, got nil)",
        ),
        (
            "http.request{url = 'http://h', method = 'a b'}",
            "method: \"a b\" is no method's name",
        ),
        (
            "http.request{url = 'http://h', method = 'connect'}",
            "set https_proxy",
        ),
        (
            "http.get('http://h', {headers = {a = 'b\\r\\nc: d'}})",
            "the value of a holds a line break",
        ),
        (
            "http.get('http://h', {headers = {['a b'] = 'c'}})",
            "\"a b\" is no header's name",
        ),
        (
            "http.get('http://h', {headers = {'c'}})",
            "a name is a string, not a number",
        ),
        (
            "http.get('http://h', {headers = {a = true}})",
            "not a boolean",
        ),
        (
            "http.get('http://h', {headers = {Expect = '100-continue'}})",
            "expect is set by the client itself",
        ),
        (
            "http.post('http://h', {headers = {['content-length'] = 5}, body = 'x'})",
            "content-length is set by the client itself",
        ),
        (
            "http.get('http://h', {timeout = 0})",
            "timeout: more than 0 seconds expected",
        ),
        (
            "http.get('http://h', {timeout = 0/0})",
            "timeout: more than 0 seconds expected",
        ),
        (
            "http.get('http://h', {timeout = '1'})",
            "timeout: number of seconds expected, got string",
        ),
        (
            "http.get('http://h', {redirects = -1})",
            "redirects: integer from 0 to 50 expected",
        ),
        (
            "http.get('http://h', {max_body = 1.5})",
            "max_body: integer of 0 or more expected",
        ),
        (
            "http.get('http://h', {stream = 1})",
            "stream: boolean expected, got number",
        ),
        (
            "http.post('http://h', {body = {}})",
            "body: string or function expected, got table; a table is sent by json = …",
        ),
        (
            "http.post('http://h', {body = 'a', json = 1})",
            "body and json are both given",
        ),
        (
            "http.post('http://h', {json = print})",
            "json: cannot encode a function at $",
        ),
        (
            "http.head('http://h', {body = 'a'})",
            "a HEAD request has no body",
        ),
        (
            "http.get('http://h', {query = {a = {b = {}}, c = print}})",
            "query: c: string, number, boolean or list of them expected, got function",
        ),
    ] {
        let error = lua(&format!("return select(2, pcall(function() {call} end))"));
        let error = error.as_str().unwrap();
        assert!(error.contains(says), "{call}: {error}");
        assert!(
            error.contains("]:3: ") || error.contains(":3: "),
            "{call}: {error}"
        );
    }
}

#[test]
fn a_secret_in_a_header_is_not_shown() {
    let error = lua("return select(2, pcall(http.get, 'http://h', {headers = {a = 'secret\\n'}}))");
    assert!(!error.as_str().unwrap().contains("secret"), "{error}");
}

#[test]
fn an_error_of_a_tojson_is_thrown_as_it_is() {
    let thrown = lua("local mt = {__tojson = function() error({code = 7}) end}
         return select(2, pcall(http.post, 'http://h', {json = setmetatable({}, mt)}))");
    assert_eq!(thrown, json!({"code": 7}));
}
