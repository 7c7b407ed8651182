//! Lua's memory is limited: running out of it fails the invocation, whatever it was doing, and the
//! process goes on.

mod support;

use std::path::PathBuf;
use std::rc::Rc;

use moonlayer::config::{Config, Format, Level};
use moonlayer::error::ErrorReport;
use moonlayer::files::Files;
use moonlayer::handler::Handler;
use moonlayer::invocation::Invocation;
use moonlayer::json::Nulls;
use moonlayer::log::Log;
use moonlayer::state::State;
use serde_json::Value;
use support::{Event, Folder, Function, Run};

/// Runs a handler of this body with little memory, then asks it for `"again"`.
fn exhausted(body: &str, event: impl AsRef<[u8]>) -> Run {
    let source = format!(
        "local json, log = require('lambda.json'), require('lambda.log')\n\
         local M, calls = {{}}, 0\n\
         local function grow(t) for i = 1, 1e9 do t[i] = {{}} end end\n\
         function M.handler(event, context)\n\
           calls = calls + 1\n\
           if event == 'again' then return 'again' end\n\
           {body}\n\
         end\n\
         return M"
    );
    let run = Function::new("app.lua", source)
        .handler("app.handler")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "16")
        .invoke(Event::json(event))
        .invoke(Event::json("\"again\""))
        .run();
    let posts = run.posts();
    assert_eq!(posts.len(), 2, "{}", run.transcript());
    assert_eq!(
        posts[0].header("Lambda-Runtime-Function-Error-Type"),
        Some("Function.OutOfMemory"),
        "{body}\n{}",
        run.transcript()
    );
    let report = posts[0].json();
    assert_eq!(report["errorType"], "Function.OutOfMemory");
    assert_eq!(
        report["errorMessage"],
        "not enough memory: Lua may use 8 MB of the function's 16 MB; keep less in memory at a \
         time, or raise the function's memory size",
        "{body}"
    );
    assert!(posts[1].path.ends_with("/response"), "{body}");
    assert_eq!(posts[1].json(), "again");
    run
}

#[test]
fn a_handler_that_runs_out_of_memory_fails_and_the_next_event_is_served() {
    for body in [
        "grow({})",
        "return string.rep('x', 1e9)",
        "local t = {} for i = 1, 1e9 do t[i] = ('%d'):format(i) end return table.concat(t)",
        "local s = 'x' while true do s = s .. s end",
        "return ('x'):rep(3e6):gsub('x', 'yyyyyyyy')",
        "coroutine.wrap(function() grow({}) end)()",
        "local ok, err = coroutine.resume(coroutine.create(grow), {}) error(err, 0)",
        "local ok, err = coroutine.resume(coroutine.create(grow), {}) error(err)",
        "local ok, err = pcall(grow, {}) assert(not ok and err == 'not enough memory') error(err, 0)",
        "xpcall(error, function() grow({}) end) grow({})",
        "json.decode('[' .. ('{},'):rep(500000) .. '{}]')",
        "return json.encode(('x'):rep(5e6))",
        "local t = {} for i = 1, 100 do t[i] = ('x'):rep(1e5) .. i end return t",
        "local s = ('x'):rep(1e5) local t = {} for i = 1, 100 do t[i] = s end return json.encode(t)",
        "return setmetatable({}, { __tojson = function() grow({}) end })",
        "print(setmetatable({}, { __tostring = function() grow({}) end }))",
        "local all = {} for i = 1, 1e9 do all[i] = log.with({ n = i }) end",
        "local all = {} for i = 1, 1e9 do all[i] = coroutine.create(print) end",
        "return load('return {' .. ('{},'):rep(2e6) .. '}')()",
    ] {
        exhausted(body, "{}");
    }
}

#[test]
fn an_event_too_large_for_luas_memory_is_not_called_malformed() {
    let event = format!("[{}{{}}]", "{},".repeat(400_000));
    let run = exhausted("return calls", event);
    assert_eq!(run.posts()[0].json()["stackTrace"], serde_json::json!([]));
}

#[test]
fn a_file_too_large_for_luas_memory_is_an_init_error() {
    for source in [
        "local t = {} for i = 1, 1e9 do t[i] = {} end".to_owned(),
        format!("return {{{}}}", "{},".repeat(1_000_000)),
    ] {
        let run = Function::new("app.lua", source)
            .handler("app.handler")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "16")
            .ends()
            .run();
        assert_eq!(run.exit_code(), 1);
        let post = run.post();
        assert!(post.path.ends_with("/init/error"));
        assert_eq!(post.json()["errorType"], "Function.OutOfMemory");
        let message = post.json()["errorMessage"].to_string();
        assert!(
            message.contains("8 MB of the function's 16 MB"),
            "{message}"
        );
    }
}

#[test]
fn pcall_sees_luas_own_error_from_the_built_ins_too() {
    let source = "local json = require('lambda.json')\n\
        return { handler = function()\n\
          -- LuaJIT collects nothing when it runs out.\n\
          local function try(f, ...) collectgarbage() return (select(2, pcall(f, ...))) end\n\
          local big = ('x'):rep(2e6) collectgarbage()\n\
          local text = '[' .. ('{},'):rep(200000) .. '{}]'\n\
          local function tostring() return ('x'):rep(1e9) end\n\
          return {\n\
            try(json.decode, text),\n\
            try(json.encode, { big, big, big, big, big }),\n\
            try(print, setmetatable({}, { __tostring = tostring })),\n\
            try(string.rep, 'x', 1e9),\n\
            try(function() return json.raw('\"' .. big .. big .. '\"') end),\n\
          }\n\
        end }";
    let run = Function::new("main.lua", source)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "16")
        .invoke(Event::json("{}"))
        .run();
    let message = "not enough memory";
    assert_eq!(
        run.post().json(),
        serde_json::json!([message, message, message, message, message])
    );
}

#[test]
fn memory_goes_back_to_the_system_after_it_ran_out() {
    let source = "return { handler = function(event)\n\
          if event == 'fill' then local t = {} for i = 1, 1e9 do t[i] = { i } end end\n\
          local pages = io.open('/proc/self/statm'):read('*a'):match('%d+ (%d+)')\n\
          return tonumber(pages) * 4096\n\
        end }";
    let run = Function::new("main.lua", source)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "64")
        .invoke(Event::json("{}"))
        .invoke(Event::json("\"fill\""))
        .invoke(Event::json("{}"))
        .run();
    let posts = run.posts();
    assert_eq!(posts[1].json()["errorType"], "Function.OutOfMemory");
    let resident = |post: usize| posts[post].json().as_i64().expect("bytes");
    let grown = resident(2) - resident(0);
    assert!(grown < 4 * 1024 * 1024, "{grown} of some 50 MB are left");
}

#[test]
fn without_a_memory_size_there_is_no_limit() {
    let source = "return { handler = function() return #('x'):rep(2e8) end }";
    let run = Function::new("main.lua", source)
        .without_env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(run.post().json(), 200_000_000);
}

/// A function of this process, called as the polling loop calls it.
struct Here {
    state: State,
    handler: Handler,
    config: Config,
    log: Rc<Log>,
    _root: Folder,
}

impl Here {
    fn new(source: &str) -> Self {
        let root = Folder::new();
        root.file("app.lua", source);
        let log = Rc::new(Log::new(Format::Json, Level::Error));
        let files = Files::working_in(PathBuf::from(root.path()));
        let state = State::new(files, Nulls::Null, &log, false).expect("a state");
        moonlayer::coroutine::install(&state.lua).expect("a library");
        state.print_to(&log).expect("a function");
        let handler = Handler::load(&state, Some("app.handler")).expect("a handler");
        let (config, _) = Config::read(|_| None, None);
        Self {
            state,
            handler,
            config,
            log,
            _root: root,
        }
    }

    fn invoke(&self, event: &str) -> Result<Value, ErrorReport> {
        let invocation = Invocation {
            request_id: "request".to_owned(),
            invocation_id: None,
            deadline_ms: Some(4_102_444_800_000),
            invoked_function_arn: Some("arn".to_owned()),
            trace_id: None,
            client_context: Some(r#"{"custom":{"a":[1,2,3]}}"#.to_owned()),
            cognito_identity: Some(r#"{"cognitoIdentityId":"i"}"#.to_owned()),
            tenant_id: None,
            content_type: None,
            event: event.as_bytes().to_vec(),
        };
        let (lua, codec) = (&self.state.lua, &*self.state.codec);
        let event = invocation.event(lua, codec)?;
        let context = invocation.context(lua, codec, &self.config, false)?;
        self.state.deadline.arm(None, &self.log);
        let mut response = Vec::new();
        let outcome = self
            .handler
            .call(&self.state, event, &context, &mut response, |_| false);
        assert_eq!(self.state.deadline.disarm(lua), None);
        moonlayer::coroutine::forget(lua)?;
        outcome.map(|()| serde_json::from_slice(&response).expect("JSON"))
    }
}

#[test]
fn memory_may_run_out_at_any_allocation() {
    let here = Here::new(
        "local json, log = require('lambda.json'), require('lambda.log')\n\
         local function fails(how) error({ type = 'Bad', message = how }) end\n\
         return { handler = function(event, context)\n\
           if event.plain then return { sum = 1 + 1 } end\n\
           local list = {}\n\
           for i = 1, 50 do list[i] = ('%d-%s'):format(i, event.name) end\n\
           local text = json.encode({ list = list, id = context.aws_request_id })\n\
           local back = json.decode(text)\n\
           log.info('filtered', { a = 1 })\n\
           log.with({ n = back.id }).debug('filtered', { list = list })\n\
           print('filtered', setmetatable({}, { __tostring = function() return 'x' .. #text end }))\n\
           local co = coroutine.wrap(function(a) local b = coroutine.yield(a .. a) return b .. b end)\n\
           local twice = co(co('z'))\n\
           local ok, err = pcall(fails, 'caught')\n\
           if not ok and type(err) ~= 'table' then error(err, 0) end\n\
           local dead = coroutine.create(fails)\n\
           local _, why = coroutine.resume(dead, 'dead')\n\
           if type(why) ~= 'table' then error(why, 0) end\n\
           if coroutine.close then coroutine.close(dead) end\n\
           local ok, bad = pcall(json.decode, '{')\n\
           if not bad:find('byte 2', 1, true) then error(bad, 0) end\n\
           return { #back.list, twice, err.message, why.message, context.client_context.custom.a[3] }\n\
         end }",
    );
    let expected = serde_json::json!([50, "zzzz", "caught", "dead", 3]);
    let lua = &here.state.lua;
    let event = r#"{"name":"a name","more":[1,2,{"x":"y"}]}"#;
    // Everything that is made once is there.
    for _ in 0..3 {
        assert_eq!(here.invoke(event).expect("an answer"), expected);
    }
    let (mut failures, mut answers, mut room) = (0, 0, 0);
    while answers < 20 {
        here.state.recover_memory();
        lua.set_memory_limit(lua.used_memory() + room)
            .expect("a limit");
        match here.invoke(event) {
            Ok(answer) => {
                assert_eq!(answer, expected, "with {room} bytes of room");
                answers += 1;
            }
            Err(report) => {
                assert!(
                    report.is_out_of_memory(),
                    "with {room} bytes of room: {report:?}"
                );
                failures += 1;
            }
        }
        lua.set_memory_limit(0).expect("no limit");
        let plain = here.invoke(r#"{"plain":true}"#).expect("an answer");
        assert_eq!(plain, serde_json::json!({"sum": 2}));
        room += 24;
    }
    assert!(failures > 100, "only {failures} runs failed");
    // Never closed, as in the runtime: LuaJIT's own count would be off by what it could not grow.
    std::mem::forget(lua.clone());
}

#[test]
fn the_process_never_takes_more_than_the_functions_memory() {
    for fill in [
        "local t = {} for i = 1, 1e9 do t[i] = { i } end",
        "local t = {} for i = 1, 1e9 do t['key' .. i] = i end",
        "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(100) .. i end",
        "local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(2^20) .. i end",
        "local t = {} for i = 1, 1e9 do t[i] = function() return i end end",
        "local s = 'x' while true do s = s .. s end",
        "return json.decode('[' .. ('[],'):rep(2^20) .. '1]'), json.decode('[' .. ('[[]],'):rep(2^20) .. '1]')",
    ] {
        let source = format!(
            "local json = require('lambda.json')
            local M = {{}}
            function M.handler(event)
              if event == 1 then {fill} end
              return io.open('/proc/self/status'):read('*a'):match('VmHWM:%s*(%d+)')
            end
            return M"
        );
        let run = Function::new("app.lua", source)
            .handler("app.handler")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "96")
            .invoke(Event::json("1"))
            .invoke(Event::json("2"))
            .run();
        let [_, highest] = run.posts()[..] else {
            panic!("{}", run.transcript())
        };
        let highest_kb: u64 = highest
            .json()
            .as_str()
            .expect("a text")
            .parse()
            .expect("kB");
        assert!(highest_kb < 96 * 1024, "{fill}: {highest_kb} kB");
    }
}
