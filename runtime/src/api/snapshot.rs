//! The two calls of SnapStart.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html>

use super::{API, Fault, RuntimeApi, USER_AGENT, refused};
use crate::error::ErrorReport;

impl RuntimeApi {
    /// Waits, without any time limit, until a process has come out of the snapshot that is taken in
    /// this call; false when the process is asked to stop instead.
    ///
    /// # Errors
    /// When the API cannot be reached or answers anything but 2xx.
    pub fn next_restore(&mut self) -> Result<bool, Fault> {
        const PATH: &str = "/restore/next";
        let request = format!(
            "GET {}{API}{PATH} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {USER_AGENT}\r\n\r\n",
            self.base, self.host
        );
        let asked = self
            .connection
            .exchange(request.as_bytes(), b"", true, &mut self.answer);
        match asked {
            Ok(head) if matches!(head.status, 200..=299) => Ok(true),
            Ok(head) => Err(refused(PATH, head.status, &self.answer)),
            Err(failure) if failure.stopped => Ok(false),
            Err(failure) => Err(self.unreachable(PATH, &failure)),
        }
    }

    /// Forgets the connection: after a restore nobody is at its other end.
    pub fn disconnect(&mut self) {
        self.connection.close();
    }

    /// Posts the failure of what had to be done after a restore; the process ends after it,
    /// whatever the answer.
    ///
    /// # Errors
    /// When the API cannot be reached or refuses the post.
    pub fn fail_restore(&mut self, report: &ErrorReport) -> Result<(), Fault> {
        self.fail_start("/restore/error", report)
    }
}
