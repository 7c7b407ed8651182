//! `RuntimeApi`: the Lambda Runtime API, from its client's side.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>. Paths, headers and statuses
//! live here and nowhere else; what a status means for the process is [`Fault`] or [`Verdict`].

mod extension;
mod http;
mod snapshot;
pub mod upload;

use std::fmt;

use crate::buffer;
use crate::error::ErrorReport;
use crate::invocation::Invocation;
use crate::shutdown::Wake;
use http::{Connection, Failure, Head};

/// The Runtime API of this process, over one connection.
#[derive(Debug)]
pub struct RuntimeApi {
    address: String,
    host: String,
    base: String,
    connection: Connection,
    /// Reused from one answer to the next.
    answer: Vec<u8>,
    /// The event's buffer, while no invocation has it.
    event: Vec<u8>,
}

/// What the Runtime API cannot be used for any more, and why, for people.
///
/// Each ends a process with one loop. With several of them the kinds differ
/// ([`event_loop`](crate::event_loop)).
#[derive(Debug)]
pub enum Fault {
    /// The service takes no streamed response in the mode of this one, and none after it.
    ResponseMode(String),
    /// The answer says that it is over, or is none that the protocol knows.
    Refused(String),
    /// No whole answer came.
    Unreachable(String),
}

/// What the service said to a post.
#[derive(Debug, Eq, PartialEq)]
pub enum Verdict {
    /// It took it.
    Accepted,
    /// It refused it, which concerns this invocation alone.
    Refused {
        /// The status code.
        status: u16,
        /// The service's words.
        reason: String,
    },
    /// The response is too large; the caller has been told.
    TooLarge,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResponseMode(why) | Self::Refused(why) | Self::Unreachable(why) => {
                f.write_str(why)
            }
        }
    }
}

impl RuntimeApi {
    /// The API at `address`, the value of `AWS_LAMBDA_RUNTIME_API`: `host:port`, where emulators
    /// may put a scheme before and a base path behind.
    ///
    /// # Errors
    /// When the address is of a scheme other than http, or has no host.
    pub fn new(address: &str) -> Result<Self, Fault> {
        let wrong = |why| Fault::Refused(format!("AWS_LAMBDA_RUNTIME_API is {address:?}: {why}"));
        let rest = match address.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(wrong("it takes host:port, or http://host:port/path")),
            None => address,
        };
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if host.is_empty() || address.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(wrong("it takes host:port, or http://host:port/path"));
        }
        Ok(Self {
            address: address.to_owned(),
            host: host.to_owned(),
            base: path.trim_end_matches('/').to_owned(),
            connection: Connection::new(host),
            answer: Vec::new(),
            event: Vec::new(),
        })
    }

    /// The same API, over a connection of its own.
    pub fn another(&self) -> Self {
        Self {
            address: self.address.clone(),
            host: self.host.clone(),
            base: self.base.clone(),
            connection: Connection::new(&self.host),
            answer: Vec::new(),
            event: Vec::new(),
        }
    }

    /// Lets the waits for events, and for a restore, end when the process is asked to stop.
    pub fn wake_by(&mut self, wake: Wake) {
        self.connection.wake_by(wake);
    }

    /// Waits for the next event, without any time limit: the sandbox freezes inside this call.
    ///
    /// `None` when the server had none to give (204), which emulators answer, or the process is
    /// asked to stop.
    ///
    /// # Errors
    /// When the API cannot be reached, answers anything but 2xx, or names no request.
    pub fn next_invocation(&mut self) -> Result<Option<Invocation>, Fault> {
        const PATH: &str = "/invocation/next";
        let request = format!(
            "GET {}{API}{PATH} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {USER_AGENT}\r\n\r\n",
            self.base, self.host
        );
        let mut event = std::mem::take(&mut self.event);
        let asked = self
            .connection
            .exchange(request.as_bytes(), b"", true, &mut event);
        match asked {
            Ok(head) if head.status == 204 => {
                self.keep(event);
                Ok(None)
            }
            Ok(head) => match head.status {
                200..=299 => self.invocation(&head, event).map(Some),
                status => Err(refused(PATH, status, &event)),
            },
            Err(failure) if failure.stopped => Ok(None),
            Err(failure) => Err(self.unreachable(PATH, &failure)),
        }
    }

    fn invocation(&self, head: &Head, event: Vec<u8>) -> Result<Invocation, Fault> {
        let text = |name| head.field(name).map(str::to_owned);
        let request_id = head
            .field("Lambda-Runtime-Aws-Request-Id")
            .filter(|id| {
                id.bytes()
                    .all(|byte| byte.is_ascii_graphic() && byte != b'/')
            })
            .ok_or_else(|| {
                let why = "the Runtime API sent an event without a usable request id";
                Fault::Refused(why.to_owned())
            })?;
        Ok(Invocation {
            request_id: request_id.to_owned(),
            // Echoed as it came; what cannot stand in a header is not an id.
            invocation_id: text("Lambda-Runtime-Invocation-Id")
                .filter(|id| id.bytes().all(|byte| (b' '..=b'~').contains(&byte))),
            deadline_ms: head
                .field("Lambda-Runtime-Deadline-Ms")
                .and_then(|ms| ms.parse().ok()),
            invoked_function_arn: text("Lambda-Runtime-Invoked-Function-Arn"),
            trace_id: text("Lambda-Runtime-Trace-Id"),
            client_context: text("Lambda-Runtime-Client-Context"),
            cognito_identity: text("Lambda-Runtime-Cognito-Identity"),
            tenant_id: text("Lambda-Runtime-Aws-Tenant-Id"),
            content_type: text("Content-Type"),
            event,
        })
    }

    /// Posts the result of an invocation, which this ends.
    ///
    /// # Errors
    /// When the API cannot be reached, or the service says that this process is lost.
    pub fn respond(&mut self, invocation: Invocation, body: &[u8]) -> Result<Verdict, Fault> {
        let path = format!("/invocation/{}/response", invocation.request_id);
        let head = Post {
            content_type: "application/json",
            ..invocation.post()
        };
        let answered = self.post(&path, &head, body);
        self.keep(invocation.event);
        let status = answered?;
        match status {
            413 => Ok(Verdict::TooLarge),
            // The service takes no response of this process any more (protocol: status handling).
            400 if contains(&self.answer, "InvalidFunctionResponseMode") => {
                Err(Fault::ResponseMode(words_of(&path, status, &self.answer)))
            }
            _ => self.verdict(&path, status),
        }
    }

    /// Posts the failure of an invocation, which this ends. `xray_cause` goes into its header.
    ///
    /// # Errors
    /// As [`respond`](Self::respond).
    pub fn fail(
        &mut self,
        invocation: Invocation,
        report: &ErrorReport,
        xray_cause: Option<&str>,
    ) -> Result<Verdict, Fault> {
        let path = format!("/invocation/{}/error", invocation.request_id);
        let error_type = report.header_type();
        let head = Post {
            error_type: Some(&error_type),
            xray_cause,
            ..invocation.post()
        };
        let mut answered = self.post(&path, &head, &report.body());
        if matches!(answered, Ok(413)) {
            // The invocation is not over for the service: without a second post its caller hangs.
            let head = Post {
                xray_cause: None,
                ..head
            };
            answered = self.post(&path, &head, &report.small_body());
        }
        self.keep(invocation.event);
        self.verdict(&path, answered?)
    }

    /// Posts the failure of the initialisation; the process ends after it, whatever the answer.
    ///
    /// # Errors
    /// When the API cannot be reached or refuses the post.
    pub fn fail_init(&mut self, report: &ErrorReport) -> Result<(), Fault> {
        self.fail_start("/init/error", report)
    }

    fn fail_start(&mut self, path: &str, report: &ErrorReport) -> Result<(), Fault> {
        let error_type = report.header_type();
        let head = Post {
            error_type: Some(&error_type),
            ..Post::default()
        };
        let mut status = self.post(path, &head, &report.body())?;
        if status == 413 {
            status = self.post(path, &head, &report.small_body())?;
        }
        match status {
            200..=299 => Ok(()),
            _ => Err(refused(path, status, &self.answer)),
        }
    }

    fn post(&mut self, path: &str, head: &Post<'_>, body: &[u8]) -> Result<u16, Fault> {
        let mut request = format!(
            "POST {}{API}{path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {USER_AGENT}\r\n\
             Content-Type: {}\r\nContent-Length: {}\r\n",
            self.base,
            self.host,
            head.content_type,
            body.len()
        );
        for (name, value) in [
            ("Lambda-Runtime-Invocation-Id", head.invocation_id),
            ("Lambda-Runtime-Function-Error-Type", head.error_type),
            ("Lambda-Runtime-Function-XRay-Error-Cause", head.xray_cause),
        ] {
            if let Some(value) = value {
                request.extend([name, ": ", value, "\r\n"]);
            }
        }
        request.push_str("\r\n");
        self.connection
            .exchange(request.as_bytes(), body, false, &mut self.answer)
            .map(|head| head.status)
            .map_err(|failure| self.unreachable(path, &failure))
    }

    /// Takes an event's buffer back for the next.
    fn keep(&mut self, event: Vec<u8>) {
        let used = event.len();
        self.event = event;
        buffer::shrink(&mut self.event, used);
    }

    fn verdict(&self, path: &str, status: u16) -> Result<Verdict, Fault> {
        match status {
            200..=299 => Ok(Verdict::Accepted),
            400..=499 => Ok(Verdict::Refused {
                status,
                reason: words(&self.answer),
            }),
            _ => Err(refused(path, status, &self.answer)),
        }
    }

    fn unreachable(&self, path: &str, failure: &Failure) -> Fault {
        Fault::Unreachable(format!(
            "no answer from the Runtime API at {} (AWS_LAMBDA_RUNTIME_API) to {path}: {}",
            self.address, failure.message
        ))
    }
}

/// What the head of a post says besides path and length.
struct Post<'a> {
    content_type: &'a str,
    invocation_id: Option<&'a str>,
    error_type: Option<&'a str>,
    xray_cause: Option<&'a str>,
}

impl Default for Post<'_> {
    fn default() -> Self {
        let content_type = "application/vnd.aws.lambda.error+json";
        Self {
            content_type,
            invocation_id: None,
            error_type: None,
            xray_cause: None,
        }
    }
}

impl Invocation {
    /// A post that echoes the attempt it belongs to.
    fn post(&self) -> Post<'_> {
        Post {
            invocation_id: self.invocation_id.as_deref(),
            ..Post::default()
        }
    }
}

fn refused(path: &str, status: u16, answer: &[u8]) -> Fault {
    Fault::Refused(words_of(path, status, answer))
}

fn words_of(path: &str, status: u16, answer: &[u8]) -> String {
    format!(
        "the Runtime API answered {path} with {status}: {}",
        words(answer)
    )
}

/// The service's own words, on one line of bounded length.
fn words(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(&answer[..answer.len().min(500)]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        "no reason given".to_owned()
    } else {
        text
    }
}

fn contains(answer: &[u8], word: &str) -> bool {
    answer
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

const API: &str = "/2018-06-01/runtime";
const USER_AGENT: &str = concat!("moonlayer/", env!("CARGO_PKG_VERSION"));
/// The largest response that the service takes: 6 MiB and 100 bytes.
pub const RESPONSE_LIMIT_BYTES: usize = 6 * 1024 * 1024 + 100;
