//! What the kernel knows of a process: processor time and memory.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::time::clock_getcpuclockid;
use nix::unistd::{Pid, SysconfVar, sysconf};

/// User and system time of a process with all its threads, to the nanosecond, and that of the
/// children it has waited for, to the tick (10 ms).
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let own = clock_getcpuclockid(Pid::from_raw(pid.cast_signed()))?.now()?;
    let fields = stat(pid)?;
    let ticks: u64 = fields[CHILD_USER].parse::<u64>()? + fields[CHILD_SYSTEM].parse::<u64>()?;
    let per_second = sysconf(SysconfVar::CLK_TCK)?
        .context("no clock tick")?
        .cast_unsigned();
    Ok(Duration::from(own) + Duration::from_secs(ticks) / u32::try_from(per_second)?)
}

/// Memory in bytes, by the kernel's exact count (`smaps_rollup`; `VmRSS` is its estimate).
#[derive(Clone, Copy, Default)]
pub struct Memory {
    /// Resident pages, shared ones included.
    pub rss_bytes: u64,
    /// Resident pages of this process alone.
    pub private_bytes: u64,
}

impl Memory {
    /// The sum over a process group.
    pub fn of_group(group: u32) -> Result<Self> {
        let mut sum = Self::default();
        for entry in fs::read_dir("/proc")? {
            let Some(pid) = entry?
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            // A process that ends meanwhile is none of ours: ours rest.
            if stat(pid).is_ok_and(|fields| fields[GROUP] == group.to_string()) {
                sum.add(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?)?;
            }
        }
        Ok(sum)
    }

    fn add(&mut self, rollup: &str) -> Result<()> {
        for line in rollup.lines() {
            let mut words = line.split_whitespace();
            let field = match words.next() {
                Some("Rss:") => &mut self.rss_bytes,
                Some("Private_Clean:" | "Private_Dirty:") => &mut self.private_bytes,
                _ => continue,
            };
            *field += 1_024 * words.next().context("smaps_rollup")?.parse::<u64>()?;
        }
        Ok(())
    }
}

/// The fields of `/proc/PID/stat` after the command's name, which may hold spaces.
fn stat(pid: u32) -> Result<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = text.rsplit_once(')').context("stat without a name")?;
    Ok(fields.split_whitespace().map(str::to_owned).collect())
}

// Places in `stat`'s list; proc(5) counts from 1 and two fields earlier.
const GROUP: usize = 5 - 3;
const CHILD_USER: usize = 16 - 3;
const CHILD_SYSTEM: usize = 17 - 3;
