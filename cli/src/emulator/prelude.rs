//! What a streamed response begins with where an HTTP front end is to answer with it.
//! <https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use memchr::memmem;
use serde_json::{Map, Value};

/// The status line, headers and cookies of an HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prelude {
    /// The status code; 200 unless said.
    pub status: u16,
    /// The headers, with `multiValueHeaders` among them, in the order of their names.
    pub headers: Vec<(String, String)>,
    /// The values of the `Set-Cookie` headers.
    pub cookies: Vec<String>,
}

impl Prelude {
    /// Reads a prelude.
    ///
    /// # Errors
    /// What a front end cannot use in it, and what to send instead.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        let value: Value =
            serde_json::from_slice(json).map_err(|error| format!("it is not JSON: {error}"))?;
        let Value::Object(members) = value else {
            return Err(format!("it is {}, not an object", kind(&value)));
        };
        let status = match members.get("statusCode") {
            None => 200,
            Some(value) => value
                .as_u64()
                .filter(|code| (100..=599).contains(code))
                .ok_or_else(|| {
                    format!("statusCode is {value}; give a whole number from 100 to 599")
                })? as u16,
        };
        let mut headers = Vec::new();
        for (name, value) in object(&members, "headers")? {
            headers.push((name, text("header", &value)?));
        }
        for (name, values) in object(&members, "multiValueHeaders")? {
            for value in list(&format!("multiValueHeaders.{name}"), &values)? {
                headers.push((name.clone(), value));
            }
        }
        let cookies = match members.get("cookies") {
            None | Some(Value::Null) => Vec::new(),
            Some(cookies) => list("cookies", cookies)?,
        };
        if let Some((name, _)) = headers.iter().find(|(name, _)| !is_token(name)) {
            return Err(format!("{name:?} is no header's name"));
        }
        Ok(Self {
            status,
            headers,
            cookies,
        })
    }
}

/// One line, its fields separated by tabs as in Lambda's own lines.
impl Display for Prelude {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        for (name, value) in &self.headers {
            write!(f, "\t{name}: {value}")?;
        }
        for cookie in &self.cookies {
            write!(f, "\tset-cookie: {cookie}")?;
        }
        Ok(())
    }
}

/// The beginning of a response that has a prelude, until the prelude is complete.
#[derive(Debug, Default)]
pub struct Beginning {
    bytes: Vec<u8>,
}

impl Beginning {
    /// That of a response of these headers; `None` where it has no prelude.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        essence
            .eq_ignore_ascii_case(INTEGRATION_RESPONSE)
            .then(Self::default)
    }

    /// Adds bytes, in whatever pieces they come; once the prelude is complete, gives it and what
    /// of the body came with it.
    ///
    /// # Errors
    /// When it cannot be used, or has not ended within the service's limit.
    pub fn add(&mut self, bytes: &[u8]) -> Result<Option<(Prelude, Bytes)>, String> {
        self.bytes.extend_from_slice(bytes);
        let Some(end) = memmem::find(&self.bytes, DELIMITER) else {
            if self.bytes.len() > LIMIT_BYTES {
                return Err(format!(
                    "there are no eight NUL bytes within its first {LIMIT_BYTES} bytes; end the \
                     prelude with them, and send what is larger as the body"
                ));
            }
            return Ok(None);
        };
        if end + DELIMITER.len() > LIMIT_BYTES {
            return Err(format!(
                "its eight NUL bytes end beyond {LIMIT_BYTES} bytes; send fewer headers or cookies"
            ));
        }
        let prelude = Prelude::parse(&self.bytes[..end])?;
        let body = self.bytes.split_off(end + DELIMITER.len());
        Ok(Some((prelude, body.into())))
    }

    /// Why a response that ends here cannot be used.
    pub fn unfinished(&self) -> String {
        if self.bytes.is_empty() {
            "there is none: the response is empty; send the prelude and eight NUL bytes even \
             without a body"
                .to_owned()
        } else {
            format!(
                "the response of {} bytes ends before it; end the prelude with eight NUL bytes",
                self.bytes.len()
            )
        }
    }
}

/// The members of an object that may be absent.
fn object(members: &Map<String, Value>, name: &str) -> Result<BTreeMap<String, Value>, String> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(Value::Object(found)) => Ok(found.clone().into_iter().collect()),
        Some(other) => Err(format!(
            "{name} is {}; give an object of names and values",
            kind(other)
        )),
    }
}

/// A list of strings.
fn list(name: &str, value: &Value) -> Result<Vec<String>, String> {
    let Value::Array(items) = value else {
        return Err(format!("{name} is {}; give a list of strings", kind(value)));
    };
    items.iter().map(|item| text(name, item)).collect()
}

/// A string that can be a header's value.
fn text(of: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) if text.chars().any(|c| c.is_control() && c != '\t') => {
            Err(format!("a value of {of} has a control character: {text:?}"))
        }
        Value::String(text) => Ok(text.clone()),
        other => Err(format!("a value of {of} is {}; give a string", kind(other))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Whether it is a header's name: RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    let symbol = |b| b"!#$%&'*+-.^_`|~".contains(&b);
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || symbol(b))
}

const INTEGRATION_RESPONSE: &str = "application/vnd.awslambda.http-integration-response";

/// What ends a prelude.
const DELIMITER: &[u8] = &[0; 8];

/// How far into the response a front end looks for the prelude's end.
const LIMIT_BYTES: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prelude_is_shown_in_one_line() {
        let json = r#"{"statusCode":404,"headers":{"x-b":"ü; 2","content-type":"text/plain"},
            "multiValueHeaders":{"x-c":["1","2"]},"cookies":["a=b; Secure","c=d"]}"#;
        assert_eq!(
            Prelude::parse(json.as_bytes())
                .expect("a prelude")
                .to_string(),
            "HTTP 404\tcontent-type: text/plain\tx-b: ü; 2\tx-c: 1\tx-c: 2\tset-cookie: a=b; Secure\tset-cookie: c=d"
        );
        let empty = Prelude::parse(b"{\"headers\":null}").expect("a prelude");
        assert_eq!(empty.to_string(), "HTTP 200");
    }

    #[test]
    fn what_a_front_end_cannot_use_is_told() {
        for (json, part) in [
            ("", "not JSON: EOF"),
            ("{\"statusCode\":200", "not JSON: EOF"),
            ("\u{0}", "not JSON"),
            ("[]", "it is a list, not an object"),
            (
                "{\"statusCode\":200.0}",
                "statusCode is 200.0; give a whole",
            ),
            (
                "{\"statusCode\":\"200\"}",
                "statusCode is \"200\"; give a whole",
            ),
            ("{\"statusCode\":20}", "statusCode is 20; give a whole"),
            ("{\"statusCode\":null}", "statusCode is null"),
            ("{\"headers\":[]}", "headers is a list; give an object"),
            ("{\"headers\":{\"a\":1}}", "a value of header is a number"),
            ("{\"headers\":{\"a\":\"x\\r\\ny: z\"}}", "control character"),
            (
                "{\"headers\":{\"a b\":\"x\"}}",
                "\"a b\" is no header's name",
            ),
            ("{\"cookies\":\"a=b\"}", "cookies is a string; give a list"),
            ("{\"cookies\":[1]}", "a value of cookies is a number"),
            (
                "{\"multiValueHeaders\":{\"a\":\"x\"}}",
                "multiValueHeaders.a is a string",
            ),
        ] {
            let fault = Prelude::parse(json.as_bytes()).expect_err(json);
            assert!(fault.contains(part), "{json}: {fault}");
        }
    }

    #[test]
    fn a_prelude_may_come_in_any_pieces() {
        let response = b"{\"statusCode\":201}\0\0\0\0\0\0\0\0body";
        for size in 1..=response.len() {
            let mut beginning = Beginning::default();
            let mut body = Vec::new();
            let mut status = None;
            for piece in response.chunks(size) {
                match status {
                    Some(_) => body.extend_from_slice(piece),
                    None => {
                        if let Some((prelude, rest)) = beginning.add(piece).expect("a prelude") {
                            status = Some(prelude.status);
                            body.extend_from_slice(&rest);
                        }
                    }
                }
            }
            assert_eq!((status, &*body), (Some(201), &b"body"[..]), "{size}");
        }
    }

    #[test]
    fn a_prelude_has_to_end_within_16_kib() {
        let response = |length: usize| {
            let json = format!("{{\"headers\":{{\"a\":\"{}\"}}}}", "x".repeat(length - 28));
            [json.as_bytes(), DELIMITER].concat()
        };
        assert_eq!(response(16_384).len(), 16_384);
        let most = Beginning::default().add(&response(16_384));
        assert!(most.expect("a prelude").is_some());
        let over = Beginning::default().add(&response(16_385));
        assert!(over.expect_err("a fault").contains("beyond 16384 bytes"));
        let none = Beginning::default().add(&[b'x'; 16_385]);
        assert!(none.expect_err("a fault").contains("no eight NUL bytes"));
    }

    #[test]
    fn only_the_content_type_of_an_integration_response_has_a_prelude() {
        for (content_type, has) in [
            ("application/vnd.awslambda.http-integration-response", true),
            (
                "Application/Vnd.AwsLambda.Http-Integration-Response; charset=utf-8",
                true,
            ),
            ("application/json", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, content_type.parse().expect("a value"));
            assert_eq!(Beginning::of(&headers).is_some(), has, "{content_type}");
        }
        assert!(Beginning::of(&HeaderMap::new()).is_none());
    }
}
