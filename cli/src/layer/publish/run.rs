//! All regions and layers, some at a time, to the end or to an interruption.

use std::cell::Cell;
use std::future::ready;
use std::process::ExitCode;

use anyhow::Context;
use futures_util::stream::{self, StreamExt};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::access::Access;
use super::account::Chosen;
use super::report::{Report, count};
use super::target::{State, Target};
use super::zips::Zip;
use crate::layer::aws::Aws;
use crate::layer::output::{print, tell};
use crate::layer::versions::VersionsFile;

/// What is to be where.
#[derive(Debug)]
pub struct Run<'a> {
    /// How to call.
    pub aws: &'a Aws,
    /// The layers.
    pub zips: &'a [Zip],
    /// Whom they are to be open to.
    pub access: &'a Access,
    /// The regions.
    pub chosen: &'a Chosen,
    /// How many of them are worked on at a time.
    pub jobs: usize,
}

impl Run<'_> {
    /// Says what would be done, and does nothing.
    pub async fn plan(&self) -> anyhow::Result<ExitCode> {
        let mut report = Report::new(self.chosen);
        let states = stream::iter(self.targets()).map(async |target| {
            let state = target.state().await;
            (target, state)
        });
        let mut states = states.buffered(self.jobs);
        while let Some((target, state)) = states.next().await {
            match state {
                Ok(state) => {
                    let plan = target.plan(&state);
                    print(format_args!(
                        "{} {}: {plan}",
                        target.region, target.zip.name
                    ))?;
                    report.planned(matches!(state, State::Behind(_)));
                }
                Err(failure) => report.failed(target.region, target.zip.name, failure),
            }
        }
        let status = report.finish();
        tell("nothing was changed: this was a dry run; add --yes to do it");
        status
    }

    /// Publishes; what is done is recorded in `file` at once.
    pub async fn publish(&self, file: &VersionsFile) -> anyhow::Result<ExitCode> {
        let mut interruptions = Interruptions::new()?;
        let stop: Cell<Option<u8>> = Cell::new(None);
        let mut report = Report::new(self.chosen);
        let starting = stream::iter(self.targets()).take_while(|_| ready(stop.get().is_none()));
        let publishing = starting.map(async |target| {
            let done = target.publish().await;
            (target, done)
        });
        let mut publishing = publishing.buffer_unordered(self.jobs);
        loop {
            let (target, done) = tokio::select! {
                status = interruptions.next() => {
                    if stop.replace(Some(status)).is_some() {
                        break;
                    }
                    tell("interrupted; waiting for what is under way (once more ends it at once)");
                    continue;
                }
                next = publishing.next() => match next {
                    Some(next) => next,
                    None => break,
                },
            };
            let (region, name) = (target.region, target.zip.name);
            match done {
                Ok(done) => {
                    let (what, version) = (done.what, done.arn.version);
                    tell(format_args!("{region} {name}: {what}, version {version}"));
                    if let Some(note) = &done.note {
                        tell(format_args!("{region} {name}: {note}"));
                    }
                    if let Err(error) = file.record(&done.arn, target.zip.sha256()) {
                        // Nothing is lost, since the next run finds the version; but what this
                        // one is for cannot be had.
                        stop.set(Some(1));
                        report.not_recorded(region, name, &error);
                    }
                    report.done(done);
                }
                Err(failure) => report.failed(region, name, failure),
            }
        }
        let total = self.zips.len() * self.chosen.regions.len();
        let left = total - report.settled();
        let status = report.finish();
        match stop.get() {
            None => status,
            Some(code) => {
                tell(format_args!(
                    "stopped with {} left; run the same command again, it goes on from here",
                    count(left, "layer")
                ));
                status.map(|_| code.into())
            }
        }
    }

    fn targets(&self) -> impl Iterator<Item = Target<'_>> {
        self.chosen.regions.iter().flat_map(move |region| {
            let Self { aws, access, .. } = *self;
            self.zips.iter().map(move |zip| Target {
                aws,
                region,
                zip,
                access,
            })
        })
    }
}

/// The signals by which people and machines end a program.
struct Interruptions {
    hangup: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Interruptions {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            hangup: listen(SignalKind::hangup())?,
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits for the next, and gives the exit status that stands for it.
    async fn next(&mut self) -> u8 {
        let kind = tokio::select! {
            _ = self.hangup.recv() => SignalKind::hangup(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
        };
        128 + u8::try_from(kind.as_raw_value()).expect("the three have small numbers")
    }
}
