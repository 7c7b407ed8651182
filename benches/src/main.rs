//! Measures the bootstrap against other Lambda runtimes in one interleaved run and prints a table.
//!
//! `run`, beside the manifest, builds and installs what this program needs and then starts it.
//! A wrong answer of any peer ends the run with status 1; it never becomes a time.

mod event;
mod http;
mod measure;
mod mock;
mod peer;
mod process;
mod table;
mod target;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail, ensure};

use measure::Effort;
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
    let mut peers = Peer::all(benches, &project.join("target/release/bootstrap"))?;
    if !options.peers.is_empty() {
        peers.retain(|peer| {
            options
                .peers
                .iter()
                .any(|name| peer.name.contains(name.as_str()))
        });
    }
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
            "echo" => measure::echo(&peers, &options.effort, &mut table)?,
            "soak" => measure::soak(&peers, &options.effort, &mut table)?,
            "size" => {
                let layer = project.join("target/layer").join(LAYER_ZIP);
                measure::size(&peers, &layer, &mut table)?;
            }
            other => bail!("unknown part {other:?}; the parts are {}", PARTS.join(", ")),
        }
        eprintln!("{part}: {:.0} s", began.elapsed().as_secs_f64());
    }
    println!("{}", table.render());
    print!("{}", target::verdicts(&table, &options.effort));
    Ok(())
}

/// The measurements, in the order in which they run.
const PARTS: [&str; 4] = ["start", "echo", "soak", "size"];

/// What `moonlayer layer build` writes for this machine, in AWS's words for the architecture.
const LAYER_ZIP: &str = if cfg!(target_arch = "aarch64") {
    "lua-54-arm64.zip"
} else {
    "lua-54-x86_64.zip"
};

struct Options {
    parts: Vec<String>,
    /// Parts of names; empty for all peers.
    peers: Vec<String>,
    effort: Effort,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            parts: Vec::new(),
            peers: Vec::new(),
            effort: Effort::FULL,
        };
        for argument in arguments {
            match argument.as_str() {
                "--quick" => options.effort = Effort::QUICK,
                flag if flag.starts_with("--peers=") => {
                    options.peers = flag["--peers=".len()..]
                        .split(',')
                        .map(str::to_owned)
                        .collect();
                }
                flag if flag.starts_with('-') => {
                    bail!("unknown option {flag}; usage: {USAGE}")
                }
                part => options.parts.push(part.to_owned()),
            }
        }
        if options.parts.is_empty() {
            options.parts = PARTS.map(str::to_owned).to_vec();
        }
        Ok(options)
    }
}

const USAGE: &str = "run [start] [echo] [soak] [size] [--quick] [--peers=NAME,…]";
