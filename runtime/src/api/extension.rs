//! The Extensions API, as far as a process needs it to be told that it is about to end.
//!
//! Lambda sends SIGTERM only where an extension is registered. One inside the runtime's own
//! process will do, without any events, as long as it has asked for the next.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>

use std::os::fd::IntoRawFd;

use super::http::Connection;
use super::{Fault, RuntimeApi, USER_AGENT, refused};

impl RuntimeApi {
    /// Registers the internal extension and asks for its next event, over a connection of its own
    /// that stays open as long as the process.
    ///
    /// The answer is of no interest, so nobody waits for it: that takes no thread.
    ///
    /// # Errors
    /// When the API cannot be reached or has no extensions, as emulators may not.
    pub fn register_extension(&self) -> Result<(), Fault> {
        const REGISTER: &str = "/extension/register";
        const NEXT: &str = "/extension/event/next";
        const BODY: &[u8] = br#"{"events":[]}"#;
        let (base, host) = (&self.base, &self.host);
        let mut connection = Connection::new(host);
        let mut answer = Vec::new();
        let request = format!(
            "POST {base}{API}{REGISTER} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n\
             Lambda-Extension-Name: moonlayer\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            BODY.len()
        );
        let head = connection
            .exchange(request.as_bytes(), BODY, false, &mut answer)
            .map_err(|failure| self.unreachable(REGISTER, &failure))?;
        if !matches!(head.status, 200..=299) {
            return Err(refused(REGISTER, head.status, &answer));
        }
        let identifier = head.field("Lambda-Extension-Identifier").ok_or_else(|| {
            let what = "the Runtime API gave the extension no Lambda-Extension-Identifier";
            Fault::Refused(what.to_owned())
        })?;
        let request = format!(
            "GET {base}{API}{NEXT} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n\
             Lambda-Extension-Identifier: {identifier}\r\n\r\n"
        );
        let asking = connection
            .ask(request.as_bytes())
            .map_err(|failure| self.unreachable(NEXT, &failure))?;
        let _open = asking.into_raw_fd();
        Ok(())
    }
}

const API: &str = "/2020-01-01";
