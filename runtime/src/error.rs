//! `ErrorReport`: what the caller of a failed invocation, the log and X-Ray are told.
//!
//! Errors have fates, and the types say which: an `ErrorReport` is posted and the process goes on
//! (or, at init, ends); an [`api::Fault`](crate::api::Fault) ends the loop.

use std::fmt::Write as _;

use serde::Serialize;

use crate::memory::OUT_OF_MEMORY;

/// An error in the form the Runtime API takes.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror>
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ErrorReport {
    /// `errorType`: the user's own name for it, `LuaError`, or one of ours (`Runtime.…`).
    pub error_type: String,
    /// `errorMessage`.
    pub message: String,
    /// `stackTrace`: one entry a frame, innermost first: `app.lua:2: in function 'handler'`.
    pub stack_trace: Vec<String>,
    /// Whether the type is one of ours, which goes into the header as it is.
    ours: bool,
    /// What stands for the message in the log, where that has it already.
    in_log: Option<String>,
}

impl ErrorReport {
    /// An error of the function's own.
    pub fn function(error_type: String, message: String, stack_trace: Vec<String>) -> Self {
        Self {
            error_type,
            message,
            stack_trace,
            ours: false,
            in_log: None,
        }
    }

    /// An error of a kind that the runtime names.
    pub fn runtime(error_type: &str, message: impl Into<String>) -> Self {
        let (error_type, message) = (error_type.to_owned(), message.into());
        Self {
            error_type,
            message,
            stack_trace: Vec::new(),
            ours: true,
            in_log: None,
        }
    }

    /// The same with the frames of where it was raised.
    pub fn with_stack_trace(mut self, stack_trace: Vec<String>) -> Self {
        self.stack_trace = stack_trace;
        self
    }

    /// The same for a log that has the message already, and is told `summary` in its place.
    pub fn in_log_as(mut self, summary: String) -> Self {
        self.in_log = Some(summary);
        self
    }

    /// The message as the log is told it.
    pub fn message_in_log(&self) -> &str {
        self.in_log.as_deref().unwrap_or(&self.message)
    }

    /// Whether this is our report of too little memory.
    pub fn is_out_of_memory(&self) -> bool {
        self.ours && self.error_type == OUT_OF_MEMORY
    }

    /// The value of the header `Lambda-Runtime-Function-Error-Type`.
    ///
    /// The service keeps what matches `(Runtime|Function)\.[A-Z][a-zA-Z]+` and rewrites the rest.
    pub fn header_type(&self) -> String {
        if self.ours {
            return self.error_type.clone();
        }
        let bytes = self.error_type.as_bytes();
        let known = bytes.len() > 1
            && bytes[0].is_ascii_uppercase()
            && bytes.iter().all(u8::is_ascii_alphabetic);
        format!(
            "Function.{}",
            if known { &self.error_type } else { LUA_ERROR }
        )
    }

    /// The body of the post, below the sizes at which the service refuses it.
    pub fn body(&self) -> Vec<u8> {
        self.body_within(BODY_LIMIT_BYTES)
    }

    /// The body with as much of message and frames as `limit_bytes` have room for; they have to
    /// have room for 512 bytes.
    pub fn body_within(&self, limit_bytes: usize) -> Vec<u8> {
        let mut budget_bytes = limit_bytes;
        loop {
            let body = self.body_of(budget_bytes);
            // Escaping makes at most six bytes of one (`\u0000`): this comes to an end.
            if body.len() <= limit_bytes {
                return body;
            }
            budget_bytes = budget_bytes * 3 / 4;
        }
    }

    /// The body with so many bytes of type, message and frames, before they are escaped.
    fn body_of(&self, budget_bytes: usize) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Body<'a> {
            error_message: &'a str,
            error_type: &'a str,
            stack_trace: Vec<&'a str>,
        }
        let error_type = cut(&self.error_type, (budget_bytes / 4).min(256));
        let message = cut(&self.message, budget_bytes / 2);
        let mut left = budget_bytes.saturating_sub(message.len() + error_type.len());
        let fits = |frame: &&str| {
            left = left.saturating_sub(frame.len() + 3);
            left > 0
        };
        let stack_trace = self
            .stack_trace
            .iter()
            .map(String::as_str)
            .take_while(fits)
            .collect();
        let body = Body {
            error_message: &message,
            error_type: &error_type,
            stack_trace,
        };
        serde_json::to_vec(&body).expect("strings always encode")
    }

    /// A body that fits any limit, for when the service refused [`body`](Self::body) as too large.
    pub fn small_body(&self) -> Vec<u8> {
        self.body_within(1024)
    }

    /// The X-Ray cause document, ASCII on one line; `None` when it would not fit the header.
    ///
    /// <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-errors>
    pub fn xray_cause(&self, working_directory: &str) -> Option<String> {
        #[derive(Serialize)]
        struct Cause<'a> {
            working_directory: &'a str,
            exceptions: [Exception<'a>; 1],
            paths: Vec<&'a str>,
        }
        #[derive(Serialize)]
        struct Exception<'a> {
            message: &'a str,
            #[serde(rename = "type")]
            error_type: &'a str,
            stack: &'a [Frame<'a>],
        }
        #[derive(Serialize)]
        struct Frame<'a> {
            path: &'a str,
            line: u32,
            label: &'a str,
        }
        let frame = |entry| {
            let (path, line, label) = split_frame(entry)?;
            Some(Frame { path, line, label })
        };
        let stack: Vec<Frame<'_>> = self.stack_trace.iter().filter_map(|it| frame(it)).collect();
        let mut paths: Vec<&str> = stack.iter().map(|frame| frame.path).collect();
        paths.sort_unstable();
        paths.dedup();
        let (message, error_type) = (self.message.as_str(), self.error_type.as_str());
        let exceptions = [Exception {
            message,
            error_type,
            stack: &stack,
        }];
        let cause = Cause {
            working_directory,
            exceptions,
            paths,
        };
        let cause = ascii(&serde_json::to_string(&cause).expect("strings always encode"));
        (cause.len() < XRAY_CAUSE_LIMIT_BYTES).then_some(cause)
    }
}

/// `path:line: in label` in its parts.
fn split_frame(entry: &str) -> Option<(&str, u32, &str)> {
    let (place, label) = entry.split_once(": in ")?;
    let (path, line) = place.rsplit_once(':')?;
    Some((path, line.parse().ok()?, label))
}

/// `text` as it is, or its first `limit` bytes and a note of how much is missing.
fn cut(text: &str, limit_bytes: usize) -> String {
    if text.len() <= limit_bytes {
        return text.to_owned();
    }
    let kept = &text[..text.floor_char_boundary(limit_bytes)];
    format!("{kept}… ({} bytes in all; the log has them)", text.len())
}

/// JSON text with everything that a header cannot carry escaped as `\uXXXX`.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if (' '..='~').contains(&c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("writing to a string cannot fail");
            }
        }
    }
    out
}

/// The type of an error that names none.
pub const LUA_ERROR: &str = "LuaError";
/// Well below the 1 MiB at which Lambda Managed Instances refuse an error.
const BODY_LIMIT_BYTES: usize = 64 * 1024 - 1;
/// Well below the 64 KiB at which the service crops it, and the 1 MB of all headers.
const XRAY_CAUSE_LIMIT_BYTES: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn report(error_type: &str, message: &str) -> ErrorReport {
        let stack = vec!["app.lua:2: in function 'handler'".to_owned()];
        ErrorReport::function(error_type.to_owned(), message.to_owned(), stack)
    }

    #[test]
    fn a_type_of_letters_goes_into_the_header() {
        assert_eq!(
            report("OrderNotFound", "").header_type(),
            "Function.OrderNotFound"
        );
    }

    #[test]
    fn any_other_type_is_a_lua_error_in_the_header_alone() {
        for odd in [
            "",
            "A",
            "order",
            "E404",
            "My.Error",
            "Größe",
            "A B",
            "Runtime.Fake\r\nX: y",
        ] {
            assert_eq!(report(odd, "").header_type(), "Function.LuaError", "{odd}");
        }
        assert!(
            report("E404", "")
                .body()
                .starts_with(br#"{"errorMessage":"","errorType":"E404""#)
        );
    }

    #[test]
    fn a_type_of_ours_is_the_header() {
        let ours = ErrorReport::runtime("Runtime.MarshalError", "x");
        assert_eq!(ours.header_type(), "Runtime.MarshalError");
    }

    #[test]
    fn the_body_has_message_type_and_stack() {
        assert_eq!(
            report("LuaError", "app.lua:2: \"boom\"").body(),
            br#"{"errorMessage":"app.lua:2: \"boom\"","errorType":"LuaError","stackTrace":["app.lua:2: in function 'handler'"]}"#
        );
    }

    #[test]
    fn a_huge_error_stays_below_64_kib() {
        let mut huge = report(&"\u{1}".repeat(1 << 20), &"\u{1}".repeat(1 << 20));
        huge.stack_trace = vec!["\u{1}".repeat(500); 10_000];
        assert!(huge.body().len() < 64 * 1024);
        assert!(huge.small_body().len() < 4 * 1024);
        assert!(
            String::from_utf8(huge.body())
                .unwrap()
                .contains("1048576 bytes in all")
        );
    }

    #[test]
    fn a_body_has_as_much_of_its_error_as_there_is_room_for() {
        let long = report("LuaError", &"long ".repeat(2000));
        for limit_bytes in [512, 1000, 2900] {
            let length = long.body_within(limit_bytes).len();
            assert!(
                (limit_bytes / 3..=limit_bytes).contains(&length),
                "{length}"
            );
        }
        let hostile = report(&"\u{1}".repeat(999), &"\u{1}".repeat(9999));
        assert!(hostile.body_within(512).len() <= 512);
        let short = report("LuaError", "boom");
        assert_eq!(short.body_within(512), short.body());
    }

    #[test]
    fn the_cause_is_one_line_of_ascii() {
        let cause = report("LuaError", "gro\u{df}\n\u{1f319}")
            .xray_cause("/var/task")
            .unwrap();
        assert_eq!(
            cause,
            r#"{"working_directory":"/var/task","exceptions":[{"message":"gro\u00df\n\ud83c\udf19","type":"LuaError","stack":[{"path":"app.lua","line":2,"label":"function 'handler'"}]}],"paths":["app.lua"]}"#
        );
    }

    #[test]
    fn a_cause_that_does_not_fit_is_left_out() {
        assert_eq!(
            report("LuaError", &"x".repeat(20_000)).xray_cause("/var/task"),
            None
        );
    }
}
