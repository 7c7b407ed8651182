//! A sandbox's process, with every process it starts: they share a group, and its end.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::logs::{Logs, Pump, Source};
use super::{Function, environment};

/// A running bootstrap. Dropping it kills it.
pub struct Process {
    child: Child,
    /// The group, which has the id of the process that leads it.
    group: Pid,
    ended: bool,
    pumps: [Pump; 2],
    peak_bytes: Option<u64>,
}

impl Process {
    /// Starts a program as the bootstrap.
    ///
    /// # Errors
    /// When the system starts no process, as with variables that are too large.
    pub fn start(
        program: &Path,
        function: &Function,
        api: SocketAddr,
        logs: &Logs,
    ) -> anyhow::Result<Self> {
        let (stdout, stdout_end) = io::pipe()?;
        let (stderr, stderr_end) = io::pipe()?;
        let child = Command::new(program)
            .arg0("bootstrap")
            .current_dir(function.root())
            .env_clear()
            .envs(environment::of(function, api))
            .stdin(Stdio::null())
            .stdout(stdout_end)
            .stderr(stderr_end)
            // A group of its own, to be killed with all it started and to be spared the
            // terminal's Ctrl-C, which this program answers.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start the bootstrap ({})", program.display()))?;
        let id = child.id().context("the bootstrap ended before it began")?;
        Ok(Self {
            child,
            group: Pid::from_raw(id.try_into().context("a process id is positive")?),
            ended: false,
            pumps: [
                logs.pump(stdout, Source::Stdout)?,
                logs.pump(stderr, Source::Stderr)?,
            ],
            peak_bytes: None,
        })
    }

    /// Waits for its end, and ends what it started.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await?;
        self.kill();
        self.ended = true;
        Ok(status)
    }

    /// Whether its end was seen.
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Ends it and waits until it is gone: with a SIGTERM to all its group and this long to go
    /// by itself, and then a SIGKILL, at which it goes unless the system itself is stuck.
    pub async fn end(&mut self, grace: Duration) {
        if !grace.is_zero() && !self.ended {
            self.sample_memory();
            let _ = killpg(self.group, Signal::SIGTERM);
            let _ = timeout(grace, self.child.wait()).await;
        }
        self.kill();
        let _ = timeout(Duration::from_secs(1), self.ended()).await;
    }

    /// Kills it, without a warning, as the service does.
    fn kill(&mut self) {
        self.sample_memory();
        if !self.ended {
            // Fails only where every process of the group has gone.
            let _ = killpg(self.group, Signal::SIGKILL);
        }
    }

    /// Waits until all that it wrote so far is in the logs.
    pub async fn flush_logs(&self) {
        for pump in &self.pumps {
            pump.flush().await;
        }
    }

    /// Notes the most memory that it has had so far. It has to be running: the count is gone with
    /// it, and the one that `wait4` gives is this program's own where that was larger at the start.
    pub fn sample_memory(&mut self) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.group));
        if let Some(bytes) = status.ok().as_deref().and_then(peak_bytes) {
            self.peak_bytes = Some(bytes);
        }
    }

    /// The most memory that it had at once when last looked at, in bytes. Unknown where there is
    /// no Linux.
    pub fn peak_bytes(&self) -> Option<u64> {
        self.peak_bytes
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The high-water mark in a `/proc/PID/status`.
fn peak_bytes(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_proc() {
        assert_eq!(
            peak_bytes("Name:\tx\nVmHWM:\t    1234 kB\nVmRSS:\t 9 kB\n"),
            Some(1_263_616)
        );
        assert_eq!(peak_bytes("Name:\tx\nState:\tZ (zombie)\n"), None);
    }
}
