//! Invocations that are answered by a [`ResponseStream`].

use std::rc::Rc;
use std::time::{Duration, Instant};

use mlua::Value;

use super::EventLoop;
use crate::api::Fault;
use crate::api::upload::Upload;
use crate::config::Level;
use crate::error::ErrorReport;
use crate::invocation::Invocation;
use crate::log::Message;
use crate::modules::throw::type_name;
use crate::stream::ResponseStream;

impl EventLoop {
    /// The response of the running invocation, which then is a streamed one.
    ///
    /// # Errors
    /// Outside an invocation, and when it is streamed already.
    pub fn stream(&self) -> Result<Rc<ResponseStream>, &'static str> {
        if self.current.borrow().is_none() {
            return Err(OUTSIDE);
        }
        let mut stream = self.stream.borrow_mut();
        if stream.is_some() {
            return Err("this invocation has its response: call one stream handler, once");
        }
        let new = Rc::new(ResponseStream::default());
        *stream = Some(Rc::clone(&new));
        Ok(new)
    }

    /// Opens the streamed response to the running invocation.
    ///
    /// # Errors
    /// When the API cannot be reached.
    pub fn upload(&self, content_type: &str) -> Result<(Upload, String), Fault> {
        let invocation = self.current.borrow();
        let invocation = invocation
            .as_ref()
            .expect("a response that takes writes has its invocation running");
        self.api.borrow_mut().upload(invocation, content_type)
    }

    /// Whether the handler that returned `value` has streamed, so that the value is nobody's.
    pub(super) fn is_streamed(&self, value: &Value) -> bool {
        let streamed = self.stream.borrow().is_some();
        if streamed && !value.is_nil() {
            let warning = format!(
                "a stream handler returned a {}, which is ignored: its response is what it writes",
                type_name(value)
            );
            self.log
                .record(Level::Warn, &Message::Text(warning.as_bytes()), &[]);
        }
        streamed
    }

    /// Ends the response, or posts the failure of an invocation that has sent nothing of it.
    pub(super) fn end(
        &self,
        stream: &ResponseStream,
        invocation: Invocation,
        report: Option<&ErrorReport>,
    ) -> Result<(), Fault> {
        if let Some(report) = report {
            if !stream.has_begun() {
                stream.close();
                return self.fail(invocation, report);
            }
            self.log.error(report);
        }
        self.log.flush();
        let timed_out = report.is_some_and(|report| report.error_type == "Function.Timeout");
        // Otherwise the service itself takes what time it needs.
        let until = (timed_out || stream.is_cut())
            .then(|| invocation.remaining().unwrap_or(Duration::ZERO))
            .map(|remaining| Instant::now() + remaining);
        let open = |content_type: &str| self.api.borrow_mut().upload(&invocation, content_type);
        let verdict = stream.end(report, until, open);
        self.api.borrow_mut().uploaded(invocation);
        match verdict? {
            Some(verdict) => self.log_refusal(&verdict),
            None => self.log.fault(
                "the end of the response did not reach Lambda before the deadline: the client \
                 reads too slowly",
            ),
        }
        Ok(())
    }
}

/// What a stream handler says that nobody asks for a response of.
pub const OUTSIDE: &str = "a stream handler runs only while an event is handled: make it the \
                           handler, or call it in the handler with the event and the context";
