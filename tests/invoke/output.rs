//! What is printed where.

use crate::support::{Invoke, Ran};

#[test]
fn the_response_is_on_stdout_and_lambda_s_lines_on_stderr() {
    let ran = Invoke::body("return {message = 'Hello ' .. event.name}")
        .args(["-d", r#"{"name":"Ada"}"#])
        .run();
    ran.responds(r#"{"message":"Hello Ada"}"#);

    let lines: Vec<&str> = ran.stderr.lines().collect();
    let [start, end, report] = lines[..] else {
        panic!("{ran:?}")
    };
    let id = start.strip_prefix("START RequestId: ").expect("a start");
    let id = id.strip_suffix(" Version: $LATEST").expect("a version");
    assert_eq!(id.len(), 36);
    assert_eq!(end, format!("END RequestId: {id}"));

    let fields: Vec<&str> = report.split('\t').collect();
    assert_eq!(fields[0], format!("REPORT RequestId: {id}"));
    let number = |field: usize, name: &str, unit: &str| -> f64 {
        let text = fields[field]
            .strip_prefix(name)
            .and_then(|text| text.strip_suffix(unit));
        text.expect(name).parse().expect("a number")
    };
    let duration = number(1, "Duration: ", " ms");
    let billed = number(2, "Billed Duration: ", " ms");
    assert_eq!(number(3, "Memory Size: ", " MB"), 128.0);
    let memory = number(4, "Max Memory Used: ", " MB");
    let init = number(5, "Init Duration: ", " ms");
    assert!(
        duration > 0.0 && init > 0.0 && duration < 3000.0,
        "{report}"
    );
    assert!(
        (billed - duration - init).abs() <= 1.0 && billed.fract() == 0.0,
        "{report}"
    );
    assert!((1.0..64.0).contains(&memory), "{report}");
    assert_eq!(fields.len(), 6, "{report}");
}

#[test]
fn the_memory_is_what_the_function_really_used() {
    let ran = Invoke::body("local held = ('x'):rep(64 << 20) return #held")
        .args(["--memory", "512"])
        .run();
    ran.responds("67108864");
    assert!((64..200).contains(&memory(&ran)), "{ran:?}");
}

#[test]
fn the_memory_of_a_process_that_dies_is_known_from_before() {
    // It lives long enough to be looked at.
    let body = "held = ('x'):rep(64 << 20) os.execute 'sleep 0.5; kill -s KILL $PPID'";
    let ran = Invoke::body(body).args(["--memory", "512"]).run();
    ran.fails("Runtime.ExitError", "signal: killed");
    assert!((32..200).contains(&memory(&ran)), "{ran:?}");
}

#[track_caller]
fn memory(ran: &Ran) -> u32 {
    let (_, rest) = ran
        .stderr
        .split_once("Max Memory Used: ")
        .expect("a figure");
    rest.split(' ')
        .next()
        .expect("a figure")
        .parse()
        .expect("a number")
}

#[test]
fn logs_stand_between_the_lines_of_their_time() {
    let ran = Invoke::new(
        "print 'loading'
        return {handler = function()
          print 'one\\ntwo'
          io.stderr:write 'three\\n'
          io.write 'no end'
        end}",
    )
    .run();
    ran.responds("null");
    ran.logs(&[
        "loading\n",
        "START RequestId: ",
        "one\ntwo\n",
        "END",
        "REPORT",
    ]);
    ran.logs(&["START RequestId: ", "three\n", "END"]);
    ran.logs(&["START RequestId: ", "no end\nEND"]);
}

#[test]
fn the_response_s_bytes_are_exact() {
    Invoke::body("return 'ü\\n\\0'")
        .run()
        .responds("\"ü\\n\\u0000\"");
}

#[test]
fn many_lines_arrive_all() {
    let ran = Invoke::body("for i = 1, 20000 do print(i) end").run();
    ran.responds("null");
    let records = ran.stderr.lines().filter(|line| line.contains("\tINFO\t"));
    let last: Vec<&str> = records
        .filter_map(|line| line.rsplit('\t').next())
        .collect();
    assert_eq!(last.len(), 20_000);
    assert_eq!((last[0], last[19_999]), ("1", "20000"));
}

#[test]
fn the_tool_tells_its_version_and_shows_an_example() {
    let moonlayer = |args: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_moonlayer"))
            .args(args)
            .output()
            .expect("the tool runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let version = concat!("moonlayer ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(moonlayer(&["--version"]), version);
    assert!(moonlayer(&["--help"]).contains("invoke"));
    for help in ["-h", "--help"] {
        let text = moonlayer(&["invoke", help]);
        assert!(
            text.contains(r#"moonlayer invoke hello.handler -d '{"name":"Ada"}'"#),
            "{text}"
        );
    }
}
