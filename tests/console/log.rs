//! What goes to the function's log beside the output.

use serde_json::Value;

use crate::support::Event;
use crate::{failure, output, run, script};

#[test]
fn records_go_to_the_log_alone_in_their_place() {
    let run = run("local log = require('lambda.log')
        print('one')
        log.info('first', { n = 1 })
        io.write('two ')
        log.warn('second')
        print('three')");
    assert_eq!(output(&run), "one\ntwo three\n");
    let lines: Vec<_> = run.stdout().lines().collect();
    let ends = [
        "one",
        "\trequest-1\tINFO\tfirst n=1",
        "two ",
        "\trequest-1\tWARN\tsecond",
        "three",
    ];
    assert_eq!(lines.len(), ends.len(), "{lines:?}");
    for (line, end) in lines.iter().zip(ends) {
        assert!(line.ends_with(end), "{lines:?}");
    }
}

#[test]
fn a_long_record_is_in_one_piece_among_much_output() {
    let run = run("local log = require('lambda.log')
        local text = ('y'):rep(200000)
        for i = 1, 20 do
          io.write(('x'):rep(70000))
          log.info(text)
        end");
    assert_eq!(output(&run), "x".repeat(70_000 * 20));
    let records: Vec<_> = run
        .stdout()
        .lines()
        .filter(|line| line.contains('y'))
        .collect();
    assert_eq!(records.len(), 20);
    for record in records {
        assert!(record.ends_with(&format!("\tINFO\t{}", "y".repeat(200_000))));
        assert!(!record.contains('x'));
    }
}

#[test]
fn a_record_of_40_mb_is_looked_at_once() {
    // Looked at again with each piece that comes, it takes minutes.
    const BYTES: usize = 40_000_000;
    let run = run(&format!(
        "require('lambda.log').info(('y'):rep({BYTES}))\nprint('done')"
    ));
    assert_eq!(output(&run), "done\n");
    assert!(run.stdout().lines().any(|line| line.len() > BYTES));
}

#[test]
fn in_the_json_format_output_stays_plain_and_records_are_json() {
    let run = script("print('plain')\nrequire('lambda.log').error('told')")
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
        .invoke(Event::json("null"))
        .run();
    let lines: Vec<_> = run.stdout().lines().collect();
    assert_eq!(lines[0], "plain");
    let record: Value = serde_json::from_str(lines[1]).expect("JSON");
    assert_eq!(record["message"], "told");
    assert_eq!(record["requestId"], "request-1");
}

#[test]
fn a_failure_is_one_record_at_error_after_the_output() {
    let run = run("io.write('no end of line')\nos.exit(2)");
    assert_eq!(failure(&run), "no end of line");
    let lines: Vec<_> = run.stdout().lines().collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(lines[0], "no end of line");
    assert!(lines[1].ends_with("\tERROR\tCommandFailed: bin/run.lua ended with status 2"));
}

#[test]
fn the_status_is_in_the_log_whatever_its_level_and_format() {
    let run = script("io.write('once')\nos.exit(2)")
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
        .env("AWS_LAMBDA_LOG_LEVEL", "FATAL")
        .invoke(Event::json("null"))
        .run();
    assert_eq!(failure(&run), "once");
    let (output, record) = run.stdout().split_once('\n').expect("two lines");
    assert_eq!(output, "once");
    let record: Value = serde_json::from_str(record).expect("one record");
    assert_eq!(record["errorType"], "CommandFailed");
    assert_eq!(record["errorMessage"], "bin/run.lua ended with status 2");
    assert_eq!(record["message"], "bin/run.lua ended with status 2");
}

#[test]
fn all_of_it_is_in_the_log_before_the_answer_is_posted() {
    let run = run("print('one')\nrequire('lambda.log').info('two')\nio.write('three')");
    assert_eq!(run.stdout_at(run.post()), run.stdout());
    assert!(run.stdout().ends_with("three\n"));
}

#[test]
fn the_trace_is_in_the_environment_of_the_script() {
    let trace = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0";
    let event = Event::json("null").header("Lambda-Runtime-Trace-Id", trace);
    let run = script("io.write(os.getenv('_X_AMZN_TRACE_ID'))")
        .invoke(event)
        .run();
    assert_eq!(output(&run), trace);
}
