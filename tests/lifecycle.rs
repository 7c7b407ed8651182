//! The hooks of `lambda.lifecycle` around initialisation and invocations.

mod support;
#[path = "lifecycle/time.rs"]
mod time;

use serde_json::json;
use support::{Answer, Event, Function, Run, lua};

/// A function whose file begins with `on = require("lambda.lifecycle").on`.
fn function(source: &str) -> Function {
    let source = format!("local on = require('lambda.lifecycle').on\n{source}");
    Function::new("main.lua", source)
}

/// What stands behind the last tab of each record.
fn messages(run: &Run) -> Vec<&str> {
    let last = |line: &'_ str| line.rfind('\t').map_or(0, |tab| tab + 1);
    let lines = run.stdout().lines();
    lines.map(|line| &line[last(line)..]).collect()
}

#[test]
fn every_hook_runs_at_its_moment_and_in_the_order_of_registration() {
    let run = function(
        "for i = 1, 2 do
          on('init', function() print('init', i) end)
          on('before_invoke', function(event, context) print('before', i, event.n, context.aws_request_id) end)
          on('after_invoke', function(context, err) print('after', i, context.aws_request_id, err) end)
        end
        print('loaded')
        return { handler = function(event) print('handler', event.n) return event end }",
    )
    .invoke(Event::json(r#"{"n":1}"#))
    .invoke(Event::json(r#"{"n":2}"#))
    .run();
    let said: Vec<_> = run
        .stdout()
        .lines()
        .map(|line| line.splitn(4, '\t').skip(3).collect::<String>())
        .collect();
    assert_eq!(
        said,
        [
            "loaded",
            "init\t1",
            "init\t2",
            "before\t1\t1\trequest-1",
            "before\t2\t1\trequest-1",
            "handler\t1",
            "after\t1\trequest-1\tnil",
            "after\t2\trequest-1\tnil",
            "before\t1\t2\trequest-2",
            "before\t2\t2\trequest-2",
            "handler\t2",
            "after\t1\trequest-2\tnil",
            "after\t2\trequest-2\tnil",
        ]
    );
    // Written before the first /next; and, of after_invoke, after the answer and before the next.
    let requests = run.requests();
    assert!(run.stdout_at(&requests[0]).ends_with("init\t2\n"));
    assert!(run.stdout_at(&requests[1]).ends_with("handler\t1\n"));
    assert!(
        run.stdout_at(&requests[2])
            .ends_with("after\t2\trequest-1\tnil\n")
    );
}

#[test]
fn after_invoke_is_logged_under_the_request_and_buffered_output_leaves_before_the_next() {
    let run = function(
        "on('after_invoke', function() print('mine') io.write('raw\\n') end)
        return { handler = function() end }",
    )
    .invoke(Event::json("{}"))
    .run();
    let next = &run.requests()[2];
    assert_eq!(next.path, "/2018-06-01/runtime/invocation/next");
    assert!(run.stdout_at(next).contains("\trequest-1\tINFO\tmine\n"));
    assert!(run.stdout_at(next).ends_with("raw\n"));
}

#[test]
fn an_error_in_an_init_hook_is_an_init_error_of_its_own_type() {
    let run = function(
        "on('init', function() error({ type = 'NoDatabase', message = 'no db' }) end)
        on('init', function() print('never') end)
        return { handler = function() end }",
    )
    .ends()
    .run();
    assert_eq!(run.exit_code(), 1);
    let post = run.post();
    assert_eq!(post.path, "/2018-06-01/runtime/init/error");
    let header = post.header("Lambda-Runtime-Function-Error-Type");
    assert_eq!(header, Some("Function.NoDatabase"));
    let stack = json!(["main.lua:2: in function <main.lua:2>"]);
    assert_eq!(
        post.json(),
        json!({"errorType": "NoDatabase", "errorMessage": "no db", "stackTrace": stack})
    );
    assert!(run.stdout().contains("\t-\tERROR\tNoDatabase: no db"));
    assert!(!run.stdout().contains("never"));
}

#[test]
fn a_hook_that_returns_nil_and_an_error_fails_as_a_handler_does() {
    let run = function(
        "on('init', function() return nil, 'no config' end)
        return { handler = function() end }",
    )
    .ends()
    .run();
    assert_eq!(run.post().json()["errorMessage"], "no config");
    assert_eq!(run.exit_code(), 1);
}

#[test]
fn os_exit_in_an_init_hook_is_an_init_error_that_says_so() {
    let run = function("on('init', function() os.exit(3) end) return { handler = print }")
        .ends()
        .run();
    assert_eq!(run.exit_code(), 1);
    assert_eq!(run.post().json()["errorType"], "Runtime.ImportModuleError");
    assert_eq!(
        run.post().json()["errorMessage"],
        "an init hook called os.exit(3)"
    );
}

#[test]
fn an_error_in_before_invoke_fails_the_invocation_and_the_handler_is_not_called() {
    let run = function(
        "local calls = 0
        on('before_invoke', function(event) if event.bad then error('refused') end end)
        on('after_invoke', function(_, err) if err then print(err.type, err.message, err.stack_trace[1]) end end)
        return { handler = function() calls = calls + 1 return calls end }",
    )
    .invoke(Event::json(r#"{"bad":true}"#))
    .invoke(Event::json("{}"))
    .run();
    let posts = run.posts();
    assert_eq!(
        posts[0].path,
        "/2018-06-01/runtime/invocation/request-1/error"
    );
    assert_eq!(posts[0].json()["errorMessage"], "main.lua:3: refused");
    assert_eq!(posts[1].text(), "1");
    let after = "INFO\tLuaError\tmain.lua:3: refused\tmain.lua:3: in function <main.lua:3>";
    assert!(run.stdout().contains(after), "{}", run.stdout());
}

#[test]
fn an_error_in_after_invoke_is_logged_with_its_stack_and_nothing_else() {
    let run = function(
        "on('after_invoke', function() error('late') end)
        on('after_invoke', function() print('still') end)
        return { handler = function(event) return event end }",
    )
    .invoke(Event::json("1"))
    .invoke(Event::json("2"))
    .run();
    let posts: Vec<_> = run
        .posts()
        .iter()
        .map(|post| (&*post.path, post.text()))
        .collect();
    assert_eq!(
        posts,
        [
            ("/2018-06-01/runtime/invocation/request-1/response", "1"),
            ("/2018-06-01/runtime/invocation/request-2/response", "2"),
        ]
    );
    let records: Vec<_> = run
        .stdout()
        .lines()
        .map(|line| line.split_once('\t').expect("a record").1)
        .collect();
    let late = "ERROR\tLuaError: main.lua:2: late\r    main.lua:2: in function <main.lua:2>";
    assert_eq!(
        records,
        [
            format!("request-1\t{late}"),
            "request-1\tINFO\tstill".to_owned(),
            format!("request-2\t{late}"),
            "request-2\tINFO\tstill".to_owned(),
        ]
    );
}

#[test]
fn after_invoke_gets_the_error_of_a_failed_handler() {
    let run = function(
        "local hook = { __call = function(_, context, err) print(err.type .. '/' .. err.message) end }
        on('after_invoke', setmetatable({}, hook))
        return { handler = function() error({ type = 'No', message = 'no 7' }) end }",
    )
    .invoke(Event::json("{}"))
    .run();
    assert!(
        run.stdout().ends_with("INFO\tNo/no 7\n"),
        "{}",
        run.stdout()
    );
}

#[test]
fn the_handler_and_the_hooks_around_it_share_event_and_context() {
    let run = function(
        "on('before_invoke', function(event, context) event.n, context.user = 7, 'ada' end)
        on('after_invoke', function(context) print(context.user) end)
        return { handler = function(event, context) return { event.n, context.user } end }",
    )
    .invoke(Event::json("{}"))
    .run();
    assert_eq!(run.post().text(), r#"[7,"ada"]"#);
    assert_eq!(messages(&run), ["ada"]);
}

#[test]
fn an_event_that_cannot_be_decoded_reaches_no_hook() {
    let run = function(
        "on('before_invoke', function() print('hook') end)
        on('after_invoke', function() print('hook') end)
        return { handler = function() end }",
    )
    .invoke(Event::json("{"))
    .run();
    assert_eq!(run.post().json()["errorType"], "Runtime.UnmarshalError");
    assert!(!run.stdout().contains("hook"));
}

#[test]
fn hooks_around_invocations_may_be_added_at_any_time() {
    let run = Function::new(
        "main.lua",
        "return { handler = function(event)
          local on = require('lambda.lifecycle').on
          if event == 1 then
            on('before_invoke', function(event) print('before', event) end)
            on('after_invoke', function() print('after', event) end)
          end
        end }",
    )
    .invoke(Event::json("1"))
    .invoke(Event::json("2"))
    .run();
    assert_eq!(messages(&run), ["1", "2", "1"]);
    assert!(run.stdout().contains("before\t2"));
}

#[test]
fn a_hook_whose_moment_has_passed_is_refused() {
    for (name, remedy) in [
        ("init", ""),
        ("before_snapshot", " or in an 'init' hook"),
        ("after_restore", " or in an 'init' hook"),
        ("shutdown", " or in an 'init' hook"),
    ] {
        let source = format!("return {{ handler = function()\non('{name}', print)\nend }}");
        let run = function(&source).invoke(Event::json("{}")).run();
        assert_eq!(
            run.post().json()["errorMessage"],
            format!(
                "main.lua:3: too late to register '{name}': register it while the handler's file \
                 loads{remedy}"
            )
        );
    }
}

#[test]
fn an_init_hook_may_register_all_but_another_of_its_kind() {
    let run = function(
        "on('init', function()
          for _, name in ipairs({ 'before_invoke', 'after_invoke', 'before_snapshot', 'after_restore' }) do
            on(name, function() end)
          end
          print(select(2, pcall(on, 'init', print)))
        end)
        return { handler = function() end }",
    )
    .run();
    assert!(
        run.stdout()
            .contains("too late to register 'init': register it while the handler's file loads\n"),
        "{}",
        run.stdout()
    );
}

#[test]
fn a_wrong_argument_is_named() {
    let names = "init, before_invoke, after_invoke, before_snapshot, after_restore, shutdown";
    for (arguments, expected) in [
        (
            "'start', print",
            format!("#1 to 'on' (no hook is called \"start\"; it takes: {names})"),
        ),
        (
            "7, print",
            format!("#1 to 'on' (name of a hook expected, got number; it takes: {names})"),
        ),
        (
            "",
            format!("#1 to 'on' (name of a hook expected, got nil; it takes: {names})"),
        ),
        (
            "'init'",
            "#2 to 'on' (function expected, got nil)".to_owned(),
        ),
        (
            "'init', {}",
            "#2 to 'on' (function expected, got table)".to_owned(),
        ),
        (
            "'init', setmetatable({}, { __call = print })",
            "none".to_owned(),
        ),
    ] {
        let script = format!("local on = require('lambda.lifecycle').on\non({arguments})");
        let output = lua(["-e", &script]);
        let said = String::from_utf8_lossy(&output.stderr);
        if expected == "none" {
            assert!(output.status.success(), "{said}");
            continue;
        }
        let first = said.lines().next().unwrap_or_default();
        assert!(
            first.ends_with(&format!(":2: bad argument {expected}")),
            "{first}"
        );
    }
}

#[test]
fn os_exit_in_after_invoke_ends_the_process_and_posts_nothing_more() {
    let run = function(
        "on('after_invoke', function() os.exit(7) end)
        return { handler = function() return 'done' end }",
    )
    .invoke(Event::json("{}"))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 7);
    assert_eq!(run.post().text(), r#""done""#);
}

#[test]
fn after_invoke_runs_when_the_response_was_refused_as_too_large() {
    let run = function(
        "on('after_invoke', function(_, err) print('after', err) end)
        return { handler = function() return 'x' end }",
    )
    .invoke(Event::json("{}"))
    .posted(Answer::status(413).before_body())
    .run();
    assert!(run.stdout().ends_with("after\tnil\n"), "{}", run.stdout());
}
