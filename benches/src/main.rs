//! Measures the bootstrap against other Lambda runtimes in one interleaved run and prints a table.
//!
//! `run`, beside the manifest, builds and installs what this program needs and then starts it.
//! A wrong answer of any peer ends the run with status 1; it never becomes a time.

mod concurrent;
mod event;
mod http;
mod measure;
mod mock;
mod options;
mod peer;
mod process;
mod routing;
mod table;
mod target;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, ensure};

use options::Options;
use peer::Peer;
use table::Table;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let benches = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = benches.parent().unwrap_or(benches);
    let bootstrap = options
        .bootstrap
        .unwrap_or_else(|| project.join("target/release/bootstrap"));
    let mut peers = Peer::all(benches, &bootstrap)?;
    peers.retain(|peer| options.peers.keeps(peer.name));
    ensure!(
        !peers.is_empty(),
        "--peers names no peer; their names stand in the table"
    );
    peers.iter().try_for_each(Peer::ensure_built)?;

    let mut table = Table::default();
    for part in &options.parts {
        let began = Instant::now();
        match part.as_str() {
            "start" => measure::start(&peers, &options.effort, &mut table)?,
            "echo" => {
                let mut events = measure::echoed(&options.effort)?;
                events.retain(|(event, ..)| options.events.keeps(event.name()));
                measure::echo(&peers, &events, &options.effort, &mut table)?;
            }
            "soak" => measure::soak(&peers, &options.effort, &mut table)?,
            "concurrent" => concurrent::measure(&peers, &options.effort, &mut table)?,
            "router" => routing::measure(&peers, &options.effort, &mut table)?,
            "size" => {
                let layer = project.join("target/layer").join(LAYER_ZIP);
                measure::size(&peers, &layer, &mut table)?;
            }
            other => unreachable!("{other} is no part, which parsing has ruled out"),
        }
        eprintln!("{part}: {:.0} s", began.elapsed().as_secs_f64());
    }
    println!("{}", table.render());
    print!("{}", target::verdicts(&table, &options.effort));
    Ok(())
}

/// What `moonlayer layer build` writes for this machine, in AWS's words for the architecture.
const LAYER_ZIP: &str = if cfg!(target_arch = "aarch64") {
    "lua-54-arm64.zip"
} else {
    "lua-54-x86_64.zip"
};
