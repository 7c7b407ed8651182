//! The command line.

use std::path::{self, PathBuf};

use anyhow::{Result, bail};

use crate::measure::Effort;

/// What is to be measured, and how long.
pub struct Options {
    /// Some of [`PARTS`], in the order in which they run.
    pub parts: Vec<String>,
    /// Which runtimes.
    pub peers: Filter,
    /// Which events are echoed.
    pub events: Filter,
    /// Another build of ours than the release.
    pub bootstrap: Option<PathBuf>,
    /// How often each thing is done.
    pub effort: Effort,
}

/// Parts of names; none keeps every name.
#[derive(Default)]
pub struct Filter(Vec<String>);

impl Filter {
    /// Whether the name holds one of the parts.
    pub fn keeps(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|part| name.contains(part.as_str()))
    }
}

impl Options {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// What it does not know, with what it knows.
    pub fn parse(arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            parts: Vec::new(),
            peers: Filter::default(),
            events: Filter::default(),
            bootstrap: None,
            effort: Effort::FULL,
        };
        let names = |list: &str| Filter(list.split(',').map(str::to_owned).collect());
        for argument in arguments {
            match argument.split_once('=').unwrap_or((&argument, "")) {
                ("--quick", "") => options.effort = Effort::QUICK,
                ("--peers", list) => options.peers = names(list),
                ("--events", list) => options.events = names(list),
                ("--bootstrap", file) => options.bootstrap = Some(path::absolute(file)?),
                (part, "") if PARTS.contains(&part) => options.parts.push(argument),
                _ => bail!("unknown argument {argument}; usage: {USAGE}"),
            }
        }
        if options.parts.is_empty() {
            options.parts = PARTS.map(str::to_owned).to_vec();
        }
        Ok(options)
    }
}

/// The measurements, in the order in which they run.
const PARTS: [&str; 6] = ["start", "echo", "soak", "concurrent", "router", "size"];

const USAGE: &str = "run [start] [echo] [soak] [concurrent] [router] [size] [--quick] \
                     [--peers=NAME,…] [--events=NAME,…] [--bootstrap=FILE]";
