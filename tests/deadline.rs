//! The soft deadline: handlers that do not end are interrupted, whatever they do, and the process
//! goes on.

mod support;

#[path = "deadline/hooks_and_finalizers.rs"]
mod hooks_and_finalizers;
#[path = "deadline/settings.rs"]
mod settings;

use std::time::Duration;

use serde_json::{Value, json};
use support::{Event, Function, Run};

/// An event whose handler is interrupted some 0.3 s after it came.
fn short() -> Event {
    Event::json("{}").left(Duration::from_millis(300))
}

/// Runs `source` as app.lua with one event that has little time and one that has all.
///
/// The file is given `loop`, which never ends, and answers the second event with `"again"`.
fn interrupted(body: &str) -> Run {
    let source = format!(
        "local M, calls = {{}}, 0\n\
         local function work(event, context) {body} end\n\
         function M.handler(event, context)\n\
           calls = calls + 1\n\
           if calls == 2 then return 'again' end\n\
           local result = work(event, context)\n\
           return result\n\
         end\n\
         return M"
    );
    let run = Function::new("app.lua", source)
        .handler("app.handler")
        .invoke(short())
        .invoke(Event::json("{}"))
        .run();
    let posts = run.posts();
    assert_eq!(posts.len(), 2, "{}", run.transcript());
    let (first, second) = (posts[0], posts[1]);
    assert!(
        first.path.ends_with("/request-1/error"),
        "{body}\n{}",
        run.transcript()
    );
    assert_eq!(
        first.header("Lambda-Runtime-Function-Error-Type"),
        Some("Function.Timeout"),
        "{}",
        run.transcript()
    );
    assert_eq!(first.json()["errorType"], "Function.Timeout");
    let message = first.json()["errorMessage"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(message.starts_with("timed out after 0."), "{message}");
    assert!(message.contains(" s at "), "{message}");
    assert!(
        second.path.ends_with("/request-2/response"),
        "{}",
        run.transcript()
    );
    assert_eq!(second.json(), "again");
    run
}

fn message(run: &Run) -> String {
    run.posts()[0].json()["errorMessage"]
        .as_str()
        .expect("a message")
        .to_owned()
}

fn stack(run: &Run) -> Vec<String> {
    let body = run.posts()[0].json();
    let frames = body["stackTrace"].as_array().expect("a list").clone();
    frames
        .iter()
        .map(|frame| frame.as_str().expect("a string").to_owned())
        .collect()
}

#[test]
fn a_busy_loop_is_interrupted_where_it_is() {
    let run = interrupted("\nwhile true do\nend\n");
    let message = message(&run);
    assert!(
        message.ends_with(" s at app.lua:3") || message.ends_with(" s at app.lua:4"),
        "{message}"
    );
    let stack = stack(&run);
    assert_eq!(stack.len(), 2, "{stack:?}");
    assert!(stack[0].ends_with(": in upvalue 'work'") || stack[0].ends_with("app.lua:2>"));
    // The error is one record of the log as well.
    assert!(run.stdout().contains("ERROR\tFunction.Timeout: timed out"));
}

#[test]
fn a_handler_that_catches_errors_again_and_again_is_interrupted() {
    interrupted("local function f() error('x') end while true do pcall(f) end");
    interrupted("local function f() while true do end end while true do pcall(f) end");
    interrupted("while true do pcall(function() while true do pcall(error) end end) end");
    interrupted(
        "local function again() while true do end end\n\
         while true do xpcall(again, again) end",
    );
    interrupted("while true do xpcall(error, function() while true do end end) end");
    interrupted("local function deep() pcall(deep) deep() end deep() while true do end");
}

#[test]
fn coroutines_are_interrupted() {
    interrupted("local co = coroutine.wrap(function() while true do end end) co()");
    interrupted(
        "local co = coroutine.create(function() while true do end end) coroutine.resume(co) while true do end",
    );
    interrupted(
        "while true do\n\
           local co = coroutine.create(function() while true do pcall(error) end end)\n\
           coroutine.resume(co)\n\
         end",
    );
    interrupted("while true do pcall(coroutine.wrap(function() while true do end end)) end");
    interrupted(
        "local co = coroutine.wrap(function() while true do coroutine.yield() end end)\n\
         while true do co() end",
    );
    // A coroutine a step, so that each has a hook of its own.
    interrupted("while true do coroutine.wrap(function() local x = 1 x = x + 1 end)() end");
}

#[test]
fn the_stack_goes_from_the_running_coroutine_to_the_handler() {
    let run = interrupted(
        "\nlocal inner = coroutine.wrap(function()\nwhile true do end\nend)\n\
         local outer = coroutine.wrap(function()\ninner()\nend)\nouter()\n",
    );
    let stack = stack(&run);
    let lines: Vec<_> = stack
        .iter()
        .map(|frame| frame.split(": in").next().unwrap_or_default())
        .collect();
    assert_eq!(
        &lines[..3],
        ["app.lua:4", "app.lua:7", "app.lua:9"],
        "{stack:?}"
    );
    assert!(message(&run).ends_with(" at app.lua:4"));
}

// Lua 5.1 has no `<close>` and no `coroutine.close`.
#[cfg(feature = "lua54")]
#[test]
fn what_closes_a_coroutine_is_interrupted() {
    let looping =
        "local guard <close> = setmetatable({}, { __close = function() while true do end end })";
    interrupted(&format!(
        "local co = coroutine.create(function() {looping} coroutine.yield() end)\n\
         coroutine.resume(co) coroutine.close(co)"
    ));
    // It dies of the interruption itself, and then closes what it has, in a loop again.
    interrupted(&format!(
        "local co = coroutine.wrap(function() {looping} while true do end end) co()"
    ));
    interrupted(&format!(
        "local co = coroutine.create(function() {looping} while true do end end)\n\
         coroutine.resume(co) coroutine.close(co) while true do end"
    ));
    interrupted(&format!(
        "local co = coroutine.wrap(function() {looping} error('x') end) co()"
    ));
    interrupted(&format!("{looping} while true do end"));
}

// Lua 5.1 has no `<close>` and no `coroutine.close`.
#[cfg(feature = "lua54")]
#[test]
fn what_a_handler_has_to_close_is_closed() {
    let run = interrupted(
        "local guard <close> = setmetatable({}, { __close = function(_, err)\n\
           local sum = 0 for i = 1, 1000 do sum = sum + i end\n\
           print('closed', sum, (err:gsub('%d%.%d+', 'N'))) end })\n\
         while true do end",
    );
    let closed = run.stdout().lines().find(|line| line.contains("closed"));
    let closed = closed.unwrap_or_else(|| panic!("{}", run.transcript()));
    assert!(
        closed.ends_with("closed\t500500\ttimed out after N s at app.lua:5"),
        "{closed}"
    );
}

#[test]
fn lua_code_that_c_code_calls_is_interrupted() {
    for body in [
        // Large, but each comes back.
        "while true do string.rep('x', 1000000) end",
        "local t = setmetatable({}, { __index = function() while true do end end }) return t.x",
        "local t = setmetatable({}, { __add = function() while true do end end }) return t + 1",
        "return tostring(setmetatable({}, { __tostring = function() while true do end end }))",
        "local t = {} for i = 1, 100 do t[i] = i end\n\
         table.sort(t, function(a, b) while true do end end)",
        "return (('x'):rep(10):gsub('x', function() while true do end end))",
        "return (('x'):rep(10):gsub('x', function() pcall(function() while true do end end) end)) and work()",
        "return load('while true do end', '=app.lua')()",
        "print(setmetatable({}, { __tostring = function() while true do end end })) while true do end",
        "return { x = setmetatable({}, { __tojson = function() while true do end end }) }",
        "return require('lambda.json').encode(\n\
         setmetatable({}, { __tojson = function() while true do end end }))",
        "error(setmetatable({}, { __index = function() while true do end end }))",
        "for _ in function() return 1 end do end",
        "return work()",
    ] {
        interrupted(body);
    }
}

#[test]
fn a_module_is_interrupted_at_a_call_and_its_place_named() {
    let run = Function::new(
        "app.lua",
        "return { handler = function() return require('slow').go() end }",
    )
    .file(
        "slow.lua",
        "return { go = function()\nwhile true do end\nend }",
    )
    .handler("app.handler")
    .invoke(short())
    .run();
    let body = run.post().json();
    assert_eq!(body["errorType"], "Function.Timeout");
    assert_eq!(body["stackTrace"][0], "slow.lua:2: in function 'slow.go'");
}

#[test]
fn a_handler_that_caught_it_and_returned_has_timed_out_all_the_same() {
    let run = interrupted("pcall(function() while true do end end) return 'done'");
    assert!(stack(&run).len() >= 2);
}

#[test]
fn a_call_that_waits_in_the_system_is_ended() {
    // Nobody ever writes there, so nothing else ends the wait.
    interrupted(
        "os.execute('mkfifo fifo') local fifo = io.open('fifo', 'r+')\n\
         local text, why, code = fifo:read()\n\
         assert(not text and code == 4, why) while true do end",
    );
    interrupted("local pipe = io.popen('exec sleep 5 2>&1') pipe:read() while true do end");
    let run = interrupted("os.execute('exec sleep 2') return 'slept'");
    assert_eq!(warnings(&run), 1, "{}", run.stdout());
}

fn warnings(run: &Run) -> usize {
    let is_ours = |line: &&str| {
        line.contains("\tWARN\tthe deadline is near and the handler is in native code")
    };
    run.stdout().lines().filter(is_ours).count()
}

#[test]
fn the_record_of_native_code_is_whole_in_both_formats() {
    let handler = "return { handler = function() os.execute('exec sleep 1.5') end }";
    let run = Function::new("main.lua", handler)
        .invoke(short().id("r-\"1"))
        .run();
    let line = run.stdout().lines().next().expect("a record").to_owned();
    let parts: Vec<_> = line.split('\t').collect();
    assert_eq!(parts[1..3], ["r-\"1", "WARN"], "{line}");
    assert!(
        parts[0].len() == 24 && parts[0].starts_with("20") && parts[0].ends_with('Z'),
        "{line}"
    );

    let run = Function::new("main.lua", handler)
        .env("AWS_LAMBDA_LOG_FORMAT", "JSON")
        .invoke(
            short()
                .id("r-\"1")
                .header("Lambda-Runtime-Aws-Tenant-Id", "t\u{e9}\\1"),
        )
        .run();
    let line = run.stdout().lines().next().expect("a record").to_owned();
    let record: Value = serde_json::from_str(&line).expect(&line);
    assert_eq!(
        (&record["level"], &record["requestId"], &record["tenantId"]),
        (&json!("WARN"), &json!("r-\"1"), &json!("t\u{e9}\\1")),
    );
    let time = record["timestamp"].as_str().expect("a time");
    assert!(time.len() == 24 && time.starts_with("20") && time.ends_with('Z'));
    assert!(line.starts_with(r#"{"timestamp":"20"#), "{line}");
    assert!(
        record["message"]
            .as_str()
            .is_some_and(|text| text.contains("native code"))
    );
}

#[test]
fn a_coroutine_that_was_interrupted_and_yielded_goes_on_in_the_next_invocation() {
    let source = "local M, co = {}\n\
        local function work()\n\
          pcall(function() while true do end end)\n\
          coroutine.yield('swallowed')\n\
          local sum = 0\n\
          for i = 1, 100000 do sum = sum + i end\n\
          return sum\n\
        end\n\
        function M.handler(event)\n\
          co = co or coroutine.create(work)\n\
          local ok, value = coroutine.resume(co)\n\
          return { ok = ok, value = value, status = coroutine.status(co) }\n\
        end\n\
        return M";
    let run = Function::new("main.lua", source)
        .invoke(short())
        .invoke(Event::json("{}"))
        .run();
    let posts = run.posts();
    assert_eq!(posts[0].json()["errorType"], "Function.Timeout");
    assert_eq!(
        posts[1].json(),
        json!({"ok": true, "value": 5_000_050_000_i64, "status": "dead"})
    );
}

// Lua 5.1 has no `<close>` and no `coroutine.close`.
#[cfg(feature = "lua54")]
#[test]
fn closing_coroutines_answers_as_lua_does() {
    let source = "local function close(co) return table.pack(pcall(coroutine.close, co)) end\n\
        return { handler = function()\n\
          local fresh = coroutine.create(print)\n\
          local failed = coroutine.create(error)\n\
          coroutine.resume(failed, 'boom')\n\
          local failing = coroutine.create(function()\n\
            local x <close> = setmetatable({}, { __close = function() error('closing', 0) end })\n\
            coroutine.yield()\n\
          end)\n\
          coroutine.resume(failing)\n\
          local outer = coroutine.running()\n\
          return { close(fresh), close(failed), close(failing), close(outer),\n\
            coroutine.wrap(function() return close(outer) end)(), close(7), close(failed) }\n\
        end }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(
        run.post().json(),
        json!([
            {"1": true, "2": true, "n": 2},
            {"1": true, "2": false, "3": "boom", "n": 3},
            {"1": true, "2": false, "3": "closing", "n": 3},
            {"1": false, "2": "cannot close a running coroutine", "n": 2},
            {"1": false, "2": "cannot close a normal coroutine", "n": 2},
            {"1": false, "2": "bad argument #1 to 'coroutine.close' (coroutine expected, got number)", "n": 2},
            {"1": true, "2": true, "n": 2}
        ])
    );
}
