//! The measurements. Each goes round-robin over the peers inside every round, so that a noisy
//! minute of the machine falls on all of them.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::DeflateEncoder;

use crate::event::Event;
use crate::mock::Prepared;
use crate::peer::{OURS, Peer, RUST, Running};
use crate::table::Table;

/// How often each thing is done.
pub struct Effort {
    /// Starts of a native peer.
    pub starts: usize,
    /// Rounds over the peers for each event.
    pub rounds: usize,
    /// Invocations of the small event in one round.
    pub small: usize,
    /// Those of an event of 1 MB.
    pub large: usize,
    /// Those of an event of 5.5 MB.
    pub largest: usize,
    /// Echoes in one process, at which its memory is taken.
    pub soak: &'static [usize],
    /// Events that are computed in one round, by one loop or by several.
    pub computed: usize,
}

impl Effort {
    /// What the documented figures were made with; about three minutes.
    pub const FULL: Self = Self {
        starts: 150,
        rounds: 10,
        small: 2_000,
        large: 10,
        largest: 4,
        soak: &[1_000, 10_000, 50_000, 100_000],
        computed: 100,
    };
    /// Under a minute: enough to see a change of a tenth.
    pub const QUICK: Self = Self {
        starts: 24,
        rounds: 3,
        small: 500,
        large: 5,
        largest: 2,
        soak: &[1_000, 5_000, 10_000],
        computed: 60,
    };
}

/// The names under which the figures that have a target stand in the table.
pub mod name {
    /// From exec until the first response is read.
    pub const FIRST_RESPONSE: &str = "exec to first response";
    /// Resident memory in the first `/next`.
    pub const REST: &str = "rss at rest";
    /// The deflated binary.
    pub const DEFLATED: &str = "binary, deflated";
    /// The layer's zip as `moonlayer layer build` writes it.
    pub const LAYER: &str = "layer zip";

    /// Wall time of one echo.
    pub fn wall(event: &str) -> String {
        format!("echo {event}")
    }

    /// Processor time of one echo.
    pub fn cpu(event: &str) -> String {
        format!("cpu of echo {event}")
    }

    /// Resident memory after so many echoes in one process.
    pub fn soak(count: usize) -> String {
        format!("rss after {count} echoes, api 1.4 KB")
    }
}

/// Exec to first `/next` and to first response, for hello: a fresh process each time.
pub fn start(peers: &[Peer], effort: &Effort, table: &mut Table) -> Result<()> {
    let hello = Prepared::new(Event::hello());
    for round in 0..effort.starts {
        for peer in peers.iter().filter(|peer| round % peer.slowness == 0) {
            let mut running = peer.start("hello.handler", Some(&hello))?;
            let (next, response) = running.first_response()?;
            // The first round reads the programs from disk.
            if round > 0 || effort.starts <= peer.slowness {
                table.add("exec to first /next", "ms", peer.name, millis(next));
                table.add(name::FIRST_RESPONSE, "ms", peer.name, millis(response));
            }
        }
    }
    Ok(())
}

/// An event to echo, how often in a round, and the unit of its times.
pub type Echoed = (Arc<Prepared>, usize, &'static str);

/// The events to echo.
pub fn echoed(effort: &Effort) -> Result<Vec<Echoed>> {
    Ok([
        (Event::api_gateway()?, effort.small, "us"),
        (
            Event::records("records 1 MB", 1_000_000)?,
            effort.large,
            "ms",
        ),
        (Event::base64("base64 1 MB", 1_000_000)?, effort.large, "ms"),
        (
            Event::records("records 5.5 MB", 5_500_000)?,
            effort.largest,
            "ms",
        ),
        (
            Event::base64("base64 5.5 MB", 5_500_000)?,
            effort.largest,
            "ms",
        ),
    ]
    .map(|(event, count, unit)| (Prepared::new(event), count, unit))
    .into())
}

/// Echoes of each event, wall and processor time, and memory before, between and after; one
/// process per peer, which the others' rounds find waiting in `/next`.
pub fn echo(peers: &[Peer], events: &[Echoed], effort: &Effort, table: &mut Table) -> Result<()> {
    let small = Prepared::new(Event::api_gateway()?);
    let mut running = Vec::new();
    for peer in peers {
        running.push(peer.start("echo.handler", None)?);
    }
    for process in &mut running {
        process.rest()?;
        memory(process, name::REST, table)?;
        let count = (1_000 / process.peer.echo_slowness).max(10);
        process.echo(&small, count)?;
    }
    for (event, count, unit) in events {
        // One unmeasured: buffers grow to the event's size once in a process's life.
        for process in &mut running {
            process.echo(event, 1)?;
        }
        for _ in 0..effort.rounds {
            for process in &mut running {
                // Only with small events do peers differ so much that a run could not bear it.
                let divisor = if event.is_small() {
                    process.peer.echo_slowness
                } else {
                    1
                };
                echo_round(process, event, count / divisor, unit, table)?;
            }
        }
    }
    for process in &running {
        memory(process, "rss after all echoes", table)?;
    }
    Ok(())
}

/// Memory over many echoes in one process: whether it stays flat.
pub fn soak(peers: &[Peer], effort: &Effort, table: &mut Table) -> Result<()> {
    let small = Prepared::new(Event::api_gateway()?);
    for peer in peers
        .iter()
        .filter(|peer| [OURS, RUST].contains(&peer.name))
    {
        let mut process = peer.start("echo.handler", None)?;
        process.rest()?;
        let mut done = 0;
        for &count in effort.soak {
            process.echo(&small, count - done)?;
            done = count;
            memory(&process, &name::soak(count), table)?;
        }
    }
    Ok(())
}

/// Binaries, plain and deflated, and the layer's zip when it has been built.
pub fn size(peers: &[Peer], layer: &Path, table: &mut Table) -> Result<()> {
    for peer in peers {
        let Some(binary) = &peer.binary else { continue };
        let bytes = fs::read(binary).with_context(|| format!("{}", binary.display()))?;
        let mut deflated = DeflateEncoder::new(Vec::new(), Compression::best());
        deflated.write_all(&bytes)?;
        table.add("binary", "MB", peer.name, megabytes(bytes.len() as u64));
        table.add(
            name::DEFLATED,
            "MB",
            peer.name,
            megabytes(deflated.finish()?.len() as u64),
        );
    }
    if layer.exists() {
        table.add(
            name::LAYER,
            "MB",
            OURS,
            megabytes(fs::metadata(layer)?.len()),
        );
    }
    Ok(())
}

fn echo_round(
    process: &mut Running<'_>,
    event: &Arc<Prepared>,
    count: usize,
    unit: &'static str,
    table: &mut Table,
) -> Result<()> {
    let scale = if unit == "us" { 1e3 } else { 1.0 };
    let (times, cpu) = process.echo(event, count)?;
    for time in times {
        table.add(
            &name::wall(event.name()),
            unit,
            process.peer.name,
            scale * millis(time),
        );
    }
    let each = scale * millis(cpu) / count as f64;
    table.add(&name::cpu(event.name()), unit, process.peer.name, each);
    Ok(())
}

fn memory(process: &Running<'_>, measurement: &str, table: &mut Table) -> Result<()> {
    let memory = process.memory()?;
    let peer = process.peer.name;
    table.add(measurement, "MB", peer, megabytes(memory.rss_bytes));
    if measurement == name::REST {
        table.add(
            "private pages at rest",
            "MB",
            peer,
            megabytes(memory.private_bytes),
        );
    }
    Ok(())
}

/// The time in milliseconds.
pub fn millis(time: Duration) -> f64 {
    1e3 * time.as_secs_f64()
}

/// Millions of bytes.
pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
