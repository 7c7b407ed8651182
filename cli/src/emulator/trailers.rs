//! The trailers of a streamed response, which tell of an error after its first byte.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hyper::body::Bytes;
use hyper::{HeaderMap, header};

/// The trailers that came, and those that the response said would come.
#[derive(Debug)]
pub struct Trailers {
    fields: HeaderMap,
    declared: Vec<String>,
}

impl Trailers {
    /// None yet, of a response with these headers.
    pub fn declared_in(headers: &HeaderMap) -> Self {
        let declared = headers
            .get_all(header::TRAILER)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .map(|name| name.trim().to_owned())
            .collect();
        Self {
            fields: HeaderMap::new(),
            declared,
        }
    }

    /// Takes what came.
    pub fn add(&mut self, fields: HeaderMap) {
        self.fields.extend(fields);
    }

    /// How many bytes they are on the wire, with the empty line after them.
    pub fn size_bytes(&self) -> usize {
        let fields = self.fields.iter();
        let field = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
            name.as_str().len() + ": ".len() + value.len() + "\r\n".len()
        };
        fields.map(field).sum::<usize>() + "\r\n".len()
    }

    /// The error that ended the response: its type and its JSON. Trailers that were not declared
    /// do not count, as in the service.
    pub fn error(&self) -> Option<(Option<&str>, Bytes)> {
        let error_type = self.get(ERROR_TYPE);
        let body = self.get(ERROR_BODY);
        if error_type.is_none() && body.is_none() {
            return None;
        }
        let body = body
            .and_then(|text| BASE64_STANDARD.decode(text).ok())
            .unwrap_or_default();
        Some((error_type, body.into()))
    }

    /// The names of those that tell of an error and were not declared.
    pub fn undeclared(&self) -> Vec<&'static str> {
        [ERROR_TYPE, ERROR_BODY]
            .into_iter()
            .filter(|name| self.fields.contains_key(*name) && !self.is_declared(name))
            .collect()
    }

    fn get(&self, name: &str) -> Option<&str> {
        if !self.is_declared(name) {
            return None;
        }
        self.fields
            .get(name)?
            .to_str()
            .ok()
            .filter(|value| !value.is_empty())
    }

    fn is_declared(&self, name: &str) -> bool {
        let mut declared = self.declared.iter();
        declared.any(|declared| declared.eq_ignore_ascii_case(name))
    }
}

const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";
