//! What the answer has of what the script writes.

use crate::support::{Event, Run};
use crate::{failure_of, output, output_of, run, script};

/// As in "the last 5 MB".
const MB: usize = 1024 * 1024;

#[test]
fn print_and_writes_are_plain_text_in_the_order_written() {
    let run = run("print('a', 1, nil, true)
        io.write('b ')
        io.stderr:write('c ')
        io.write('d\\n')
        os.execute('echo e; echo f >&2')
        local pipe = io.popen('cat', 'w')
        pipe:write('g\\n')
        pipe:close()
        io.stderr:write('h\\n')
        print('i')");
    let expected = "a\t1\tnil\ttrue\nb c d\ne\nf\ng\nh\ni\n";
    assert_eq!(output(&run), expected);
    assert_eq!(run.stdout(), expected, "the log has it too");
    assert_eq!(run.stderr(), "");
}

#[test]
fn what_a_script_leaves_in_its_own_buffers_is_written() {
    let run = run("io.stdout:setvbuf('full')
        io.write('a')
        local file = io.open('/dev/stdout', 'w')
        file:setvbuf('full')
        file:write('b')
        io.output(file)
        io.write('c')");
    let mut letters: Vec<_> = output(&run).chars().collect();
    letters.sort_unstable();
    assert_eq!(letters, ['a', 'b', 'c']);
}

#[test]
fn a_script_that_writes_nothing_has_an_empty_output() {
    assert_eq!(output(&run("")), "");
    assert_eq!(run("").post().text(), r#"{"exitCode":0,"output":""}"#);
}

#[test]
fn ten_thousand_lines_are_all_there() {
    let run = run("for i = 1, 10000 do print('line', i) end");
    let lines: Vec<_> = (1..=10_000).map(|i| format!("line\t{i}\n")).collect();
    assert_eq!(output(&run), lines.concat());
    assert_eq!(run.stdout(), lines.concat());
}

fn warned(run: &Run) -> String {
    let log = String::from_utf8_lossy(run.stdout_bytes()).into_owned();
    let warning = log.lines().rfind(|line| line.contains("\tWARN\t"));
    warning.unwrap_or_default().to_owned()
}

#[test]
fn of_20_mb_the_last_5_are_in_the_answer_and_all_are_in_the_log() {
    let run = run("local line = ('x'):rep(99) .. '\\n'
        for _ = 1, 209715 do io.write(line) end
        io.write('the end\\n')");
    let output = output(&run);
    assert_eq!(output.len(), 5 * MB);
    assert!(output.ends_with("x\nthe end\n"));
    let written = 209_715 * 100 + "the end\n".len();
    assert!(run.stdout_bytes().len() > written);
    assert!(warned(&run).ends_with(&format!(
        "the script wrote {written} bytes, more than an answer takes: it has the end of them"
    )));
}

#[test]
fn an_answer_keeps_to_the_limit_of_lambda_where_json_makes_more_of_it() {
    for piece in ["'\\0'", "'\\255'", "'\"'"] {
        let source = format!("io.write(({piece}):rep(5 * 1024 * 1024))");
        let run = run(&source);
        let post = run.post();
        assert!(post.body.len() <= 6_291_556, "{}", post.body.len());
        assert!(post.body.len() > 6_291_556 - 6, "{}", post.body.len());
        assert!(warned(&run).contains("the script wrote 5242880 bytes"));
    }
}

#[test]
fn bytes_that_are_no_text_are_told_as_such_and_logged_as_they_are() {
    let run = run("io.write('a\\255\\0\\27[1mb\\195\\169\\n')");
    assert_eq!(output(&run), "a\u{fffd}\0\u{1b}[1mbé\n");
    assert_eq!(run.stdout_bytes(), b"a\xff\0\x1b[1mb\xc3\xa9\n");
}

#[test]
fn a_character_that_the_cut_goes_through_is_left_out() {
    let source = "io.write(('\u{1f319}'):rep(5 * 1024 * 1024 / 4), 'ab')";
    let output = output(&run(source));
    assert_eq!(output.len(), 5 * MB - 2);
    assert!(output.starts_with('\u{1f319}') && output.ends_with("\u{1f319}ab"));
}

#[test]
fn standard_input_is_empty() {
    let run = run("print(io.read('*l'), io.read('*a') == '')");
    assert_eq!(output(&run), "nil\ttrue\n");
}

#[test]
fn a_script_cannot_close_the_output_of_the_next() {
    let source = "print('a')
        print(io.stdout:close())
        os.execute('exec >&- 2>&-')
        io.output('/dev/null')
        print('b')";
    let run = script(source)
        .invoke(Event::json("null"))
        .invoke(Event::json("null"))
        .run();
    let posts = run.posts();
    let first = output_of(posts[0]);
    assert!(first.starts_with("a\n"), "{first}");
    assert_eq!(first, output_of(posts[1]));
}

#[test]
fn the_message_of_a_failure_is_the_end_of_a_long_output() {
    let run = script(
        "local lines = tonumber(...)
        for i = 1, lines do print('line', i) end
        os.exit(1)",
    )
    .invoke(Event::json(r#""2000""#))
    .invoke(Event::json(r#""1000000""#))
    .run();
    let posts = run.posts();
    let all: Vec<_> = (1..=2000).map(|i| format!("line\t{i}\n")).collect();
    assert_eq!(failure_of(posts[0]), all.concat());
    let end = failure_of(posts[1]);
    assert!(end.starts_with('('), "{end:.100}");
    assert!(
        end.contains("bytes in all; the log has them) …"),
        "{end:.100}"
    );
    assert!(end.ends_with("line\t999999\nline\t1000000\n"));
    assert!(posts[1].body.len() < 64 * 1024);
}
