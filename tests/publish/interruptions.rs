//! Runs that are ended before their end, and runs at the same time.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStderr, Command};
use std::sync::Arc;

use super::cloud::{Cloud, Fate, Gate, Seen};
use super::workplace::{Outcome, Workplace};

fn publishes(seen: &Seen) -> bool {
    seen.method == "POST" && seen.path.ends_with("/versions")
}

fn opens(seen: &Seen) -> bool {
    seen.method == "POST" && seen.path.ends_with("/policy")
}

fn signal(child: &Child, name: &str) {
    let script = format!("kill -{name} {}", child.id());
    let status = Command::new("sh")
        .args(["-c", &script])
        .status()
        .expect("a shell");
    assert!(status.success());
}

/// Reads stderr until a line has that beginning.
fn says(stderr: &mut BufReader<ChildStderr>, beginning: &str) {
    let mut said = String::new();
    loop {
        let start = said.len();
        assert!(
            stderr.read_line(&mut said).expect("text") > 0,
            "ended: {said}"
        );
        if said[start..].starts_with(beginning) {
            return;
        }
    }
}

#[test]
fn a_run_killed_between_version_and_permission_is_healed_by_the_next() {
    let gate = Arc::new(Gate::default());
    let place = Workplace::with("one");
    let at = Arc::clone(&gate);
    let first = std::sync::atomic::AtomicBool::new(true);
    let cloud = Cloud::where_calls(move |seen| {
        let once = opens(seen) && first.swap(false, std::sync::atomic::Ordering::Relaxed);
        if once {
            Fate::Lose(Arc::clone(&at))
        } else {
            Fate::Pass
        }
    });
    let arguments = ["--regions", "eu-west-1", "--yes"];
    let mut run = place
        .command(&cloud, &arguments)
        .spawn()
        .expect("the built binary");
    gate.reached_by(1);
    run.kill().expect("it runs");
    run.wait().expect("a child of ours");
    assert_eq!(place.recorded("eu-west-1"), None);

    // The command that the first has left behind still holds the lock.
    let mut next = place
        .command(&cloud, &arguments)
        .spawn()
        .expect("the built binary");
    let mut stderr = BufReader::new(next.stderr.take().expect("it is a pipe"));
    says(&mut stderr, "waiting for another publish");
    gate.open();
    let mut said = String::new();
    stderr.read_to_string(&mut said).expect("text");
    assert!(next.wait().expect("a child of ours").success(), "{said}");
    assert!(said.contains("unchanged, its permission set"), "{said}");
    assert_eq!(cloud.published(), ["eu-west-1/lua-54-x86_64"]);
    assert!(place.recorded("eu-west-1").is_some());
}

#[test]
fn a_run_that_is_asked_to_end_finishes_what_it_began_and_the_next_goes_on() {
    let regions = "eu-west-1,us-east-1";
    let gate = Arc::new(Gate::default());
    let place = Workplace::with("one");
    let at = Arc::clone(&gate);
    let cloud = Cloud::where_calls(move |seen| match publishes(seen) {
        true => Fate::Hold(Arc::clone(&at)),
        false => Fate::Pass,
    });
    let arguments = ["--regions", regions, "--yes", "--jobs", "1"];
    let mut run = place
        .command(&cloud, &arguments)
        .spawn()
        .expect("the built binary");
    gate.reached_by(1);
    signal(&run, "TERM");
    let mut stderr = BufReader::new(run.stderr.take().expect("it is a pipe"));
    says(&mut stderr, "interrupted; waiting for what is under way");
    gate.open();
    let mut said = String::new();
    stderr.read_to_string(&mut said).expect("text");
    let outcome = Outcome::of(run.wait_with_output().expect("a child of ours"));
    assert_eq!(outcome.code, Some(128 + 15), "{said}");
    assert!(said.contains("stopped with 1 layer left"), "{said}");
    assert_eq!(outcome.stdout.lines().count(), 1);
    assert_eq!(cloud.published().len(), 1);
    let recorded = regions
        .split(',')
        .filter(|region| place.recorded(region).is_some());
    assert_eq!(recorded.count(), 1);

    let outcome = place.publish(&cloud, &arguments);
    assert!(
        outcome.stderr.contains("1 published; 1 unchanged"),
        "{}",
        outcome.stderr
    );
    assert_eq!(outcome.succeeds().lines().count(), 2);
    let mut published = cloud.published();
    published.dedup();
    assert_eq!(published.len(), 2);
}

#[test]
fn a_run_whose_reader_goes_away_publishes_and_records_all_the_same() {
    let gate = Arc::new(Gate::default());
    let place = Workplace::with("one");
    let at = Arc::clone(&gate);
    let cloud = Cloud::where_calls(move |seen| match publishes(seen) {
        true => Fate::Hold(Arc::clone(&at)),
        false => Fate::Pass,
    });
    let mut command = place.command(&cloud, &["--regions", "eu-west-1", "--yes"]);
    let mut run = command.spawn().expect("the built binary");
    gate.reached_by(1);
    // As by `2>&1 | head -1`.
    drop((run.stdout.take(), run.stderr.take()));
    gate.open();
    let status = run.wait().expect("a child of ours");
    assert_eq!(status.code(), Some(1), "the ARNs could not be printed");
    assert_eq!(cloud.published(), ["eu-west-1/lua-54-x86_64"]);
    assert!(place.recorded("eu-west-1").is_some());
}

#[test]
fn two_runs_at_once_publish_once() {
    let gate = Arc::new(Gate::default());
    let place = Workplace::with("one");
    let at = Arc::clone(&gate);
    let cloud = Cloud::where_calls(move |seen| match publishes(seen) {
        true => Fate::Hold(Arc::clone(&at)),
        false => Fate::Pass,
    });
    let run = |region| {
        let mut command = place.command(&cloud, &["--regions", region, "--yes"]);
        command.spawn().expect("the built binary")
    };
    let first = run("eu-west-1");
    gate.reached_by(1);
    let mut second = run("eu-west-1,eu-north-1");
    let mut stderr = BufReader::new(second.stderr.take().expect("it is a pipe"));
    says(&mut stderr, "waiting for another publish");
    gate.open();
    let mut said = String::new();
    stderr.read_to_string(&mut said).expect("text");
    Outcome::of(first.wait_with_output().expect("a child of ours")).succeeds();
    assert!(second.wait().expect("a child of ours").success(), "{said}");
    let expected = ["eu-north-1", "eu-west-1"].map(|r| format!("{r}/lua-54-x86_64"));
    assert_eq!(cloud.published(), expected);
    for region in ["eu-west-1", "eu-north-1"] {
        assert!(place.recorded(region).is_some(), "{region}");
    }
}
