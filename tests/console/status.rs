//! How a script ends: well, by an error, by `os.exit`.

use std::os::unix::process::CommandExt;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Event, IS_LUAJIT, ON_COLLECT, bootstrap};
use crate::{failure, failure_of, output, output_of, run, script};

#[test]
fn an_uncaught_error_is_told_as_the_lua_command_tells_it() {
    for source in [
        "print('before')\nerror('boom')",
        "error('boom', 0)",
        "local function deep() error('boom') end\ndeep()",
        "error(setmetatable({}, { __tostring = function() return 'a table' end }))",
        "error({ code = 7 })",
        "error(42)",
        "local t = nil; t.x = 1",
        "coroutine.wrap(function() error('inside') end)()",
        "print(setmetatable({}, { __tostring = function() error('no text') end }))",
        "local function f() return f() + 1 end\nf()",
        "os.exit('later')",
    ] {
        let run = run(source);
        let root = run.root().path();
        let program = Command::new(bootstrap())
            .arg0("lua")
            .arg("bin/run.lua")
            .current_dir(root)
            .output();
        let program = program.expect("the built binary");
        assert_eq!(program.status.code(), Some(1), "{source}");
        let said = [program.stdout, program.stderr].concat();
        let said = String::from_utf8(said).expect("text");
        let message = failure(&run);
        assert_eq!(comparable(&message), comparable(&said), "{source}");
        assert!(run.stdout().starts_with(&failure(&run)), "the log has it");
    }
}

/// A traceback without what differs from process to process, LuaJIT's addresses, and the frames of the
/// functions that are ours here: `os.exit`, and what `coroutine.wrap` gives.
fn comparable(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once(": at 0x") {
        Some((place, _)) => place,
        None => line,
    });
    let lines: Vec<_> = lines.collect();
    lines
        .join("\n")
        .replace("[builtin#36]", "[C]")
        .replace("function 'os.exit'", "function 'exit'")
}

#[test]
fn the_text_of_an_error_and_its_traceback_stand_behind_what_was_written() {
    let message = failure(&run("io.write('half a line ')\nerror('boom')"));
    let start = "half a line lua: bin/run.lua:2: boom\nstack traceback:\n";
    assert!(message.starts_with(start), "{message}");
    assert!(
        message.contains("bin/run.lua:2: in main chunk"),
        "{message}"
    );
}

#[test]
fn an_exit_gives_its_status() {
    for (call, status) in [
        ("os.exit(3)", 3),
        ("os.exit(false)", 1),
        ("os.exit(-1)", 255),
        ("os.exit('4')", 4),
        ("os.exit(3, true)", 3),
        ("os.exit(0)", 0),
        ("os.exit()", 0),
        ("os.exit(nil)", 0),
        ("os.exit(true)", 0),
        ("os.exit(true, true)", 0),
        ("os.exit(256)", 0),
        ("pcall(os.exit, 5)", 5),
        ("pcall(function() os.exit(5) end)", 5),
        ("coroutine.wrap(function() os.exit(6) end)()", 6),
        ("coroutine.wrap(function() os.exit(6, true) end)()", 6),
        ("xpcall(error, function() os.exit(7) end)", 7),
        ("table.sort({ 2, 1 }, function() os.exit(8) end)", 8),
    ] {
        let source = format!("io.write('before')\n{call}\nprint('after')");
        let run = run(&source);
        if status == 0 {
            assert_eq!(output(&run), "before", "{call}");
        } else {
            assert_eq!(failure(&run), "before", "{call}");
            let told = format!("\tCommandFailed: bin/run.lua ended with status {status}\n");
            assert!(run.stdout().contains(&told), "{call}: {}", run.stdout());
        }
    }
}

#[test]
fn what_is_no_status_is_told_as_the_lua_command_tells_it() {
    for (value, why) in [
        ("{}", "number expected, got table"),
        ("'x'", "number expected, got string"),
        ("1.5", "number has no integer representation"),
        ("2^53 * 2^53", "number has no integer representation"),
        ("'1.5'", "number has no integer representation"),
    ] {
        // LuaJIT's own takes what stands before the point.
        if IS_LUAJIT && why.starts_with("number has") {
            continue;
        }
        let message = failure(&run(&format!("os.exit({value})")));
        let start = format!("lua: bin/run.lua:1: bad argument #1 to 'exit' ({why})\n");
        assert!(message.starts_with(&start), "{value}: {message}");
    }
}

#[test]
fn an_exit_in_a_finalizer_gives_its_status() {
    for (when, end) in [("early", "collectgarbage()\nprint('after')"), ("late", "")] {
        let source = format!(
            "{ON_COLLECT}
            local kept = on_collect(function() io.write('{when}') os.exit(9) end)
            kept = nil
            {end}"
        );
        let run = run(&source);
        assert_eq!(failure(&run), when);
        assert!(run.stdout().contains("ended with status 9"));
    }
}

#[test]
fn finalizers_run_at_the_end_as_those_of_the_lua_command() {
    for (end, ran) in [
        ("", true),
        ("os.exit(0, true)", true),
        ("os.exit(0)", false),
    ] {
        let source =
            format!("{ON_COLLECT}\nkept = on_collect(function() io.write('closed') end)\n{end}");
        let expected = if ran { "closed" } else { "" };
        assert_eq!(output(&run(&source)), expected, "{end}");
    }
}

#[test]
fn a_failure_without_output_says_what_there_is_to_say() {
    let message = failure(&run("os.exit(3)"));
    assert_eq!(message, "bin/run.lua ended with status 3 and wrote nothing");
}

#[test]
fn each_event_runs_the_script_anew() {
    let source = "count = (count or 0) + 1
        string.seen = (string.seen or 0) + 1
        local module = require('module')
        module.count = module.count + 1
        print(count, string.seen, module.count)
        if ... == 'fail' then error('boom') end
        if ... == 'exit' then os.exit(3) end";
    let events = ["fail", "exit", "end", "fail", "end"];
    let mut function = script(source).file("module.lua", "return { count = 0 }");
    for event in events {
        function = function.invoke(Event::json(json!(event).to_string()));
    }
    let run = function.run();
    let posts = run.posts();
    for (post, event) in posts.iter().zip(events) {
        let text = match event {
            "end" => output_of(post),
            _ => failure_of(post),
        };
        assert!(text.starts_with("1\t1\t1\n"), "{event}: {text}");
    }
    assert_eq!(posts.len(), events.len());
}

#[test]
fn too_little_memory_is_told_as_of_any_function_and_the_next_event_is_served() {
    let source = "if ... == 'much' then
          local all = {}
          for i = 1, math.huge do all[i] = ('x'):rep(1000) .. i end
        end
        print('enough')";
    let run = script(source)
        .invoke(Event::json(r#""much""#))
        .invoke(Event::json(r#""little""#))
        .run();
    let posts = run.posts();
    let header = posts[0].header("Lambda-Runtime-Function-Error-Type");
    assert_eq!(header, Some("Function.OutOfMemory"));
    let message = posts[0].json()["errorMessage"].to_string();
    assert!(message.contains("of the function's 128 MB"), "{message}");
    assert_eq!(output_of(posts[1]), "enough\n");
}

#[test]
fn warnings_are_those_of_the_lua_command() {
    if !IS_LUAJIT {
        let run = run("warn('unheard')\nwarn('@on')\nwarn('heard')");
        assert_eq!(output(&run), "Lua warning: heard\n");
    }
}

#[test]
fn the_modules_of_the_runtime_are_there() {
    let run = run("local json = require('lambda.json')
        print(json.encode({ a = 1 }), require('module'))");
    assert!(failure(&run).contains("module 'module' not found"));
    let run = script("print(require('lambda.json').encode({ a = require('lib.module') }))")
        .file("lib/module.lua", "return 7")
        .invoke(Event::json("null"))
        .run();
    assert_eq!(output(&run), "{\"a\":7}\n");
}

#[test]
fn what_serves_events_has_no_place_in_a_script() {
    let run = run("local stream = require('lambda.stream')
        require('lambda.lifecycle').on('before_invoke', function() print('a hook') end)
        print(pcall(stream.handler(print), nil, nil))");
    let output = output(&run);
    assert!(output.starts_with("false\t"), "{output}");
    assert!(
        output.contains("a stream handler runs only while"),
        "{output}"
    );
    assert_eq!(run.post().json()["exitCode"], Value::from(0));
}
