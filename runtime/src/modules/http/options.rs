//! `Reader`: makes a request of what Lua code gave, and refuses what cannot be sent.

use std::rc::Rc;
use std::time::{Duration, Instant};

use mlua::{Function, Lua, LuaString, Table, Value};
use ureq::http::{HeaderMap, HeaderValue, Method, header};

use super::exchange::{Limits, Request};
use super::fields::{content_length, headers, query, reserved};
use super::url::Url;
use super::{bad_argument, text_of};
use crate::deadline::Deadline;
use crate::json::{Codec, EncodeError};
use crate::modules::throw::{Throw, type_name};

/// A request that can be sent.
pub struct Prepared {
    /// All but the body.
    pub request: Request,
    /// The body.
    pub payload: Payload,
    /// Whether the answer's body is to be given piece by piece.
    pub stream: bool,
}

/// A body as Lua code gave it.
pub enum Payload {
    /// None.
    None,
    /// A string of Lua's.
    Bytes(LuaString),
    /// Bytes of ours.
    Owned(Vec<u8>),
    /// A function that makes it, and its length where the headers announce one.
    Made(Function, Option<u64>),
}

/// Why a request is not sent: a mistake in the program.
pub struct Refusal {
    /// Which argument is wrong: the URL is the first of `get`, its options the second.
    argument: usize,
    thrown: Throw,
}

impl Refusal {
    /// What is thrown to the caller of `function`.
    pub fn throw(self, function: &str) -> Throw {
        match self.thrown {
            Throw::Message(what) => bad_argument(self.argument, function, &what).into(),
            thrown => thrown,
        }
    }

    /// The same for the request with this number in a list.
    pub fn within(self, nth: usize) -> Self {
        let thrown = match self.thrown {
            Throw::Message(what) => format!("request {nth}: {what}").into(),
            thrown => thrown,
        };
        Self { thrown, ..self }
    }
}

/// Reads options.
pub struct Reader {
    codec: Rc<Codec>,
    deadline: Rc<Deadline>,
}

impl Reader {
    /// A reader that encodes with `codec` and heeds `deadline`.
    pub fn new(codec: &Rc<Codec>, deadline: &Rc<Deadline>) -> Self {
        Self {
            codec: Rc::clone(codec),
            deadline: Rc::clone(deadline),
        }
    }

    /// The request of `http.get(url, options)` and the like.
    ///
    /// # Errors
    /// What is wrong, with the argument's number.
    pub fn call(
        &self,
        lua: &Lua,
        method: Method,
        url: &LuaString,
        options: Option<&Table>,
    ) -> Result<Prepared, Refusal> {
        let url = Url::parse(&url.as_bytes()).map_err(|what| Refusal {
            argument: 1,
            thrown: what.into(),
        })?;
        let refused = |thrown| Refusal {
            argument: 2,
            thrown,
        };
        let options = match options {
            Some(options) => options,
            None => &lua.create_table().map_err(|error| refused(error.into()))?,
        };
        let prepared = check_names(options, &OPTIONS[..COMMON])
            .and_then(|()| self.read(lua, method, url, options));
        prepared.map_err(refused)
    }

    /// The request of `http.request(options)`.
    ///
    /// # Errors
    /// What is wrong, with the argument's number.
    pub fn request(&self, lua: &Lua, options: &Table) -> Result<Prepared, Refusal> {
        let prepared = || {
            check_names(options, &OPTIONS)?;
            let url: Value = options.raw_get("url")?;
            let url = match url {
                Value::String(url) => Url::parse(&url.as_bytes())?,
                other => return Err(expected("url", "string", &other).into()),
            };
            let method = match options.raw_get("method")? {
                Value::Nil => Method::GET,
                Value::String(name) => method(&name)?,
                other => return Err(expected("method", "string", &other).into()),
            };
            self.read(lua, method, url, options)
        };
        prepared().map_err(|thrown| Refusal {
            argument: 1,
            thrown,
        })
    }

    fn read(
        &self,
        lua: &Lua,
        method: Method,
        url: Url,
        options: &Table,
    ) -> Result<Prepared, Throw> {
        let url = match options.raw_get("query")? {
            Value::Nil => url,
            Value::Table(table) => url.with_query(&query(lua, &table)?)?,
            other => return Err(expected("query", "table", &other).into()),
        };
        let mut headers = match options.raw_get("headers")? {
            Value::Nil => HeaderMap::new(),
            Value::Table(table) => headers(lua, &table)?,
            other => return Err(expected("headers", "table", &other).into()),
        };
        let payload = self.payload(lua, &method, &mut headers, options)?;
        let decodes = !headers.contains_key(header::ACCEPT_ENCODING);
        for (name, value) in [
            (header::ACCEPT, "*/*"),
            (header::ACCEPT_ENCODING, "gzip"),
            (header::USER_AGENT, USER_AGENT),
        ] {
            headers
                .entry(name)
                .or_insert(HeaderValue::from_static(value));
        }
        let stream = match options.raw_get("stream")? {
            Value::Nil => false,
            Value::Boolean(stream) => stream,
            other => return Err(expected("stream", "boolean", &other).into()),
        };
        let seconds = |name| seconds(name, &options.raw_get(name)?);
        let integer = |name, most| integer(name, &options.raw_get(name)?, most);
        let max_body = integer("max_body", i64::MAX)?;
        let limits = Limits::new(
            seconds("timeout")?.unwrap_or(TIMEOUT),
            self.deadline.remaining().map(|left| Instant::now() + left),
            seconds("connect_timeout")?.unwrap_or(CONNECT_TIMEOUT),
            match max_body {
                Some(most) => most,
                // What is read in pieces fills no memory.
                None if stream => u64::MAX,
                None => MAX_BODY_BYTES,
            },
        );
        let redirects = integer("redirects", 50)?.map_or(REDIRECTS, |most| most as u32);
        let request = Request {
            method,
            url,
            headers,
            redirects,
            decodes,
            limits,
        };
        Ok(Prepared {
            request,
            payload,
            stream,
        })
    }

    fn payload(
        &self,
        lua: &Lua,
        method: &Method,
        headers: &mut HeaderMap,
        options: &Table,
    ) -> Result<Payload, Throw> {
        let json: Value = options.raw_get("json")?;
        let announced = headers.get(header::CONTENT_LENGTH).cloned();
        let payload = match options.raw_get("body")? {
            Value::Nil if !json.is_nil() => {
                headers
                    .entry(header::CONTENT_TYPE)
                    .or_insert(HeaderValue::from_static("application/json"));
                let mut text = Vec::new();
                match self.codec.encode(lua, &json, &mut text) {
                    Ok(()) => Payload::Owned(text),
                    Err(EncodeError::Raised(value)) => return Err(Throw::Value(value)),
                    Err(error) => return Err(format!("json: {error}").into()),
                }
            }
            _ if !json.is_nil() => {
                return Err("body and json are both given; give one".to_owned().into());
            }
            // RFC 9110 §8.6: a method that has a body says that it is empty.
            Value::Nil if [Method::PATCH, Method::POST, Method::PUT].contains(method) => {
                Payload::Owned(Vec::new())
            }
            Value::Nil => Payload::None,
            Value::Function(function) => {
                let length = announced.as_ref().map(content_length).transpose()?;
                return self.with_body(method, Payload::Made(function, length));
            }
            body => match text_of(lua, &body) {
                Some(text) => Payload::Bytes(text),
                None => {
                    let message = expected("body", "string or function", &body);
                    return Err(format!("{message}; a table is sent by json = …").into());
                }
            },
        };
        if announced.is_some() {
            return Err(reserved("content-length").into());
        }
        self.with_body(method, payload)
    }

    fn with_body(&self, method: &Method, payload: Payload) -> Result<Payload, Throw> {
        let none = matches!(payload, Payload::None);
        if !none && [Method::HEAD, Method::TRACE].contains(method) {
            return Err(format!("a {method} request has no body").into());
        }
        Ok(payload)
    }
}

fn check_names(options: &Table, known: &[&str]) -> Result<(), Throw> {
    for pair in options.pairs::<Value, Value>() {
        let (name, _) = pair?;
        let shown = name.to_string().unwrap_or_default();
        if !matches!(name, Value::String(_)) || !known.contains(&shown.as_str()) {
            let mut known = known.to_vec();
            known.sort_unstable();
            let known = known.join(", ");
            return Err(format!("unknown option '{shown}'; it takes: {known}").into());
        }
    }
    Ok(())
}

/// What a wrong type is told.
pub fn expected(name: &str, what: &str, got: &Value) -> String {
    format!("{name}: {what} expected, got {}", type_name(got))
}

fn method(name: &LuaString) -> Result<Method, Throw> {
    let method = Method::from_bytes(&name.as_bytes().to_ascii_uppercase());
    let method = method.map_err(|_| {
        let shown = name.to_string_lossy();
        format!("method: {shown:?} is no method's name")
    })?;
    if method == Method::CONNECT {
        return Err("method: CONNECT is for proxies; set https_proxy"
            .to_owned()
            .into());
    }
    Ok(method)
}

fn seconds(name: &str, value: &Value) -> Result<Option<Duration>, Throw> {
    let seconds = match value {
        Value::Nil => return Ok(None),
        Value::Integer(seconds) => *seconds as f64,
        Value::Number(seconds) => *seconds,
        other => return Err(expected(name, "number of seconds", other).into()),
    };
    if seconds.is_nan() || seconds <= 0.0 {
        return Err(format!("{name}: more than 0 seconds expected").into());
    }
    Ok(Some(Duration::from_secs_f64(
        seconds.clamp(0.001, 86_400.0),
    )))
}

fn integer(name: &str, value: &Value, most: i64) -> Result<Option<u64>, Throw> {
    let number = match value {
        Value::Nil => return Ok(None),
        Value::Integer(number) => Some(*number),
        Value::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            Some(*number as i64)
        }
        Value::Number(_) => None,
        other => return Err(expected(name, "integer", other).into()),
    };
    match number.filter(|number| (0..=most).contains(number)) {
        Some(number) => Ok(Some(number as u64)),
        None if most == i64::MAX => Err(format!("{name}: integer of 0 or more expected").into()),
        None => Err(format!("{name}: integer from 0 to {most} expected").into()),
    }
}

/// The options of `http.request`; the first `COMMON` of them are those of `http.get` too.
const OPTIONS: [&str; 11] = [
    "body",
    "connect_timeout",
    "headers",
    "json",
    "max_body",
    "query",
    "redirects",
    "stream",
    "timeout",
    "method",
    "url",
];
const COMMON: usize = 9;

const USER_AGENT: &str = concat!("moonlayer/", env!("CARGO_PKG_VERSION"));
const TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const REDIRECTS: u32 = 5;
/// It is in memory twice for a moment, and the smallest function has 128 MB.
const MAX_BODY_BYTES: u64 = 32 * 1024 * 1024;
