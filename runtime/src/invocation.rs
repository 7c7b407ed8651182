//! `Invocation`: one event to answer, and the [`context`](Invocation::context) of it.

mod table;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mlua::{Lua, Table, Value};
use serde_json::Map;

use crate::config::Config;
use crate::error::ErrorReport;
use crate::json::{Codec, DecodeError};
use table::Members;

/// An event as it came, with what the service said about it. What answers it consumes it.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-next>
#[derive(Debug)]
pub struct Invocation {
    /// The request; the same for every attempt at it.
    pub request_id: String,
    /// The attempt, opaque; echoed with its answer.
    pub invocation_id: Option<String>,
    /// When the service ends it, in milliseconds since the Unix epoch.
    pub deadline_ms: Option<i64>,
    /// The function as it was called, with alias or version.
    pub invoked_function_arn: Option<String>,
    /// The X-Ray header; passed on unmodified, its lineage stops recursion.
    pub trace_id: Option<String>,
    /// JSON.
    pub client_context: Option<String>,
    /// JSON.
    pub cognito_identity: Option<String>,
    /// Only for functions that isolate tenants.
    pub tenant_id: Option<String>,
    /// The type of the event; JSON when it says nothing.
    pub content_type: Option<String>,
    /// The event's bytes.
    pub event: Vec<u8>,
}

impl Invocation {
    /// The event as a Lua value: decoded JSON, or the bytes of any other type as a string.
    ///
    /// # Errors
    /// `Runtime.UnmarshalError` for an event that is not JSON though it says so.
    pub fn event(&self, lua: &Lua, codec: &Codec) -> Result<Value, ErrorReport> {
        if !self.content_type.as_deref().is_none_or(is_json) {
            return Ok(Value::String(lua.create_string(&self.event)?));
        }
        // Emulators send an event of no bytes for a call without a payload.
        let text: &[u8] = if self.event.is_empty() {
            b"{}"
        } else {
            &self.event
        };
        codec.decode(lua, text).map_err(|error| match error {
            DecodeError::Lua(error) => error.into(),
            error => {
                let message = format!("cannot decode the event: {error}");
                ErrorReport::runtime("Runtime.UnmarshalError", message)
            }
        })
    }

    /// The time until the service ends it, zero when that is past; `None` when it did not say.
    pub fn remaining(&self) -> Option<Duration> {
        let remaining_ms = remaining_ms(self.deadline_ms?, SystemTime::now());
        Some(Duration::from_millis(remaining_ms.unsigned_abs()))
    }

    /// The handler's second argument, under the names that AWS documents for Python.
    ///
    /// # Errors
    /// `Runtime.LambdaContextUnmarshalError` for a client context or identity that is no JSON object.
    pub fn context(
        &self,
        lua: &Lua,
        codec: &Codec,
        config: &Config,
        cold_start: bool,
    ) -> Result<Table, ErrorReport> {
        let members = Members {
            texts: [
                (c"aws_request_id", Some(&self.request_id)),
                (
                    c"invoked_function_arn",
                    self.invoked_function_arn.as_deref(),
                ),
                (c"function_name", config.function_name.as_deref()),
                (c"function_version", config.function_version.as_deref()),
                (c"log_group_name", config.log_group_name.as_deref()),
                (c"log_stream_name", config.log_stream_name.as_deref()),
                (c"tenant_id", self.tenant_id.as_deref()),
                (c"trace_id", self.trace_id.as_deref()),
            ],
            numbers: [
                (c"memory_limit_in_mb", config.memory_limit_in_mb),
                (c"deadline_ms", self.deadline_ms),
            ],
            cold_start,
            deadline_ms: self.deadline_ms.unwrap_or(0),
        };
        let context = table::table(lua, &members)?;
        if let Some(identity) = self.identity(lua)? {
            context.raw_set("identity", identity)?;
        }
        if let Some(client) = self.client_context(lua, codec)? {
            // As the newest Python runtime does: a trace context is no data of the client's.
            let w3c: Value = client.raw_get("w3c")?;
            if matches!(w3c, Value::Table(_)) {
                client.raw_set("w3c", Value::Nil)?;
                context.raw_set("w3c", w3c)?;
            }
            context.raw_set("client_context", client)?;
        }
        Ok(context)
    }

    fn client_context(&self, lua: &Lua, codec: &Codec) -> Result<Option<Table>, ErrorReport> {
        let bad = |why: String| context_error("client context", why);
        let Some(text) = &self.client_context else {
            return Ok(None);
        };
        let value = codec
            .decode(lua, text.as_bytes())
            .map_err(|error| match error {
                DecodeError::Lua(error) => error.into(),
                error => bad(error.to_string()),
            })?;
        match value {
            Value::Table(table) if text.trim_start().starts_with('{') => Ok(Some(table)),
            _ if text.trim() == "null" => Ok(None),
            _ => Err(bad("it is no object".to_owned())),
        }
    }

    fn identity(&self, lua: &Lua) -> Result<Option<Table>, ErrorReport> {
        let bad = |why: String| context_error("Cognito identity", why);
        let Some(text) = &self.cognito_identity else {
            return Ok(None);
        };
        let parsed: Option<Map<_, _>> =
            serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        let Some(parsed) = parsed else {
            return Ok(None);
        };
        let identity = lua.create_table()?;
        for (name, spellings) in [
            (
                "cognito_identity_id",
                ["cognitoIdentityId", "identityId", "identity_id"],
            ),
            (
                "cognito_identity_pool_id",
                [
                    "cognitoIdentityPoolId",
                    "identityPoolId",
                    "identity_pool_id",
                ],
            ),
        ] {
            let found = spellings.iter().find_map(|key| parsed.get(*key)?.as_str());
            identity.raw_set(name, found)?;
        }
        Ok(Some(identity))
    }
}

fn context_error(what: &str, why: String) -> ErrorReport {
    let message = format!("the {what} is not a JSON object: {why}");
    ErrorReport::runtime("Runtime.LambdaContextUnmarshalError", message)
}

/// Whether a content type is JSON: RFC 8259's type or the suffix of RFC 6839, any parameters.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let suffix = essence
        .len()
        .checked_sub("+json".len())
        .and_then(|at| essence.get(at..));
    essence.eq_ignore_ascii_case("application/json")
        || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case("+json"))
}

/// Milliseconds from `now` to the deadline, never below 0.
fn remaining_ms(deadline_ms: i64, now: SystemTime) -> i64 {
    let now_ms = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as i64);
    deadline_ms.saturating_sub(now_ms).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_type_or_suffix_in_any_case_with_any_parameters() {
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/cloudevents+json",
            "application/problem+JSON ;a=b",
        ] {
            assert!(is_json(json), "{json}");
        }
        for other in [
            "text/plain",
            "application/jsonl",
            "application/octet-stream",
            "+jsonx",
            "é",
        ] {
            assert!(!is_json(other), "{other}");
        }
    }

    #[test]
    fn the_remaining_time_is_never_below_zero() {
        let now = UNIX_EPOCH + Duration::from_millis(10_000);
        assert_eq!(remaining_ms(10_250, now), 250);
        assert_eq!(remaining_ms(600, now), 0);
        assert_eq!(remaining_ms(i64::MIN, now), 0);
        assert_eq!(remaining_ms(i64::MAX, now), i64::MAX - 10_000);
    }
}
