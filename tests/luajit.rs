//! What only the runtime with LuaJIT has, and what its compiler could break.

mod support;

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use support::{Event, Function, Run, bootstrap};

fn app(body: &str) -> Function {
    Function::new(
        "app.lua",
        format!("return {{ handler = function(event, context)\n{body}\nend }}"),
    )
    .handler("app.handler")
}

#[track_caller]
fn answer(function: Function) -> Value {
    let run = function.invoke(Event::json("{}")).run();
    let post = run.post();
    assert!(post.path.ends_with("/response"), "{}", run.transcript());
    post.json()
}

/// The body is interrupted, and the next event is served.
#[track_caller]
fn interrupted(body: &str) -> Run {
    let body = format!("if event.again then return 'again' end\n{body}");
    let run = app(&body)
        .invoke(Event::json("{}").left(Duration::from_millis(400)))
        .invoke(Event::json("{\"again\":true}"))
        .run();
    let posts = run.posts();
    assert_eq!(posts.len(), 2, "{}", run.transcript());
    assert_eq!(posts[0].json()["errorType"], "Function.Timeout", "{body}");
    assert_eq!(posts[1].json(), "again", "{body}");
    run
}

#[test]
fn the_version_names_the_interpreter() {
    let output = Command::new(bootstrap()).arg("--version").output();
    let output = output.expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.ends_with(" (LuaJIT 2.1)\n"), "{said}");
}

#[test]
fn its_own_libraries_are_there_and_the_compiler_is_on() {
    let body = "local ffi, buffer = require('ffi'), require('string.buffer')\n\
        ffi.cdef('int abs(int);')\n\
        local cleared = require('table.new')(4, 0)\n\
        cleared[1] = 1\n\
        require('table.clear')(cleared)\n\
        return { bit.band(6, 3), ffi.C.abs(-7), #cleared, buffer.decode(buffer.encode({ 5 }))[1],\n\
          (jit.status()), jit.version:match('^LuaJIT 2%.1%.') ~= nil, require('jit.opt') ~= nil }";
    assert_eq!(answer(app(body)), json!([2, 7, 0, 5, true, true, true]));
}

#[test]
fn numbers_of_the_context_and_of_events_are_plain() {
    let body = "return { deadline = context.deadline_ms, memory = context.memory_limit_in_mb,\n\
        left = context.get_remaining_time_in_millis() % 1, wide = 2 ^ 53 - 1, small = -3, half = 0.5 }";
    let run = app(body)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .invoke(Event::json("{}").header("Lambda-Runtime-Deadline-Ms", "9007199254740991"))
        .run();
    let text = run.post().text();
    for member in [
        r#""deadline":9007199254740991"#,
        r#""memory":128"#,
        r#""left":0"#,
        r#""wide":9007199254740991"#,
        r#""small":-3"#,
        r#""half":0.5"#,
    ] {
        assert!(text.contains(member), "no {member} in {text}");
    }
}

#[test]
fn c_data_is_refused_with_its_path_and_the_null_of_ffi_is_null() {
    let body = "local ffi, json = require('ffi'), require('lambda.json')\n\
        local met = {}\n\
        for _, value in ipairs({ ffi.new('int64_t', 7), 1LL, ffi.new('int[2]'), 2i }) do\n\
          local ok, message = pcall(json.encode, { a = { value } })\n\
          assert(not ok)\n\
          met[#met + 1] = message\n\
        end\n\
        assert(ffi.cast('void *', json.null) == nil and json.null == json.decode('null'))\n\
        return met";
    let refused = "cannot encode a cdata at $.a[1]";
    assert_eq!(
        answer(app(body)),
        json!([refused, refused, refused, refused])
    );
}

#[test]
fn rocks_of_lua_5_1_are_found_in_the_task_root() {
    let folder = if cfg!(target_arch = "aarch64") {
        "/usr/lib/aarch64-linux-gnu/lua/5.1"
    } else {
        "/usr/lib/x86_64-linux-gnu/lua/5.1"
    };
    let library = std::fs::read(Path::new(folder).join("lpeg.so")).expect("run `tests/setup`");
    let body =
        "return { require('lpeg').match(require('lpeg').P('ab') ^ 1, 'ababx'), (require('pure')) }";
    let function = app(body)
        .file("lua_modules/lib/lua/5.1/lpeg.so", library)
        .file("lua_modules/share/lua/5.1/pure/init.lua", "return 'pure'");
    assert_eq!(answer(function), json!([5, "pure"]));
}

#[test]
fn compiled_loops_are_interrupted() {
    for body in [
        "while true do end",
        "local n = 0 while true do n = n + 1 end",
        "local t = {} for i = 1, 1e15 do t[i % 8] = i end",
        "local function f(n) if n > 0 then return f(n - 1) end end while true do f(100) end",
        "local t = { 1, 2, 3 } while true do for _, v in ipairs(t) do t[1] = v end end",
        "local t = { a = 1, b = 2 } while true do for k, v in pairs(t) do t[k] = v end end",
        "repeat until false",
        "local s = 0 while true do for i = 1, 100 do s = s + i end end",
        "local ffi = require('ffi') local a = ffi.new('int[8]') local i = 0\n\
         while true do i = i + 1 a[i % 8] = i end",
        "while true do pcall(function() while true do end end) end",
        "while true do pcall(error, 'x') end",
        "coroutine.wrap(function() while true do end end)()",
        "local co = coroutine.wrap(function() while true do coroutine.yield(1) end end)\n\
         while true do co() end",
        "xpcall(function() while true do end end, function() while true do end end)",
        "('x'):rep(100):gsub('x', function() while true do end end)",
    ] {
        interrupted(body);
    }
}

#[test]
fn callbacks_of_ffi_are_interrupted() {
    interrupted(
        "local ffi = require('ffi')\n\
         ffi.cdef('void qsort(void *, size_t, size_t, int (*)(const void *, const void *));')\n\
         local a = ffi.new('int[4]', { 4, 3, 2, 1 })\n\
         ffi.C.qsort(a, 4, 4, function() while true do end end)",
    );
}

#[test]
fn an_interruption_says_where_in_compiled_code_it_was() {
    let run =
        interrupted("local function spin()\nwhile true do\nend\nend\nlocal x = spin()\nreturn x");
    let report = run.posts()[0].json();
    let message = report["errorMessage"].as_str().expect("a message");
    let places = ["app.lua:3", "app.lua:4", "app.lua:5"];
    assert!(
        places.iter().any(|place| message.ends_with(place)),
        "{message}"
    );
    assert_eq!(report["stackTrace"][1], "app.lua:7: in function 'handler'");
}

#[test]
fn errors_of_coroutines_show_their_frames() {
    let body = "local function deep() error('boom') end\n\
        local co = coroutine.wrap(function() deep() end)\n\
        co()";
    let run = app(body).invoke(Event::json("{}")).run();
    let report = run.post().json();
    let message = report["errorMessage"].as_str().expect("a message");
    assert!(message.ends_with("app.lua:2: boom"), "{message}");
    let stack = report["stackTrace"].to_string();
    let at = |part: &str| {
        stack
            .find(part)
            .unwrap_or_else(|| panic!("no {part} in {stack}"))
    };
    assert!(at("app.lua:2: in ") < at("app.lua:3: in "), "{stack}");
    assert!(
        at("app.lua:3: in ") < at("app.lua:4: in function 'handler'"),
        "{stack}"
    );
}

#[test]
fn coroutines_that_cannot_be_resumed_say_so() {
    let body = "local dead = coroutine.create(function() end)\n\
        coroutine.resume(dead)\n\
        local failed = coroutine.create(error)\n\
        coroutine.resume(failed, 'x')\n\
        local outer\n\
        outer = coroutine.create(function()\n\
          local inner = coroutine.wrap(function() return select(2, coroutine.resume(outer)) end)\n\
          return inner(), select(2, coroutine.resume(outer))\n\
        end)\n\
        local _, normal, running = coroutine.resume(outer)\n\
        return { select(2, coroutine.resume(dead)), select(2, coroutine.resume(failed)), normal,\n\
          running, select(2, coroutine.resume(outer)) }";
    let dead = "cannot resume dead coroutine";
    let not_suspended = "cannot resume non-suspended coroutine";
    let expected = json!([dead, dead, not_suspended, not_suspended, dead]);
    assert_eq!(answer(app(body)), expected);
}

#[test]
fn coroutines_within_coroutines_without_end_are_an_error() {
    let body = "local function nest() return coroutine.wrap(nest)() end\n\
        local ok, message = pcall(nest)\n\
        return { ok, message:match('C stack overflow$') }";
    assert_eq!(answer(app(body)), json!([false, "C stack overflow"]));
    // While the file loads, too.
    let source = "local function nest() return coroutine.wrap(nest)() end\n\
        local ok = pcall(nest)\n\
        return { handler = function() return ok end }";
    let function = Function::new("app.lua", source).handler("app.handler");
    assert_eq!(answer(function), json!(false));
}

#[test]
fn calls_of_c_within_each_other_without_end_are_an_error() {
    for body in [
        "local function nest() return (('x'):gsub('x', nest)) end nest()",
        "local function nest() table.sort({ 3, 2, 1 }, nest) end nest()",
    ] {
        let body = format!("if event.again then return 'again' end\n{body}");
        let run = app(&body)
            .invoke(Event::json("{}"))
            .invoke(Event::json("{\"again\":true}"))
            .run();
        let posts = run.posts();
        assert_eq!(posts.len(), 2, "{}", run.transcript());
        let report = posts[0].json();
        let message = report["errorMessage"].as_str().expect("a message");
        assert!(message.contains("stack overflow"), "{body}: {message}");
        assert_eq!(posts[1].json(), "again", "{body}");
    }
}

#[test]
fn compiled_code_that_runs_out_of_memory_fails_its_event_alone() {
    for body in [
        "local t = {} for i = 1, 1e9 do t[i] = { i } end",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} for i = 1, 1e9 do t[i] = tostring(i) .. 'x' end",
        "local t = {} for i = 1, 1e9 do t[i] = function() return i end end",
        "local buffer = require('string.buffer').new() while true do buffer:put('some text') end",
    ] {
        let body = format!("if event.again then return 'again' end\n{body}");
        let mut function = app(&body).env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "32");
        for _ in 0..3 {
            function = function
                .invoke(Event::json("{}"))
                .invoke(Event::json("{\"again\":true}"));
        }
        let run = function.run();
        for (nth, post) in run.posts().iter().enumerate() {
            match nth % 2 {
                0 => assert_eq!(post.json()["errorType"], "Function.OutOfMemory", "{body}"),
                _ => assert_eq!(post.json(), "again", "{body}"),
            }
        }
        assert_eq!(run.posts().len(), 6, "{body}");
    }
}
