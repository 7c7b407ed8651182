//! The platform's lines about an invocation, as they stand in CloudWatch.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use super::failure::{Failure, Kind};

/// What one invocation took: the `REPORT` line.
#[derive(Debug)]
pub struct Report<'a> {
    /// The request id.
    pub request_id: &'a str,
    /// From the event's start to the runtime's readiness for the next.
    pub duration: Duration,
    /// The process's start and the function's load, of the first invocation only.
    pub init: Option<Duration>,
    /// The function's memory size, in MB.
    pub memory_mb: u32,
    /// The most memory that the process had at once, in bytes.
    pub peak_bytes: Option<u64>,
    /// What the platform ended it for.
    pub status: Option<Status>,
}

/// Why the platform ended an invocation, or an init.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// For an error of this type.
    Error(String),
    /// For its time limit.
    Timeout,
}

impl Status {
    /// What a report says of a failed invocation: nothing of an error that the function reported.
    pub fn of_invocation(failure: &Failure) -> Option<Self> {
        match &failure.kind {
            Kind::Reported(_) | Kind::FrontEnd(_) => None,
            Kind::Platform(error_type) => Some(Self::Error(error_type.clone())),
            Kind::Timeout => Some(Self::Timeout),
        }
    }

    /// What a report says of a failed init.
    pub fn of_init(failure: &Failure) -> Self {
        match &failure.kind {
            Kind::Reported(error_type)
            | Kind::Platform(error_type)
            | Kind::FrontEnd(error_type) => Self::Error(error_type.clone()),
            Kind::Timeout => Self::Timeout,
        }
    }
}

impl Display for Status {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error_type) => write!(f, "Status: error\tError Type: {error_type}"),
            Self::Timeout => f.write_str("Status: timeout"),
        }
    }
}

impl Display for Report<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // An OS-only runtime's init is billed with its first invocation.
        let billed = self.duration + self.init.unwrap_or_default();
        write!(
            f,
            "REPORT RequestId: {}\tDuration: {} ms\tBilled Duration: {} ms\tMemory Size: {} MB",
            self.request_id,
            milliseconds(self.duration),
            (billed.as_secs_f64() * 1000.0).ceil(),
            self.memory_mb,
        )?;
        if let Some(bytes) = self.peak_bytes {
            write!(f, "\tMax Memory Used: {} MB", bytes.div_ceil(1 << 20))?;
        }
        if let Some(init) = self.init {
            write!(f, "\tInit Duration: {} ms", milliseconds(init))?;
        }
        match &self.status {
            Some(status) => write!(f, "\t{status}"),
            None => Ok(()),
        }
    }
}

/// A failed init: the `INIT_REPORT` line, or the `RESTORE_REPORT` line.
#[derive(Debug)]
pub struct InitReport {
    /// Whether it failed after the restore from a snapshot.
    pub restore: bool,
    /// How long it took.
    pub duration: Duration,
    /// Why it failed.
    pub status: Status,
}

impl Display for InitReport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let duration = milliseconds(self.duration);
        match self.restore {
            true => write!(f, "RESTORE_REPORT Restore Duration: {duration} ms")?,
            false => write!(f, "INIT_REPORT Init Duration: {duration} ms\tPhase: init")?,
        }
        write!(f, "\t{}", self.status)
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report<'a>() -> Report<'a> {
        Report {
            request_id: "7a",
            duration: Duration::from_micros(1234),
            init: Some(Duration::from_micros(980)),
            memory_mb: 128,
            peak_bytes: Some((3 << 20) + 1),
            status: None,
        }
    }

    #[test]
    fn a_report_reads_as_in_cloudwatch() {
        assert_eq!(
            report().to_string(),
            "REPORT RequestId: 7a\tDuration: 1.23 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 4 MB\tInit Duration: 0.98 ms"
        );
    }

    #[test]
    fn a_report_says_why_the_platform_ended_an_invocation() {
        let timeout = Report {
            init: None,
            peak_bytes: None,
            status: Some(Status::Timeout),
            ..report()
        };
        assert_eq!(
            timeout.to_string(),
            "REPORT RequestId: 7a\tDuration: 1.23 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tStatus: timeout"
        );
        let error = Status::Error("Runtime.ExitError".into());
        let line = |restore| {
            let duration = Duration::from_millis(12);
            let status = error.clone();
            InitReport {
                restore,
                duration,
                status,
            }
            .to_string()
        };
        assert_eq!(
            line(false),
            "INIT_REPORT Init Duration: 12.00 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError"
        );
        assert_eq!(
            line(true),
            "RESTORE_REPORT Restore Duration: 12.00 ms\tStatus: error\tError Type: Runtime.ExitError"
        );
    }
}
