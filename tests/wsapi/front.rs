//! The same request as each front end sends it, and its answer as each takes it.
// Each test that has it uses a part.
#![allow(dead_code)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

/// What hands HTTP requests to a function.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Front {
    /// API Gateway's REST API, with the stage `prod`.
    Rest,
    /// API Gateway's HTTP API, with the stage `prod`.
    Http,
    /// A function URL.
    Url,
    /// A load balancer.
    Alb,
    /// A load balancer with multi-value headers.
    AlbMulti,
}

pub const FRONTS: [Front; 5] = [
    Front::Rest,
    Front::Http,
    Front::Url,
    Front::Alb,
    Front::AlbMulti,
];

/// A request; path and query are as the application should see them.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: &'static str,
    pub path: &'static str,
    pub query: Vec<(&'static str, &'static str)>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Option<Vec<u8>>,
}

/// What the client would get.
#[derive(Debug, PartialEq)]
pub struct Reply {
    pub status: u64,
    /// Sorted.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Request {
    pub fn get(path: &'static str) -> Self {
        Self {
            method: "GET",
            path,
            query: Vec::new(),
            headers: vec![
                ("Host", "api.example".to_owned()),
                ("X-Forwarded-Proto", "https".to_owned()),
                ("X-Forwarded-Port", "443".to_owned()),
                ("X-Forwarded-For", "203.0.113.7".to_owned()),
            ],
            body: None,
        }
    }

    pub fn post(path: &'static str, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut request = Self::get(path);
        request.method = "POST";
        request.body = Some(body.into());
        request.header("Content-Type", content_type)
    }

    pub fn query(mut self, name: &'static str, value: &'static str) -> Self {
        self.query.push((name, value));
        self
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn method(mut self, method: &'static str) -> Self {
        self.method = method;
        self
    }
}

impl Front {
    /// The stage that stands before the path in what the client asks for.
    pub fn stage(self) -> &'static str {
        match self {
            Self::Rest | Self::Http => "/prod",
            _ => "",
        }
    }

    pub fn event(self, request: &Request) -> Value {
        let mut event = match self {
            Self::Rest => json!({
                "resource": "/{proxy+}",
                "path": request.path,
                "httpMethod": request.method,
                "requestContext": {
                    "stage": "prod",
                    "path": format!("/prod{}", request.path),
                    "protocol": "HTTP/1.1",
                    "domainName": "id.execute-api.eu-west-1.amazonaws.com",
                    "identity": { "sourceIp": "203.0.113.7" },
                },
            }),
            Self::Http | Self::Url => {
                // HTTP APIs decode it.
                let path = match self {
                    Self::Http => decoded(request.path),
                    _ => request.path.to_owned(),
                };
                let path = format!("{}{path}", self.stage());
                let (stage, host) = match self {
                    Self::Http => ("prod", "id.execute-api.eu-west-1.amazonaws.com"),
                    _ => ("$default", "id.lambda-url.eu-west-1.on.aws"),
                };
                json!({
                    "version": "2.0",
                    "routeKey": "$default",
                    "rawPath": path,
                    "rawQueryString": raw_query(&request.query),
                    "requestContext": {
                        "stage": stage,
                        "domainName": host,
                        "http": {
                            "method": request.method,
                            "path": path,
                            "protocol": "HTTP/1.1",
                            "sourceIp": "203.0.113.7",
                        },
                    },
                })
            }
            Self::Alb | Self::AlbMulti => json!({
                "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:x" } },
                "httpMethod": request.method,
                "path": request.path,
            }),
        };
        self.add_headers(request, &mut event);
        self.add_query(request, &mut event);
        if let Some(body) = &request.body {
            let text = std::str::from_utf8(body);
            event["isBase64Encoded"] = json!(text.is_err());
            event["body"] = match text {
                Ok(text) => json!(text),
                Err(_) => json!(STANDARD.encode(body)),
            };
        }
        event
    }

    fn add_headers(self, request: &Request, event: &mut Value) {
        let (mut single, mut multiple) = (Map::new(), Map::new());
        for (name, value) in &request.headers {
            // HTTP APIs and function URLs send names in lower case, and so do load balancers.
            let name = match self {
                Self::Rest => (*name).to_owned(),
                _ => name.to_lowercase(),
            };
            if matches!(self, Self::Http | Self::Url) && name == "cookie" {
                event["cookies"] = value.split("; ").collect();
                continue;
            }
            let before = single.get(&name).and_then(Value::as_str);
            let joined = before.map(|before| format!("{before},{value}"));
            single.insert(name.clone(), json!(joined.as_ref().unwrap_or(value)));
            add(&mut multiple, &name, value);
        }
        if self != Self::AlbMulti {
            event["headers"] = Value::Object(single);
        }
        if matches!(self, Self::Rest | Self::AlbMulti) {
            event["multiValueHeaders"] = Value::Object(multiple);
        }
    }

    fn add_query(self, request: &Request, event: &mut Value) {
        let (mut single, mut multiple) = (Map::new(), Map::new());
        for (name, value) in &request.query {
            // A load balancer leaves them as the client encoded them.
            let (name, value) = match self {
                Self::Alb | Self::AlbMulti => (encoded(name), encoded(value)),
                _ => ((*name).to_owned(), (*value).to_owned()),
            };
            single.insert(name.clone(), json!(value));
            add(&mut multiple, &name, &value);
        }
        if matches!(self, Self::Rest | Self::AlbMulti) {
            event["multiValueQueryStringParameters"] = Value::Object(multiple);
        }
        if matches!(self, Self::Rest | Self::Alb) {
            event["queryStringParameters"] = Value::Object(single);
        }
    }

    /// What the front end makes of an answer, of which it takes what is in its own form alone.
    pub fn reply(self, answer: &Value) -> Reply {
        let mut headers = Vec::new();
        let multiple = matches!(self, Self::Rest | Self::AlbMulti);
        let key = ["headers", "multiValueHeaders"][usize::from(multiple)];
        for (name, value) in answer[key].as_object().expect(key) {
            // ALB takes one value a name, so the name of each cookie is cased in another way.
            let name = name.to_lowercase();
            match value {
                Value::Array(values) => headers.extend(values.iter().map(|v| (name.clone(), v))),
                value => headers.push((name, value)),
            }
        }
        let cookies = answer["cookies"].as_array().into_iter().flatten();
        headers.extend(cookies.map(|cookie| ("set-cookie".to_owned(), cookie)));
        let text = |value: &Value| value.as_str().expect("a header is a string").to_owned();
        let headers = headers.into_iter();
        let mut headers: Vec<_> = headers.map(|(name, value)| (name, text(value))).collect();
        headers.sort();
        let body = answer["body"].as_str().expect("a body");
        let body = match answer["isBase64Encoded"] == json!(true) {
            true => STANDARD.decode(body).expect("base64"),
            false => body.into(),
        };
        let status = answer["statusCode"].as_u64().expect("an integer");
        Reply {
            status,
            headers,
            body,
        }
    }
}

fn add(all: &mut Map<String, Value>, name: &str, value: &str) {
    let list = all.entry(name).or_insert_with(|| json!([]));
    list.as_array_mut().expect("a list").push(json!(value));
}

fn raw_query(query: &[(&str, &str)]) -> String {
    let pairs = query.iter();
    let pairs: Vec<_> = pairs
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    pairs.join("&")
}

fn decoded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend(part[2..].bytes());
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// As browsers encode a form's fields.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => char::from(byte).into(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
