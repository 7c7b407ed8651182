//! Many events in one process: what each loop costs in memory, and what several give in time.
//!
//! Ours alone: of the others only some take several events, each in another way.

use anyhow::Result;

use crate::event::Event;
use crate::measure::{Effort, megabytes, millis};
use crate::mock::Prepared;
use crate::peer::{OURS, Peer};
use crate::table::Table;

/// Memory of processes with one loop to many, then the time of an event, in turns.
pub fn measure(peers: &[Peer], effort: &Effort, table: &mut Table) -> Result<()> {
    let Some(peer) = peers.iter().find(|peer| peer.name == OURS) else {
        return Ok(());
    };
    let event = Prepared::new(Event::fibonacci());
    for loops in MEMORY {
        let mut process = peer.start_loops(HANDLER, None, loops)?;
        process.rest()?;
        // Offered all at once, so that each loop takes some.
        process.serve(&event, 8 * loops)?;
        let rss_bytes = process.memory()?.rss_bytes;
        table.add(&rss(loops), "MB", OURS, megabytes(rss_bytes));
    }
    let mut running = Vec::new();
    for loops in TIME {
        let mut process = peer.start_loops(HANDLER, None, loops)?;
        process.rest()?;
        process.serve(&event, effort.computed)?;
        running.push((loops, process));
    }
    // Short rounds and many: the quietest counts, and both cores must be quiet in it.
    for _ in 0..4 * effort.rounds {
        for (loops, process) in &mut running {
            let time = process.serve(&event, effort.computed)?;
            let each = millis(time) / effort.computed as f64;
            table.add(&wall(*loops), "ms", OURS, each);
        }
    }
    Ok(())
}

/// The time of an event with several loops, to that with one, and what is wanted on two cores:
/// 1.8 times as many events, or more.
pub fn ratios() -> [(String, String, f64); 1] {
    [(wall(4), wall(1), 1.0 / 1.8)]
}

/// What one loop more costs, by the difference between few and many.
pub fn kilobytes_per_loop(table: &Table) -> Option<f64> {
    let (few, many) = (MEMORY[1], MEMORY[MEMORY.len() - 1]);
    let megabytes = table.minimum(&rss(many), OURS)? - table.minimum(&rss(few), OURS)?;
    Some(1e3 * megabytes / (many - few) as f64)
}

fn rss(loops: usize) -> String {
    format!("rss after fib(25) in {}", shown(loops))
}

fn wall(loops: usize) -> String {
    format!("an event of fib(25), {}", shown(loops))
}

fn shown(loops: usize) -> String {
    match loops {
        1 => "1 loop".to_owned(),
        loops => format!("{loops} loops"),
    }
}

const HANDLER: &str = "fib.handler";
/// One is the classic form, two the first of the other.
const MEMORY: [usize; 4] = [1, 2, 9, 33];
const TIME: [usize; 3] = [1, 2, 4];
