//! SIGTERM, the `shutdown` hooks and the internal extension that makes Lambda send it.

#[path = "shutdown/stopping.rs"]
mod stopping;
mod support;

use std::time::Duration;

use support::{Answer, Event, Function, IS_LUAJIT, Run};

const REGISTER: &str = "/2020-01-01/extension/register";
const EVENT: &str = "/2020-01-01/extension/event/next";
const SIGTERM: i32 = 15;
/// What no test waits for.
const LONG: Duration = Duration::from_secs(600);

/// A function whose file knows `on`.
fn function(source: &str) -> Function {
    let source = format!("local on = require('lambda.lifecycle').on\n{source}");
    Function::new("main.lua", source)
}

/// The same before a service that registers the extension.
fn extended(source: &str) -> Function {
    function(source)
        .expects("POST", REGISTER, registered())
        .expects("GET", EVENT, Answer::park())
}

fn registered() -> Answer {
    let head =
        "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 4f-17\r\nContent-Length: 2\r\n\r\n{}";
    Answer::bytes(head)
}

/// The handler's process gets SIGTERM, and has it, before the call comes back.
const TERM_HERE: &str = "os.execute('kill -TERM $PPID')";

/// The messages of the records.
fn messages(run: &Run) -> Vec<&str> {
    let message = |line: &'_ str| line.rfind('\t').map_or(0, |tab| tab + 1);
    let lines = run.stdout().lines();
    lines.map(|line| &line[message(line)..]).collect()
}

#[test]
fn a_shutdown_hook_registers_the_internal_extension_before_the_first_event() {
    let run = extended("on('shutdown', print) return { handler = function() return 1 end }")
        .invoke(Event::json("{}"))
        .run();
    let of = |path: &str| {
        let at = run.requests().iter().position(|call| call.path == path);
        &run.requests()[at.unwrap_or_else(|| panic!("no {path}\n{}", run.transcript()))]
    };
    let (register, event) = (of(REGISTER), of(EVENT));
    assert_eq!(register.text(), r#"{"events":[]}"#);
    assert_eq!(register.header("Lambda-Extension-Name"), Some("moonlayer"));
    assert_eq!(event.header("Lambda-Extension-Identifier"), Some("4f-17"));
    let next = of("/2018-06-01/runtime/invocation/next");
    assert_eq!(register.connection, event.connection);
    assert_ne!(register.connection, next.connection);
    assert!(register.at < next.at);
    assert_eq!(run.posts()[1].text(), "1");
}

#[test]
fn without_a_shutdown_hook_there_is_no_extension_and_sigterm_ends_the_process_at_once() {
    let run = function("on('after_invoke', print) return { handler = function() end }")
        .then(Answer::hold().signalling("TERM"))
        .ends()
        .run();
    assert_eq!(run.signal(), SIGTERM);
    assert_eq!(run.requests().len(), 1);
    assert_eq!(run.stdout(), "");
}

#[test]
fn sigterm_while_it_waits_for_an_event_runs_the_hooks_backwards_and_ends_with_status_0() {
    let run = extended(
        "on('shutdown', function(...) print('first', select('#', ...)) io.write('flushed') end)
        on('shutdown', function() print('second') end)
        return { handler = function() return 1 end }",
    )
    .invoke(Event::json("{}"))
    .then(Answer::hold().signalling("TERM"))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 0);
    let records: Vec<_> = run
        .stdout()
        .lines()
        .map(|line| line.split_once('\t').map_or(line, |(_, rest)| rest))
        .collect();
    assert_eq!(records, ["-\tINFO\tsecond", "-\tINFO\tfirst\t0", "flushed"]);
}

#[test]
fn sigterm_before_the_first_event_runs_the_hooks() {
    let run = extended("on('shutdown', function() print('bye') end) return { handler = print }")
        .then(Answer::hold().signalling("TERM"))
        .ends()
        .run();
    assert_eq!((run.exit_code(), messages(&run)), (0, vec!["bye"]));
}

#[test]
fn sigterm_while_the_handler_runs_lets_it_answer_and_then_runs_the_hooks() {
    let run = extended(&format!(
        "on('shutdown', function() print('bye') end)
        on('after_invoke', function() print('after') end)
        return {{ handler = function() {TERM_HERE} return 'answered' end }}"
    ))
    .invoke(Event::json("{}"))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 0);
    assert_eq!(run.posts()[1].text(), r#""answered""#);
    assert_eq!(messages(&run), ["after", "bye"]);
}

#[test]
fn shutdown_hooks_have_a_time_that_ends() {
    let run = extended(
        "on('shutdown', function() print('too late') end)
        on('shutdown', function() while true do pcall(error) end end)
        return { handler = print }",
    )
    .then(Answer::hold().signalling("TERM"))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 0);
    let said = run.stdout();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("Function.Timeout") && said.contains("main.lua:3"),
        "{said}"
    );
}

#[test]
fn every_one_of_many_loops_runs_its_own_hooks_before_the_process_ends() {
    let run = extended(
        "on('shutdown', function() print('bye') end)
        return { handler = function() return 1 end }",
    )
    .concurrency(3)
    .invoke(Event::json("{}"))
    .then(Answer::park())
    .then(Answer::park())
    .then(Answer::hold().signalling("TERM"))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 0);
    assert_eq!(
        run.stdout().matches("\"bye\"").count(),
        3,
        "{}",
        run.stdout()
    );
}

#[test]
fn a_loop_that_ended_before_keeps_no_other_from_its_hooks() {
    let run = extended(
        "on('shutdown', function() print('bye') end)
        return { handler = function() return 1 end }",
    )
    .concurrency(2)
    .then(Answer::status(403))
    .then(
        Answer::hold()
            .signalling("TERM")
            .stalled_until("this loop ends"),
    )
    .ends()
    .run();
    assert_eq!(run.exit_code(), 0);
    assert_eq!(
        run.stdout().matches("\"bye\"").count(),
        1,
        "{}",
        run.stdout()
    );
}

#[test]
fn sigterm_before_the_wait_is_not_lost() {
    // It comes after the initialisation, between two invocations: nothing waits then.
    let run = extended(&format!(
        "on('shutdown', function() print('bye') end)
        on('after_invoke', function() {TERM_HERE} end)
        return {{ handler = function() end }}"
    ))
    .invoke(Event::json("{}"))
    .ends()
    .run();
    assert_eq!((run.exit_code(), messages(&run)), (0, vec!["bye"]));
}

#[test]
fn the_hooks_run_though_nobody_takes_the_last_answer() {
    let run = extended(&format!(
        "on('shutdown', function() print('bye') end)
        return {{ handler = function() {TERM_HERE} end }}"
    ))
    .invoke(Event::json("{}"))
    .posted(Answer::status(500))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 0);
    let said = run.stdout();
    assert!(
        said.contains("ERROR\tthe Runtime API answered /invocation/request-1/response with 500")
    );
    assert!(said.ends_with("\t-\tINFO\tbye\n"), "{said}");
}

#[test]
fn a_second_sigterm_while_hooks_run_changes_nothing() {
    let run = extended(&format!(
        "on('shutdown', function() print('last') end)
        on('shutdown', function() {TERM_HERE} {TERM_HERE} print('on') end)
        return {{ handler = function() end }}"
    ))
    .then(Answer::hold().signalling("TERM"))
    .ends()
    .run();
    assert_eq!((run.exit_code(), messages(&run)), (0, vec!["on", "last"]));
}

#[test]
fn a_hook_that_fails_is_logged_and_the_next_one_runs() {
    let run = extended(
        "on('shutdown', function() print('last') end)
        on('shutdown', function() error('broken') end)
        return { handler = function() end }",
    )
    .then(Answer::hold().signalling("TERM"))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 0);
    let said = run.stdout();
    assert!(said.contains("\t-\tERROR\tLuaError: main.lua:3: broken\r    main.lua:3: in function"));
    assert!(said.ends_with("INFO\tlast\n"), "{said}");
    // The registration is the only post.
    assert_eq!(run.post().path, REGISTER);
}

#[test]
fn os_exit_in_a_shutdown_hook_ends_the_process_without_a_post() {
    let run = extended(
        "on('shutdown', function() print('never') end)
        on('shutdown', function() os.exit(9) end)
        return { handler = function() end }",
    )
    .then(Answer::hold().signalling("TERM"))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 9);
    assert_eq!(run.post().path, REGISTER);
    assert_eq!(run.stdout(), "");
}

#[test]
fn a_service_without_extensions_is_one_warning_and_sigterm_still_runs_the_hooks() {
    for (answer, why) in [
        (Answer::status(404), "/extension/register with 404: "),
        (Answer::status(403), "/extension/register with 403: "),
        (Answer::status(200), "no Lambda-Extension-Identifier"),
        (Answer::close(), "to /extension/register: "),
    ] {
        let run = function(
            "on('shutdown', function() print('bye') end) return { handler = function() end }",
        )
        .expects("POST", REGISTER, answer)
        .invoke(Event::json("{}"))
        .then(Answer::hold().signalling("TERM"))
        .ends()
        .run();
        assert_eq!(run.exit_code(), 0);
        let said = run.stdout();
        assert_eq!(
            said.matches("\tWARN\tshutdown hooks run only if").count(),
            1,
            "{said}"
        );
        assert!(said.contains(why), "{said}");
        assert!(said.ends_with("INFO\tbye\n"), "{said}");
    }
}

#[test]
fn an_answer_to_the_extension_or_its_end_does_not_end_the_process() {
    for answer in [Answer::status(200), Answer::close(), Answer::status(500)] {
        let run = function("on('shutdown', print) return { handler = function() return 1 end }")
            .expects("POST", REGISTER, registered())
            .expects("GET", EVENT, answer)
            .invoke(Event::json("{}"))
            .invoke(Event::json("{}"))
            .run();
        assert_eq!(run.posts().len(), 3);
    }
}

#[test]
fn the_base_path_stands_before_the_extensions_calls_too() {
    let run = extended("on('shutdown', print) return { handler = function() return 1 end }")
        .runtime_api("http://{}/.rt/f")
        .run();
    assert_eq!(run.post().path, "/.rt/f/2020-01-01/extension/register");
}

#[test]
fn a_shutdown_hook_of_an_init_hook_counts_and_one_of_a_snapshot_hook_is_too_late() {
    let run =
        extended("on('init', function() on('shutdown', print) end) return { handler = print }")
            .run();
    assert_eq!(run.post().path, REGISTER);
    let run = function("on('before_snapshot', function() on('shutdown', print) end) return print")
        .handler("main")
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
        .ends()
        .run();
    let message = &run.post().json()["errorMessage"];
    let expected = "main.lua:2: too late to register 'shutdown': register it while the handler's \
                    file loads or in an 'init' hook";
    assert_eq!(message, expected);
}

#[test]
fn with_snap_start_the_extension_registers_before_the_snapshot_and_sigterm_ends_the_wait_in_it() {
    let source = "on('shutdown', function() print('bye') end)
        on('after_restore', function() print('never') end)
        return { handler = function() end }";
    let restore = "/2018-06-01/runtime/restore/next";
    let run = extended(source)
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
        .expects("GET", restore, Answer::hold().signalling("TERM"))
        .ends()
        .run();
    assert_eq!((run.exit_code(), messages(&run)), (0, vec!["bye"]));
    let at = |path: &str| run.requests().iter().find(|call| call.path == path);
    assert!(at(REGISTER).expect("registered").at < at(restore).expect("waited").at);
}

#[test]
fn a_signal_leaves_blocking_calls_of_the_handler_as_they_were() {
    // The read of the pipe is under way when the signal comes; it is not cut short by it.
    let run = extended(
        "on('shutdown', print)
        return { handler = function()
          local pipe = io.popen('kill -TERM $PPID; cat')
          pipe:close()
          local pipe = io.popen('kill -TERM $PPID; echo all of it')
          local line = pipe:read('*l')
          return { line, pipe:close() }
        end }",
    )
    .invoke(Event::json("{}"))
    .ends()
    .run();
    // Lua 5.1 tells no status of a pipe that is closed.
    let answer = match IS_LUAJIT {
        false => r#"["all of it",true,"exit",0]"#,
        true => r#"["all of it",true]"#,
    };
    assert_eq!(run.posts()[1].text(), answer);
}
