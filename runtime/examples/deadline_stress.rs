//! Interrupts Lua code at 100,000 random moments and says what that came to; then what arming costs
//! and how soon an interruption comes.
//!
//! `cargo run --release -p moonlayer --example deadline_stress [COUNT]`

use std::time::{Duration, Instant};

use moonlayer::coroutine;
use moonlayer::deadline::Allowance;
use moonlayer::memory::resident_bytes;

#[path = "../../tests/support/stress.rs"]
mod stress;

use stress::Bench;

fn main() {
    let count = std::env::args().nth(1);
    let count = count.map_or(100_000, |count| count.parse().expect("a count of runs"));
    let bench = Bench::new();
    let resident_before = resident_bytes();
    let figures = bench.interrupt_at_random(count, SEED);
    println!("{figures:#?}");
    println!(
        "resident: {} KB before, {} KB after",
        resident_before / 1024,
        resident_bytes() / 1024
    );
    arming(&bench);
    latency(&bench);
    fib(&bench);
}

/// What an invocation pays for a deadline that does not pass.
fn arming(bench: &Bench) {
    const ROUNDS: u32 = 100;
    let deadline = &bench.state.deadline;
    let round = || {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            let allowance = Allowance::until(Some(4_102_444_800_000), None);
            deadline.arm(allowance, &bench.log);
            assert_eq!(deadline.disarm(&bench.state.lua), None);
        }
        start.elapsed() / ROUNDS
    };
    let mut times: Vec<Duration> = (0..1_000).map(|_| round()).collect();
    times.sort();
    println!(
        "arm and disarm: {:?} at best, median {:?}",
        times[0], times[500]
    );
}

/// From the moment of interruption to the end of the handler.
fn latency(bench: &Bench) {
    const ROUNDS: usize = 2_000;
    let busy = bench.function("return function() while true do pcall(error) end end");
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let allowance = Allowance::of(Duration::from_micros(500));
            bench.state.deadline.arm(Some(allowance), &bench.log);
            let _ = coroutine::call(&bench.state.lua, &busy, ());
            let late = allowance.interrupt_at.elapsed();
            assert!(bench.state.deadline.disarm(&bench.state.lua).is_some());
            late
        })
        .collect();
    times.sort();
    println!(
        "interrupted after: median {:?}, 99th percentile {:?}, longest {:?}",
        times[ROUNDS / 2],
        times[ROUNDS * 99 / 100],
        times[ROUNDS - 1]
    );
}

/// Pure computation with a deadline and without, in turn.
fn fib(bench: &Bench) {
    let source = "local function fib(n) if n < 2 then return n end return fib(n-1) + fib(n-2) end \
                  return function() return fib(30) end";
    let fib = bench.function(source);
    let run = |allowance| {
        bench.state.deadline.arm(allowance, &bench.log);
        let start = Instant::now();
        let (answer, _) = coroutine::call(&bench.state.lua, &fib, ()).expect("an answer");
        let took = start.elapsed();
        assert_eq!(answer.as_i64(), Some(832_040));
        assert_eq!(bench.state.deadline.disarm(&bench.state.lua), None);
        took
    };
    let (mut with, mut without) = (Duration::MAX, Duration::MAX);
    for _ in 0..15 {
        with = with.min(run(Some(Allowance::of(Duration::from_secs(600)))));
        without = without.min(run(None));
    }
    println!("fib(30), the best of 15: {with:?} with a deadline, {without:?} without");
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;
