//! `Run`: a script that runs, seen from the process that answers for it.
//!
//! The script's output is read through a pipe, its log records through a socket, and both are passed
//! on to stdout. No record stands within a line of output, and each stands behind the output that
//! was written before it: the script waits until it does. Another pipe tells of what is no status.

use std::io::{self, PipeReader, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use crate::console::child::{self, Ends};
use crate::console::output::Output;
use crate::console::{Script, family};
use crate::deadline::Allowance;
use crate::error::ErrorReport;
use crate::sys;

/// A process that runs the script. Dropped, it is killed.
pub struct Run<'a> {
    script: &'a Script,
    /// None once it has ended.
    id: Option<libc::pid_t>,
    output: Option<PipeReader>,
    records: Option<UnixStream>,
    report: Option<PipeReader>,
    limit: Option<Limit>,
    seen: Seen,
}

/// What has come out of the script.
#[derive(Default)]
struct Seen {
    output: Output,
    /// Whether what was last passed on is a part of a line.
    in_line: bool,
    /// A record that has not come in whole: no line's end is in it.
    record: Vec<u8>,
    report: Vec<u8>,
    buffer: Vec<u8>,
}

/// When a script is killed that does not stop by itself.
struct Limit {
    at: Instant,
    had: Duration,
    passed: bool,
}

/// How a run ended.
pub struct Ended {
    /// As a shell gives it: that of a signal is 128 and its number.
    pub status: i32,
    /// What it wrote.
    pub output: Output,
    /// The failure that is no status.
    pub report: Option<ErrorReport>,
}

impl<'a> Run<'a> {
    /// Starts `script` with the words of `line` as its arguments.
    ///
    /// # Errors
    /// The system has no more processes or descriptors.
    pub fn start(
        script: &'a Script,
        line: &[u8],
        allowance: Option<Allowance>,
    ) -> io::Result<Self> {
        let begun = Instant::now();
        let (output, output_end) = io::pipe()?;
        let (records, records_end) = UnixStream::pair()?;
        let (report, report_end) = io::pipe()?;
        let parent = std::process::id();
        let Some(id) = sys::fork()? else {
            drop((output, records, report));
            child::run(
                script,
                line,
                allowance,
                Ends {
                    parent,
                    output: output_end,
                    records: records_end,
                    report: report_end,
                },
            )
        };
        let limit = allowance.map(|allowance| {
            // It stops by itself at the interruption, unless it is in native code. The half of what
            // is left then has to do for the answer.
            let margin = (begun + allowance.had).saturating_duration_since(allowance.interrupt_at);
            Limit {
                at: allowance.interrupt_at + margin / 2,
                had: allowance.had,
                passed: false,
            }
        });
        Ok(Self {
            script,
            id: Some(id),
            output: Some(output),
            records: Some(records),
            report: Some(report),
            limit,
            seen: Seen {
                buffer: vec![0; PIPE_BYTES],
                ..Seen::default()
            },
        })
    }

    /// Waits for the end, and passes on what is written until then.
    ///
    /// What the script left running may go on, but not write on: its pipe has no reader then.
    ///
    /// # Errors
    /// The system does not tell what became of the process.
    pub fn finish(mut self) -> Result<Ended, ErrorReport> {
        let ended = self.wait().map_err(|error| {
            let message = format!("lost sight of {}: {error}", self.script.path);
            ErrorReport::runtime("Runtime.ProcessError", message)
        })?;
        let told = child::told(&self.seen.report);
        let killed = self.limit.as_ref().filter(|limit| limit.passed);
        let report = told.or_else(|| killed.map(Limit::report));
        let status = match (ended.code(), ended.signal()) {
            (Some(code), _) => code,
            (None, signal) => {
                let signal = signal.unwrap_or_default();
                if report.is_none() {
                    // As a shell tells it: the script could not.
                    let told = format!("lua: {} was ended by {}\n", self.script.path, name(signal));
                    self.seen.end_line();
                    self.seen.pass_on(told.as_bytes());
                }
                128 + signal
            }
        };
        self.seen.end_line();
        let output = std::mem::take(&mut self.seen.output);
        Ok(Ended {
            status,
            output,
            report,
        })
    }

    fn wait(&mut self) -> io::Result<ExitStatus> {
        loop {
            // The end of this pipe is that of the process, unless it forked, or closed it.
            let time = if self.report.is_some() {
                LOOKS
            } else {
                Duration::from_millis(1)
            };
            self.read(self.time_left().map_or(time, |left| left.min(time)))?;
            self.heed_limit();
            let Some(id) = self.id else {
                return Err(io::ErrorKind::NotFound.into());
            };
            if let Some(status) = sys::ended(id)? {
                self.id = None;
                // No more than was in the pipes: what the script left running may write for ever.
                let mut most = MOST_PIPE_BYTES / PIPE_BYTES;
                while most > 0 && self.read(Duration::ZERO)? {
                    most -= 1;
                }
                return Ok(status);
            }
        }
    }

    fn time_left(&self) -> Option<Duration> {
        let limit = self.limit.as_ref().filter(|limit| !limit.passed)?;
        Some(limit.at.saturating_duration_since(Instant::now()))
    }

    fn heed_limit(&mut self) {
        if self.time_left() == Some(Duration::ZERO)
            && let (Some(limit), Some(id)) = (&mut self.limit, self.id)
        {
            limit.passed = true;
            family::kill(id);
        }
    }

    /// Reads what there is, after a wait for it of at most `time`. False when there was nothing.
    fn read(&mut self, time: Duration) -> io::Result<bool> {
        let descriptors = [fd(&self.output), fd(&self.records), fd(&self.report)];
        let [output, records, report] = sys::readable(descriptors, time)?;
        let seen = &mut self.seen;
        let mut read = false;
        if report {
            read |= take(&mut self.report, &mut seen.buffer, |bytes| {
                seen.report.extend_from_slice(bytes);
            });
        }
        let looked_at = seen.record.len();
        if records {
            read |= take(&mut self.records, &mut seen.buffer, |bytes| {
                seen.record.extend_from_slice(bytes);
            });
        }
        // What was written before a record is in the pipe by now, and one read takes all that a pipe
        // holds.
        let output = output || records && sys::readable([fd(&self.output)], Duration::ZERO)?[0];
        if output {
            let mut buffer = std::mem::take(&mut seen.buffer);
            read |= take(&mut self.output, &mut buffer, |bytes| seen.pass_on(bytes));
            seen.buffer = buffer;
        }
        let written = seen.pass_on_records(looked_at);
        if written > 0
            && let Some(mut records) = self.records.as_ref()
        {
            // A script that has ended meanwhile waits for nothing.
            let _ = records.write_all(&vec![0; written]);
        }
        Ok(read)
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            family::kill(id);
            while matches!(sys::ended(id), Ok(None)) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

impl Seen {
    /// Output goes to the log at once, as any function's does.
    fn pass_on(&mut self, bytes: &[u8]) {
        self.output.push(bytes);
        if let Some(last) = bytes.last() {
            self.in_line = *last != b'\n';
        }
        write(bytes);
    }

    /// Gives how many records are whole, and now in the log. Those have no end before `looked_at`.
    fn pass_on_records(&mut self, looked_at: usize) -> usize {
        let came = &self.record[looked_at..];
        let Some(end) = came.iter().rposition(|byte| *byte == b'\n') else {
            return 0;
        };
        let end = looked_at + end;
        self.end_line();
        write(&self.record[..=end]);
        let whole = self.record.drain(..=end);
        whole.filter(|byte| *byte == b'\n').count()
    }

    /// What is passed on next starts a line of the log.
    fn end_line(&mut self) {
        if std::mem::take(&mut self.in_line) {
            write(b"\n");
        }
    }
}

impl Limit {
    fn report(&self) -> ErrorReport {
        let message = format!(
            "timed out after {:.2} s in native code (a C function or a child process), which was \
             killed",
            self.had.as_secs_f64()
        );
        ErrorReport::runtime("Function.Timeout", message)
    }
}

/// Gives `put` what one read takes out of the pipe, and drops it at its end.
fn take(pipe: &mut Option<impl Read>, buffer: &mut [u8], put: impl FnOnce(&[u8])) -> bool {
    let read = match pipe {
        Some(open) => open.read(buffer),
        None => return false,
    };
    match read {
        Ok(0) => *pipe = None,
        Ok(length) => put(&buffer[..length]),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
        Err(_) => *pipe = None,
    }
    true
}

fn fd(open: &Option<impl AsFd>) -> Option<BorrowedFd<'_>> {
    open.as_ref().map(AsFd::as_fd)
}

fn write(bytes: &[u8]) {
    // Nowhere is left to tell that stdout is closed; the script itself is not to fail of it.
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}

fn name(signal: i32) -> String {
    let name = match signal {
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGILL => "SIGILL",
        libc::SIGKILL => "SIGKILL, which the system sends when memory runs out",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGTERM => "SIGTERM",
        _ => return format!("signal {signal}"),
    };
    format!("signal {signal} ({name})")
}

/// How often the process is looked at, whose end is told by its pipe in all but odd cases.
const LOOKS: Duration = Duration::from_millis(100);
/// What a pipe holds, unless somebody has asked for more.
const PIPE_BYTES: usize = 64 * 1024;
/// What it holds at most.
const MOST_PIPE_BYTES: usize = 1024 * 1024;
