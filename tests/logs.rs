//! Log records as they leave the process.

mod support;

use serde_json::{Value, json};
use support::{Event, Function, Run};

fn logs(format: &str, level: &str, body: &str) -> Run {
    let source = format!(
        "local log = require('lambda.log')\nreturn {{ handler = function(event)\n{body}\nend }}"
    );
    let function = Function::new("app.lua", source).handler("app.handler");
    let function = match format {
        "" => function,
        format => function.env("AWS_LAMBDA_LOG_FORMAT", format),
    };
    let function = match level {
        "" => function,
        level => function.env("AWS_LAMBDA_LOG_LEVEL", level),
    };
    function
        .invoke(Event::json("{}").header("Lambda-Runtime-Aws-Tenant-Id", "t1"))
        .run()
}

/// Text records without their times.
fn texts(run: &Run) -> Vec<&str> {
    let lines = run.stdout().split_terminator('\n');
    lines
        .map(|line| line.split_once('\t').map_or(line, |(_, rest)| rest))
        .collect()
}

fn records(run: &Run) -> Vec<Value> {
    run.stdout()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn print_writes_one_record_at_info() {
    let run = logs(
        "",
        "",
        "print('a', 1, nil, true, setmetatable({}, {__tostring = function() return 'obj' end}))",
    );
    assert_eq!(texts(&run), ["request-1\tINFO\ta\t1\tnil\ttrue\tobj"]);
}

#[test]
fn print_raises_what_a_tostring_raises_as_it_is() {
    let body = "local function show(what) return pcall(print, setmetatable({}, {__tostring = what})) end\n\
        local _, table_error = show(function() error({type = 'Odd'}) end)\n\
        local _, text = show(function() error('odd') end)\n\
        local _, wrong = show(function() return {} end)\n\
        return { table_error.type, text, wrong }";
    let run = logs("", "", body);
    assert_eq!(
        run.post().json(),
        json!(["Odd", "app.lua:5: odd", "'__tostring' must return a string"])
    );
}

#[test]
fn the_time_of_a_record_is_utc_with_milliseconds() {
    let run = logs("", "", "print('x')");
    let time = run.stdout().split('\t').next().unwrap();
    assert_eq!(time.len(), "2026-11-20T18:15:25.123Z".len(), "{time}");
    let pattern = |(at, c): (usize, char)| match at {
        4 | 7 => c == '-',
        10 => c == 'T',
        13 | 16 => c == ':',
        19 => c == '.',
        23 => c == 'Z',
        _ => c.is_ascii_digit(),
    };
    assert!(time.char_indices().all(pattern), "{time}");
}

#[test]
fn three_lines_one_with_a_newline_are_three_records() {
    let run = logs(
        "",
        "",
        "print('one')\nprint('two\\nhalves')\nprint('three')",
    );
    assert_eq!(
        texts(&run),
        [
            "request-1\tINFO\tone",
            "request-1\tINFO\ttwo\rhalves",
            "request-1\tINFO\tthree"
        ]
    );
}

#[test]
fn outside_an_invocation_the_id_is_a_dash_in_both_formats() {
    let function = || {
        Function::new("app.lua", "print('init')\nreturn { handler = print }").handler("app.handler")
    };
    let run = function().run();
    assert_eq!(texts(&run), ["-\tINFO\tinit"]);
    let run = function().env("AWS_LAMBDA_LOG_FORMAT", "JSON").run();
    assert_eq!(records(&run)[0]["requestId"], "-");
}

#[test]
fn every_level_has_its_function_and_name() {
    let body =
        "log.trace('m') log.debug('m') log.info('m') log.warn('m') log.error('m') log.fatal('m')";
    let run = logs("", "TRACE", body);
    let levels: Vec<&str> = texts(&run)
        .iter()
        .map(|line| line.split('\t').nth(1).unwrap())
        .collect();
    assert_eq!(levels, ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]);
}

#[test]
fn the_level_filters_the_module_in_both_formats_and_print_in_json_alone() {
    let body = "print('printed') log.info('info') log.warn('warn')";
    assert_eq!(
        texts(&logs("", "WARN", body)),
        ["request-1\tINFO\tprinted", "request-1\tWARN\twarn"]
    );
    let run = logs("JSON", "WARN", body);
    let messages: Vec<Value> = records(&run)
        .iter()
        .map(|record| record["message"].clone())
        .collect();
    assert_eq!(messages, ["warn"]);
    let run = logs("json", "", "log.debug('no') print('yes')");
    assert_eq!(records(&run).len(), 1);
}

#[test]
fn fields_are_appended() {
    let run = logs(
        "",
        "",
        "log.info('hi', {user = 'Ada', n = 3, ok = true, list = {1, 2}, level = 'x'})",
    );
    assert_eq!(
        texts(&run),
        ["request-1\tINFO\thi level=x list=[1,2] n=3 ok=true user=Ada"]
    );
}

#[test]
fn a_json_record_is_one_object() {
    let run = logs(
        "JSON",
        "",
        "log.warn('a\\nb', {user = 'Ada', list = {1}, level = 'x', message = 'y'})",
    );
    let record = &records(&run)[0];
    let time = record["timestamp"].as_str().unwrap();
    assert_eq!((time.len(), &time[10..11], &time[23..]), (24, "T", "Z"));
    let mut rest = record.clone();
    rest.as_object_mut().unwrap().remove("timestamp");
    assert_eq!(
        rest,
        json!({"level": "WARN", "requestId": "request-1", "message": "a\nb", "tenantId": "t1",
               "user": "Ada", "list": [1], "_level": "x", "_message": "y"})
    );
    let keys: Vec<&str> = ["timestamp", "level", "requestId", "message", "tenantId"].to_vec();
    let line = run.stdout();
    let places: Vec<usize> = keys
        .iter()
        .map(|key| line.find(&format!("\"{key}\"")).unwrap())
        .collect();
    assert!(places.is_sorted(), "{line}");
}

#[test]
fn a_table_as_the_message_is_an_object_in_json() {
    let body = "log.info({event = 'login', user = 'Ada'})";
    let run = logs("JSON", "", body);
    assert_eq!(
        records(&run)[0]["message"],
        json!({"event": "login", "user": "Ada"})
    );
    let text = logs("", "", body);
    assert!(
        texts(&text)[0].starts_with("request-1\tINFO\t{"),
        "{}",
        text.stdout()
    );
}

#[test]
fn with_adds_fields_to_every_record() {
    let body = "local order = log.with({order = 7, who = 'a'})\n\
        order.info('paid', {who = 'b'})\norder.with({step = 2}).warn('late')\nlog.info('plain')";
    assert_eq!(
        texts(&logs("", "", body)),
        [
            "request-1\tINFO\tpaid order=7 who=b",
            "request-1\tWARN\tlate order=7 who=a step=2",
            "request-1\tINFO\tplain"
        ]
    );
}

#[test]
fn a_log_takes_whatever_it_is_given() {
    let body = "debug.getmetatable(io.stdout).__tostring = function() error('no') end\n\
        log.warn(io.stdout, {f = io.stdout})\n\
        log.info(nil) log.info(1.5) log.info('\\xff', {f = print, bad = '\\xfe', nan = 0/0})\n\
        log:info('colon', {a = 1})";
    let run = logs("JSON", "", body);
    let all = records(&run);
    assert_eq!(
        (&all[0]["message"], &all[0]["f"]),
        (&json!("userdata"), &json!("userdata"))
    );
    let all = &all[1..];
    assert_eq!(all[0]["message"], "nil");
    assert_eq!(all[1]["message"], "1.5");
    assert_eq!(all[2]["message"], "\u{fffd}");
    assert!(all[2]["f"].as_str().unwrap().starts_with("function: "));
    assert_eq!(all[2]["bad"], "\u{fffd}");
    assert_eq!(
        (&all[3]["message"], &all[3]["a"]),
        (&json!("colon"), &json!(1))
    );
}

#[test]
fn fields_that_are_no_table_are_an_error_with_a_position() {
    let run = logs(
        "",
        "",
        "local ok, err = pcall(log.info, 'm', 'x')\nassert(err:match('table of fields expected, got string'))\n\
        local ok2, err2 = pcall(function() log.with(1) end)\nreturn err2",
    );
    assert_eq!(
        run.post().json(),
        "app.lua:5: bad argument #1 to 'with' (table of fields expected, got number)"
    );
}

#[test]
fn a_printed_json_object_passes_through_byte_for_byte_in_both_formats() {
    let emf = r#"{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[["D"]],"Metrics":[{"Name":"m"}]}]}, "D":"é", "m":1.0}"#;
    for format in ["", "JSON"] {
        let run = logs(format, "", &format!("print([==[{emf}]==])"));
        assert_eq!(run.stdout(), format!("{emf}\n"));
    }
    let run = logs("JSON", "WARN", &format!("print([==[{emf}]==])"));
    assert_eq!(run.stdout(), "", "it is filtered as print is");
}

#[test]
fn what_only_looks_like_an_object_is_a_message() {
    let run = logs(
        "JSON",
        "",
        "print('{oops}') print('[1]') print('{\"a\":1} x')",
    );
    let messages: Vec<Value> = records(&run)
        .iter()
        .map(|record| record["message"].clone())
        .collect();
    assert_eq!(messages, ["{oops}", "[1]", "{\"a\":1} x"]);
}

#[test]
fn everything_is_on_stdout_before_the_response_is_posted() {
    let run = logs(
        "",
        "",
        "io.write('raw ')\nprint('printed')\nio.write('tail')",
    );
    let written = run.stdout_at(run.post()).to_owned();
    assert!(written.starts_with("raw "), "{written}");
    assert!(
        written.ends_with("\trequest-1\tINFO\tprinted\ntail"),
        "{written}"
    );
}

#[test]
fn what_init_wrote_is_on_stdout_before_the_first_next() {
    let run = Function::new("app.lua", "io.write('loading')\nreturn { handler = print }")
        .handler("app.handler")
        .run();
    assert_eq!(run.stdout_at(&run.requests()[0]), "loading");
}

#[test]
fn writes_of_luas_own_are_left_alone() {
    let run = logs(
        "JSON",
        "FATAL",
        "io.stdout:write('out\\n')\nio.stderr:write('err\\n')",
    );
    assert_eq!(run.stdout(), "out\n");
    assert_eq!(run.stderr(), "err\n");
}

#[test]
fn a_stdout_that_is_closed_does_not_fail_the_function() {
    let run = logs(
        "",
        "",
        "io.stdout:close()\nprint('into the void')\nreturn 1",
    );
    assert_eq!(run.post().text(), "1");
}
