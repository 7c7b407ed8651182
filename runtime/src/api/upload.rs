//! `Upload`: the post of a response that is sent while it is made.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>

use std::io::{self, IoSlice};
use std::time::Instant;

use super::http::Outgoing;
use super::{API, Fault, RuntimeApi, USER_AGENT, Verdict, contains, refused, words, words_of};
use crate::error::{ErrorReport, LUA_ERROR};
use crate::invocation::Invocation;

/// A post that has no end yet. Its connection is closed with it.
#[derive(Debug)]
pub struct Upload {
    outgoing: Outgoing,
    path: String,
    /// The API's address, for messages.
    address: String,
}

impl RuntimeApi {
    /// Opens the streamed response to an invocation, and gives the head of the request, which is
    /// the first thing to send.
    ///
    /// # Errors
    /// When the API cannot be reached.
    pub fn upload(
        &mut self,
        invocation: &Invocation,
        content_type: &str,
    ) -> Result<(Upload, String), Fault> {
        let path = format!("/invocation/{}/response", invocation.request_id);
        let mut head = format!(
            "POST {}{API}{path} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {USER_AGENT}\r\n\
             Content-Type: {content_type}\r\nLambda-Runtime-Function-Response-Mode: streaming\r\n",
            self.base, self.host
        );
        if let Some(id) = &invocation.invocation_id {
            head.extend(["Lambda-Runtime-Invocation-Id: ", id, "\r\n"]);
        }
        // The service drops trailers that are not declared, and takes the response for whole.
        head.push_str(
            "Transfer-Encoding: chunked\r\n\
             Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n\
             \r\n",
        );
        let begun = self.connection.begin();
        let outgoing = begun.map_err(|failure| self.unreachable(&path, &failure))?;
        let address = self.address.clone();
        let upload = Upload {
            outgoing,
            path,
            address,
        };
        Ok((upload, head))
    }

    /// Ends an invocation that was answered by an [`Upload`].
    pub fn uploaded(&mut self, invocation: Invocation) {
        self.keep(invocation.event);
    }
}

impl Upload {
    /// From here on, everything fails with [`io::ErrorKind::TimedOut`] at `until`.
    pub fn end_by(&mut self, until: Option<Instant>) {
        self.outgoing.end_by(until);
    }

    /// Sends the bytes as they are; `sent` counts them, also when this fails.
    ///
    /// It waits for as long as the service takes them slowly, and stops with
    /// [`io::ErrorKind::Interrupted`] when a signal comes and `expired` says that it is time.
    ///
    /// # Errors
    /// After any other error, [`answer`](Self::answer) may know why.
    pub fn send(
        &mut self,
        left: &mut [IoSlice<'_>],
        sent: &mut usize,
        expired: &dyn Fn() -> bool,
    ) -> io::Result<()> {
        self.outgoing.send(left, sent, expired)
    }

    /// Reads what the service says to the post: after its end, or after a failure to send
    /// (`unsent`), because a service that refuses a response closes while it is being sent. `None`
    /// when the time of [`end_by`](Self::end_by) is up.
    ///
    /// # Errors
    /// When it says nothing, or that this process is lost.
    pub fn answer(self, unsent: Option<io::Error>) -> Result<Option<Verdict>, Fault> {
        let is_late = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
        if unsent.as_ref().is_some_and(is_late) {
            return Ok(None);
        }
        let mut answer = Vec::new();
        let path = self.path;
        let status = match self.outgoing.answer(&mut answer) {
            Ok(status) => status,
            Err(error) if is_late(&error) => return Ok(None),
            Err(error) => {
                return Err(Fault::Unreachable(format!(
                    "no answer from the Runtime API at {} (AWS_LAMBDA_RUNTIME_API) to {path}: {}",
                    self.address,
                    unsent.unwrap_or(error)
                )));
            }
        };
        match status {
            200..=299 => Ok(Some(Verdict::Accepted)),
            // As of a response that is posted whole.
            400 if contains(&answer, "InvalidFunctionResponseMode") => {
                Err(Fault::ResponseMode(words_of(&path, status, &answer)))
            }
            400..=499 => Ok(Some(Verdict::Refused {
                status,
                reason: words(&answer),
            })),
            _ => Err(refused(&path, status, &answer)),
        }
    }
}

/// The end of a body in chunks, which went well or failed as `report` says (RFC 9112, 7.1).
///
/// The service reads at most `TRAILERS_LIMIT_BYTES` of trailers; of longer ones it says that the
/// response was broken off, and the error is lost.
pub fn end(report: Option<&ErrorReport>) -> String {
    let Some(report) = report else {
        return "0\r\n\r\n".to_owned();
    };
    let mut error_type = report.header_type();
    if error_type.len() > 256 {
        error_type = format!("Function.{LUA_ERROR}");
    }
    let around = format!(
        "Lambda-Runtime-Function-Error-Type: {error_type}\r\n\
         Lambda-Runtime-Function-Error-Body: "
    );
    let room_bytes = TRAILERS_LIMIT_BYTES - around.len() - "\r\n\r\n".len();
    let body = report.body_within(room_bytes / 4 * 3);
    format!("0\r\n{around}{}\r\n\r\n", base64(&body))
}

/// What Go's HTTP server, which the service's core is made of, reads of trailers, with the empty
/// line behind them.
const TRAILERS_LIMIT_BYTES: usize = 4096;

/// RFC 4648, section 4, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let value = (bits >> (18 - 6 * digit)) & 63;
            let padded = digit > group.len();
            text.push(if padded {
                '='
            } else {
                ALPHABET[value as usize].into()
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_in_the_test_vectors_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&[0xff, 0xfe, 0xfb, 0xf0]), "//778A==");
    }

    #[test]
    fn an_end_is_the_last_chunk_and_the_trailers_of_a_failure() {
        assert_eq!(end(None), "0\r\n\r\n");
        let report = ErrorReport::runtime("Runtime.ExitError", "x");
        assert_eq!(
            end(Some(&report)),
            "0\r\nLambda-Runtime-Function-Error-Type: Runtime.ExitError\r\n\
             Lambda-Runtime-Function-Error-Body: eyJlcnJvck1lc3NhZ2UiOiJ4IiwiZXJyb3JUeXBlIjoiUnVud\
             GltZS5FeGl0RXJyb3IiLCJzdGFja1RyYWNlIjpbXX0=\r\n\r\n"
        );
    }

    #[test]
    fn trailers_are_never_longer_than_the_service_reads() {
        let frames = vec!["app.lua:2: in function 'handler'".to_owned(); 999];
        let long = |kind: &str, message: String| {
            let report = ErrorReport::function(kind.to_owned(), message, frames.clone());
            end(Some(&report)).len() - "0\r\n".len()
        };
        for length in [
            long("LuaError", "long ".repeat(9999)),
            long(&"A".repeat(9999), "\u{1}".repeat(9999)),
        ] {
            assert!((2000..=4096).contains(&length), "{length}");
        }
    }
}
