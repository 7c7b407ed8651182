//! Configuration: every environment variable the runtime reads, read once at process start.
//!
//! What is *not* here: `LUA_PATH` and its relatives, which Lua's own rules govern
//! ([`crate::search`]), and what a function reads by `os.getenv`, which stays in the environment.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use crate::json::Nulls;

/// What the environment says about this process.
#[derive(Debug)]
pub struct Config {
    /// `AWS_LAMBDA_RUNTIME_API`; `None` outside Lambda and its emulators.
    pub runtime_api: Option<String>,
    /// `_HANDLER`, or the first command-line argument when it is unset or empty.
    pub handler: Option<String>,
    /// `LAMBDA_TASK_ROOT`; `/var/task` when unset.
    pub task_root: PathBuf,
    /// Whether `AWS_LAMBDA_INITIALIZATION_TYPE` is `snap-start`: a snapshot is taken after loading.
    pub snap_start: bool,
    /// `AWS_LAMBDA_FUNCTION_NAME`.
    pub function_name: Option<String>,
    /// `AWS_LAMBDA_FUNCTION_VERSION`.
    pub function_version: Option<String>,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, in MB.
    pub memory_limit_in_mb: Option<i64>,
    /// `AWS_LAMBDA_LOG_GROUP_NAME`; absent under SnapStart.
    pub log_group_name: Option<String>,
    /// `AWS_LAMBDA_LOG_STREAM_NAME`; absent under SnapStart.
    pub log_stream_name: Option<String>,
    /// `AWS_LAMBDA_LOG_FORMAT`; text unless it is `JSON`, in any case, or the process serves many
    /// events at once.
    pub log_format: Format,
    /// `AWS_LAMBDA_LOG_LEVEL`; `INFO` when unset or unknown.
    pub log_level: Level,
    /// `MOONLAYER_JSON_NULL`: `null` (default) or `nil`.
    pub json_nulls: Nulls,
    /// `MOONLAYER_MODE`: what the handler setting names.
    pub mode: Mode,
    /// Whether `MOONLAYER_INVOKE_MODE` is `response_stream` and not `buffered` (default): answers in
    /// mode `web` leave while they are made. It says nothing to the other modes.
    pub streams_answers: bool,
    /// `AWS_LAMBDA_MAX_CONCURRENCY`: how many events this process may be given at once; 1 when it is
    /// unset, below 1 or no number. More than [`MOST_LOOPS`] stands here as it was set.
    ///
    /// <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-custom-runtimes.html>
    pub max_concurrency: u64,
    /// `MOONLAYER_TIMEOUT_MARGIN_MS`: how long before its deadline a handler is interrupted; zero
    /// is never.
    pub timeout_margin: Option<Duration>,
}

/// What the handler setting names, and so what becomes of an event.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// `function` (default): a function of the event and the context.
    Function,
    /// `web`: a WSAPI application, for HTTP events.
    Web,
    /// `console`: a script, for events that are its arguments.
    Console,
}

/// The form of a log record.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// Fields between tabs.
    Text,
}

/// The severity of a log record, lowest first.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// `TRACE`
    Trace,
    /// `DEBUG`
    Debug,
    /// `INFO`
    Info,
    /// `WARN`
    Warn,
    /// `ERROR`
    Error,
    /// `FATAL`
    Fatal,
}

impl Config {
    /// Reads the configuration; `lookup` gives a variable's value, `argument` is the first
    /// command-line argument.
    ///
    /// The second part of the answer lists every fault found, each naming its variable and the
    /// values that it takes. A configuration with faults is good for reporting them, no more.
    pub fn read(
        lookup: impl Fn(&str) -> Option<OsString>,
        argument: Option<OsString>,
    ) -> (Self, Vec<String>) {
        let mut faults = Vec::new();
        // An empty variable is an absent one, as the service's own runtimes see it.
        let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let mut text = |name: &str, value: Option<OsString>| match value.map(OsString::into_string)
        {
            None => None,
            Some(Ok(value)) => Some(value),
            Some(Err(value)) => {
                let shown = value.to_string_lossy();
                faults.push(format!(
                    "{name} is not UTF-8: {shown:?}; set it to plain text"
                ));
                None
            }
        };
        let mut read = |name: &str| text(name, set(name));

        let handler = read("_HANDLER");
        let json_nulls = read("MOONLAYER_JSON_NULL");
        let mode = read("MOONLAYER_MODE");
        let invoke_mode = read("MOONLAYER_INVOKE_MODE");
        let max_concurrency =
            read("AWS_LAMBDA_MAX_CONCURRENCY").map_or(1, |text| count(&text).unwrap_or(1).max(1));
        let margin = read("MOONLAYER_TIMEOUT_MARGIN_MS");
        let config = Self {
            runtime_api: read("AWS_LAMBDA_RUNTIME_API"),
            task_root: set("LAMBDA_TASK_ROOT").map_or_else(|| "/var/task".into(), PathBuf::from),
            snap_start: read("AWS_LAMBDA_INITIALIZATION_TYPE").as_deref() == Some("snap-start"),
            function_name: read("AWS_LAMBDA_FUNCTION_NAME"),
            function_version: read("AWS_LAMBDA_FUNCTION_VERSION"),
            memory_limit_in_mb: read("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                .and_then(|size| size.parse().ok()),
            log_group_name: read("AWS_LAMBDA_LOG_GROUP_NAME"),
            log_stream_name: read("AWS_LAMBDA_LOG_STREAM_NAME"),
            log_format: match read("AWS_LAMBDA_LOG_FORMAT") {
                Some(format) if format.eq_ignore_ascii_case("JSON") => Format::Json,
                // AWS: on Managed Instances "JSON is the only format".
                _ if max_concurrency > 1 => Format::Json,
                _ => Format::Text,
            },
            log_level: read("AWS_LAMBDA_LOG_LEVEL")
                .and_then(|level| Level::named(&level))
                .unwrap_or(Level::Info),
            handler: handler.or_else(|| text("the handler argument", argument)),
            json_nulls: match json_nulls.as_deref() {
                Some("nil") => Nulls::Nil,
                _ => Nulls::Null,
            },
            mode: match mode.as_deref() {
                Some("web") => Mode::Web,
                Some("console") => Mode::Console,
                _ => Mode::Function,
            },
            streams_answers: invoke_mode.as_deref() == Some("response_stream"),
            max_concurrency,
            timeout_margin: margin.as_deref().and_then(milliseconds),
        };
        let mut check = |name: &str, value: Option<String>, takes: &[&str]| {
            if let Some(value) = value.filter(|value| !takes.contains(&value.as_str())) {
                let takes = takes.join(", ");
                faults.push(format!("{name} is {value:?}; it takes: {takes}"));
            }
        };
        check("MOONLAYER_JSON_NULL", json_nulls, &["null", "nil"]);
        check("MOONLAYER_MODE", mode, &["function", "web", "console"]);
        check(
            "MOONLAYER_INVOKE_MODE",
            invoke_mode,
            &["buffered", "response_stream"],
        );
        if let Some(margin) = margin.filter(|_| config.timeout_margin.is_none()) {
            faults.push(format!(
                "MOONLAYER_TIMEOUT_MARGIN_MS is {margin:?}; it takes: an integer of milliseconds \
                 from 0, which turns the interruption off"
            ));
        }
        (config, faults)
    }

    /// How many loops ask for events: 1 is the classic form, each more has a thread of its own.
    pub fn loops(&self) -> usize {
        self.max_concurrency.min(MOST_LOOPS as u64) as usize
    }
}

/// A number that may be larger than any count of ours.
fn count(text: &str) -> Option<u64> {
    let digits = text.trim();
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    whole.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// The most loops in one process; above it lie the threads and descriptors that Lambda allows.
pub const MOST_LOOPS: usize = 1024;

/// An integer of milliseconds; one too large for any clock is the largest.
fn milliseconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_millis(text.parse().unwrap_or(u64::MAX)))
}

impl Level {
    /// The level of that name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        LEVELS
            .into_iter()
            .find(|level| level.name().eq_ignore_ascii_case(name))
    }

    /// The name as AWS spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}

/// `Config::read` on this process's environment and arguments.
pub fn read() -> (Config, Vec<String>) {
    Config::read(
        |name| std::env::var_os(OsStr::new(name)),
        std::env::args_os().nth(1),
    )
}

/// Every level, lowest first.
pub const LEVELS: [Level; 6] = [
    Level::Trace,
    Level::Debug,
    Level::Info,
    Level::Warn,
    Level::Error,
    Level::Fatal,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn config(variables: &[(&str, &str)], argument: Option<&str>) -> (Config, Vec<String>) {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Config::read(lookup, argument.map(OsString::from))
    }

    #[test]
    fn an_empty_environment_gives_the_defaults() {
        let (config, faults) = config(&[], None);
        assert!(faults.is_empty());
        assert_eq!(config.task_root, PathBuf::from("/var/task"));
        assert_eq!(
            (config.log_format, config.log_level),
            (Format::Text, Level::Info)
        );
        assert_eq!((config.runtime_api, config.handler), (None, None));
    }

    #[test]
    fn the_argument_is_the_handler_when_the_variable_is_empty() {
        let (config, _) = config(&[("_HANDLER", "")], Some("app.run"));
        assert_eq!(config.handler.as_deref(), Some("app.run"));
    }

    #[test]
    fn the_variable_wins_over_the_argument() {
        let (config, _) = config(&[("_HANDLER", "a.b")], Some("app.run"));
        assert_eq!(config.handler.as_deref(), Some("a.b"));
    }

    #[test]
    fn every_unknown_value_of_ours_is_named_with_the_values_it_takes() {
        let variables = [
            ("MOONLAYER_JSON_NULL", "none"),
            ("MOONLAYER_MODE", "fast"),
            ("MOONLAYER_INVOKE_MODE", "BUFFERED"),
        ];
        let (_, faults) = config(&variables, None);
        assert_eq!(
            faults,
            [
                r#"MOONLAYER_JSON_NULL is "none"; it takes: null, nil"#,
                r#"MOONLAYER_MODE is "fast"; it takes: function, web, console"#,
                r#"MOONLAYER_INVOKE_MODE is "BUFFERED"; it takes: buffered, response_stream"#,
            ]
        );
    }

    #[test]
    fn a_concurrency_that_is_no_number_over_one_is_one() {
        for (text, asked, loops) in [
            ("", 1, 1),
            ("many", 1, 1),
            ("2.5", 1, 1),
            ("0x10", 1, 1),
            ("0", 1, 1),
            ("-4", 1, 1),
            ("1", 1, 1),
            ("2", 2, 2),
            (" 64 ", 64, 64),
            ("1024", 1024, 1024),
            ("1025", 1025, 1024),
            ("99999999999999999999999", u64::MAX, 1024),
        ] {
            let (config, faults) = config(&[("AWS_LAMBDA_MAX_CONCURRENCY", text)], None);
            assert_eq!(
                (config.max_concurrency, config.loops()),
                (asked, loops),
                "{text:?}"
            );
            assert!(faults.is_empty(), "{faults:?}");
        }
        assert_eq!(config(&[], None).0.loops(), 1);
    }

    #[test]
    fn many_events_at_once_are_logged_in_json_whatever_the_format_says() {
        let format = |concurrency, format| {
            let variables = [
                ("AWS_LAMBDA_MAX_CONCURRENCY", concurrency),
                ("AWS_LAMBDA_LOG_FORMAT", format),
            ];
            config(&variables, None).0.log_format
        };
        assert_eq!(format("2", "Text"), Format::Json);
        assert_eq!(format("2", ""), Format::Json);
        assert_eq!(format("1", "Text"), Format::Text);
    }

    #[test]
    fn the_margin_is_an_integer_of_milliseconds() {
        for (value, margin_ms) in [
            ("0", 0),
            ("250", 250),
            ("007", 7),
            ("99999999999999999999999", u64::MAX),
        ] {
            let (config, faults) = config(&[("MOONLAYER_TIMEOUT_MARGIN_MS", value)], None);
            assert_eq!(
                config.timeout_margin,
                Some(Duration::from_millis(margin_ms))
            );
            assert!(faults.is_empty(), "{value}");
        }
        for value in ["-1", "+1", "1.5", "1s", "soon", " 1"] {
            let (_, faults) = config(&[("MOONLAYER_TIMEOUT_MARGIN_MS", value)], None);
            assert_eq!(
                faults,
                [format!(
                    "MOONLAYER_TIMEOUT_MARGIN_MS is {value:?}; it takes: an integer of \
                     milliseconds from 0, which turns the interruption off"
                )]
            );
        }
    }

    #[test]
    fn log_settings_are_read_in_any_case_and_unknown_ones_are_the_default() {
        let (known, _) = config(
            &[
                ("AWS_LAMBDA_LOG_FORMAT", "json"),
                ("AWS_LAMBDA_LOG_LEVEL", "warn"),
            ],
            None,
        );
        assert_eq!(
            (known.log_format, known.log_level),
            (Format::Json, Level::Warn)
        );
        let (unknown, faults) = config(
            &[
                ("AWS_LAMBDA_LOG_FORMAT", "xml"),
                ("AWS_LAMBDA_LOG_LEVEL", "loud"),
            ],
            None,
        );
        assert_eq!(
            (unknown.log_format, unknown.log_level),
            (Format::Text, Level::Info)
        );
        assert!(faults.is_empty());
    }
}
