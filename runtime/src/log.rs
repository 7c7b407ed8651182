//! Log records: one line each, in text or JSON.
//!
//! A record leaves in one write, at once: what a function logged before it was killed is there.
//! Where several loops share stdout, no other output of the process comes into its midst.
//! START, END and REPORT lines are the platform's, never ours.

mod line;

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::SystemTime;

use crate::config::{Config, Format, Level};
use crate::error::ErrorReport;
use crate::{json, sys};
use line::{json_line, shown_field, text_line};

pub use line::json_string;

/// The log of one polling loop.
#[derive(Debug)]
pub struct Log {
    format: Format,
    level: Level,
    /// Whether other threads write to stdout too.
    shares_stdout: bool,
    /// Where the records go, when that is not stdout.
    apart: RefCell<Option<UnixStream>>,
    invocation: RefCell<Option<Ids>>,
}

#[derive(Debug)]
struct Ids {
    request_id: String,
    tenant_id: Option<String>,
}

/// What a record says.
#[derive(Debug)]
pub enum Message<'a> {
    /// JSON text, one line; an object or array stays one in the JSON format.
    Json(&'a str),
    /// Any bytes.
    Text(&'a [u8]),
}

/// A named value of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key.
    pub name: String,
    /// The value as JSON text.
    pub json: String,
}

impl Log {
    /// A log that writes records of `level` and above.
    pub fn new(format: Format, level: Level) -> Self {
        Self {
            format,
            level,
            shares_stdout: false,
            apart: RefCell::new(None),
            invocation: RefCell::new(None),
        }
    }

    /// The log of one of the loops that the configuration asks for.
    pub fn of_loop(config: &Config) -> Self {
        Self {
            shares_stdout: config.loops() > 1,
            ..Self::new(config.log_format, config.log_level)
        }
    }

    /// From here on the records go there, and stdout is Lua's alone: for a process that another one
    /// watches. That one writes the records, and says so by a byte for each.
    pub fn keep_apart(&self, stream: UnixStream) {
        self.apart.replace(Some(stream));
    }

    /// Lets out what Lua wrote by `io.write` and has not left the process yet.
    pub fn flush(&self) {
        if self.shares_stdout {
            sys::flush_whole_lines();
        } else {
            sys::flush_stdio();
        }
    }

    /// The records from here to [`end`](Self::end) belong to this request.
    pub fn begin(&self, request_id: &str, tenant_id: Option<&str>) {
        let (request_id, tenant_id) = (request_id.to_owned(), tenant_id.map(str::to_owned));
        self.invocation.replace(Some(Ids {
            request_id,
            tenant_id,
        }));
    }

    /// The records from here on belong to no request.
    pub fn end(&self) {
        self.invocation.replace(None);
    }

    /// Whether a record of `level` is written.
    pub fn writes(&self, level: Level) -> bool {
        level >= self.level
    }

    /// Writes what `print` was given. The text format does not filter it; a JSON object passes
    /// through byte for byte, so that embedded metrics reach CloudWatch as they are.
    pub fn print(&self, line: &[u8]) {
        if self.format == Format::Json && !self.writes(Level::Info) {
            return;
        }
        if line.starts_with(b"{") && !line.contains(&b'\n') && json::is_object(line) {
            self.write_line(line.to_vec());
        } else {
            self.write(Level::Info, &Message::Text(line), &[], &[]);
        }
    }

    /// Writes a record, unless the level is filtered.
    pub fn record(&self, level: Level, message: &Message<'_>, fields: &[Field]) {
        if self.writes(level) {
            self.write(level, message, &[], fields);
        }
    }

    /// Writes a failure at ERROR, whatever the level.
    pub fn error(&self, report: &ErrorReport) {
        self.failure(report, &[]);
    }

    /// The same with `fields` that say of what it is the failure.
    pub fn failure(&self, report: &ErrorReport, fields: &[Field]) {
        let message = report.message_in_log();
        if self.format == Format::Text {
            let mut text = format!("{}: {message}", report.error_type);
            // In the first line, where they are seen.
            for field in fields {
                text.push_str(&shown_field(field));
            }
            for frame in &report.stack_trace {
                text.push_str("\n    ");
                text.push_str(frame);
            }
            return self.write(Level::Error, &Message::Text(text.as_bytes()), &[], &[]);
        }
        let field = |name: &str, json| Field {
            name: name.to_owned(),
            json,
        };
        let own = [
            field("errorType", json_string(&report.error_type)),
            field("errorMessage", json_string(message)),
            field(
                "stackTrace",
                serde_json::to_string(&report.stack_trace).unwrap_or_default(),
            ),
        ];
        let message = Message::Text(message.as_bytes());
        self.write(Level::Error, &message, &own, fields);
    }

    /// Writes a failure of the runtime's own surroundings at ERROR, whatever the level.
    pub fn fault(&self, message: &str) {
        self.write(Level::Error, &Message::Text(message.as_bytes()), &[], &[]);
    }

    /// Makes `line` a whole record at WARN, for a signal handler to write; says where its time is
    /// to be put, which takes [`TIME_BYTES`].
    pub fn prepare(&self, message: &str, line: &mut Vec<u8>) -> usize {
        const NO_TIME: [u8; TIME_BYTES] = [b'0'; TIME_BYTES];
        let invocation = self.invocation.borrow();
        let ids = invocation.as_ref();
        let id = ids.map_or("-", |ids| ids.request_id.as_str());
        line.clear();
        if self.apart.borrow().is_some() {
            // Whoever watches this process ends it in time.
            return 0;
        }
        if self.format == Format::Text {
            line.extend_from_slice(&NO_TIME);
            for part in ["\t", id, "\tWARN\t", message, "\n"] {
                line.extend_from_slice(part.as_bytes());
            }
            return 0;
        }
        let mut string = |before: &str, text: &str| {
            line.extend_from_slice(before.as_bytes());
            serde_json::to_writer(&mut *line, text).expect("a string always encodes");
        };
        string(r#"{"timestamp":"#, "");
        string(r#","level":"#, Level::Warn.name());
        string(r#","requestId":"#, id);
        string(r#","message":"#, message);
        if let Some(tenant_id) = ids.and_then(|ids| ids.tenant_id.as_deref()) {
            string(r#","tenantId":"#, tenant_id);
        }
        line.extend_from_slice(b"}\n");
        let time_at = r#"{"timestamp":""#.len();
        line.splice(time_at..time_at, NO_TIME);
        time_at
    }

    /// Writes a record; `own` are fields of its kind, `fields` the user's.
    fn write(&self, level: Level, message: &Message<'_>, own: &[Field], fields: &[Field]) {
        let invocation = self.invocation.borrow();
        let now = SystemTime::now();
        self.write_line(match self.format {
            Format::Json => json_line(now, invocation.as_ref(), level, message, own, fields),
            Format::Text => text_line(now, invocation.as_ref(), level, message, fields),
        });
    }

    /// Writes one line after all that Lua wrote to C's stdout before it.
    fn write_line(&self, mut line: Vec<u8>) {
        line.push(b'\n');
        if let Some(stream) = &mut *self.apart.borrow_mut() {
            sys::flush_stdio();
            // What is written next is not to overtake the record. As with stdout, nowhere is left
            // to tell of a failure.
            let _ = stream
                .write_all(&line)
                .and_then(|()| stream.read_exact(&mut [0]));
        } else if self.shares_stdout {
            // Whole lines have left already; a begun one is not to be torn.
            sys::with_stdout(|| write_out(&line));
        } else {
            sys::flush_stdio();
            write_out(&line);
        }
    }
}

/// The length of a record's time, `2026-11-20T18:15:25.123Z`.
pub const TIME_BYTES: usize = 24;

fn write_out(line: &[u8]) {
    // Nowhere is left to tell that stdout is closed; the function itself is not to fail of it.
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(line).and_then(|()| stdout.flush());
}
