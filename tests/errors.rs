//! What a failed invocation and a failed initialisation tell the caller, the service and the log.

mod support;

use serde_json::json;
use support::{Event, Function, Request};

/// Runs a handler of this body once.
fn failure(body: &str) -> (String, serde_json::Value) {
    let source = format!("return {{ handler = function(event, context)\n{body}\nend }}");
    let run = Function::new("app.lua", source)
        .handler("app.handler")
        .invoke(Event::json("{}"))
        .invoke(Event::json("{}"))
        .run();
    let posts = run.posts();
    assert_eq!(posts.len(), 2, "the process goes on");
    assert!(
        posts[0].path.ends_with("/request-1/error"),
        "{}",
        run.transcript()
    );
    (error_type(posts[0]), posts[0].json())
}

fn error_type(post: &Request) -> String {
    post.header("Lambda-Runtime-Function-Error-Type")
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn an_error_string_keeps_its_position_and_gets_no_prefix() {
    let (header, body) = failure("error('boom')");
    assert_eq!(header, "Function.LuaError");
    assert_eq!(
        body,
        json!({"errorMessage": "app.lua:2: boom", "errorType": "LuaError",
               "stackTrace": ["app.lua:2: in function 'handler'"]})
    );
}

#[test]
fn an_error_of_luas_own_has_the_place_it_happened() {
    let (_, body) = failure("local t\nlocal function f() return t.x end\nlocal x = f()\nreturn x");
    assert_eq!(
        body["errorMessage"],
        "app.lua:3: attempt to index a nil value (upvalue 't')"
    );
    assert_eq!(
        body["stackTrace"],
        json!([
            "app.lua:3: in local 'f'",
            "app.lua:4: in function 'handler'"
        ])
    );
}

#[test]
fn an_error_table_gives_type_and_message() {
    let (header, body) = failure("error({type = 'OrderNotFound', message = 'no 7'})");
    assert_eq!(header, "Function.OrderNotFound");
    assert_eq!(body["errorType"], "OrderNotFound");
    assert_eq!(body["errorMessage"], "no 7");
    assert_eq!(
        body["stackTrace"],
        json!(["app.lua:2: in function 'handler'"])
    );
}

#[test]
fn a_type_that_the_service_would_rewrite_stays_in_the_body() {
    for odd in ["E404", "my error", "Order.NotFound", "A", "größe", ""] {
        let (header, body) = failure(&format!("error({{type = '{odd}', message = 'm'}})"));
        assert_eq!(
            (header.as_str(), &body["errorType"]),
            ("Function.LuaError", &json!(odd))
        );
    }
}

#[test]
fn an_error_table_without_a_type_is_a_lua_error() {
    let (header, body) = failure("error({message = 'no 7'})");
    assert_eq!(
        (header.as_str(), &body["errorType"]),
        ("Function.LuaError", &json!("LuaError"))
    );
    assert_eq!(body["errorMessage"], "no 7");
}

#[test]
fn another_table_is_shown_by_its_tostring_or_as_json() {
    let (_, body) = failure("error({code = 7})");
    assert_eq!(body["errorMessage"], r#"{"code":7}"#);
    let (_, body) =
        failure("error(setmetatable({code = 7}, {__tostring = function() return 'seven' end}))");
    assert_eq!(body["errorMessage"], "seven");
    let (header, body) = failure("error({type = 'Odd', code = 7})");
    assert_eq!(
        (header.as_str(), &body["errorType"]),
        ("Function.Odd", &json!("Odd"))
    );
    assert!(
        body["errorMessage"]
            .as_str()
            .unwrap()
            .contains(r#""code":7"#)
    );
    let (_, body) = failure("error({f = print})");
    assert!(
        body["errorMessage"]
            .as_str()
            .unwrap()
            .starts_with("table: ")
    );
    let (_, body) = failure("error(setmetatable({}, {__tostring = function() error('no') end}))");
    assert_eq!(body["errorMessage"], "{}");
}

#[test]
fn an_error_class_may_keep_its_type_behind_an_index() {
    let (header, body) = failure(
        "local Class = {type = 'NotFound'}\nClass.__index = Class\n\
         error(setmetatable({message = 'gone'}, Class))",
    );
    assert_eq!(header, "Function.NotFound");
    assert_eq!(body["errorMessage"], "gone");
}

#[test]
fn any_other_value_is_shown_as_tostring_shows_it() {
    for (thrown, message) in [
        ("", "nil"),
        ("nil", "nil"),
        ("true", "true"),
        ("42", "42"),
        ("1.5", "1.5"),
    ] {
        let (header, body) = failure(&format!("error({thrown})"));
        assert_eq!(header, "Function.LuaError");
        assert_eq!(body["errorMessage"], message);
        assert_eq!(body["errorType"], "LuaError");
    }
}

#[test]
fn a_second_value_that_is_not_nil_is_the_error() {
    let (header, body) = failure("return nil, 'no such order'");
    assert_eq!(header, "Function.LuaError");
    assert_eq!(body["errorMessage"], "no such order");
    let (header, _) = failure("return nil, {type = 'OrderNotFound', message = 'no 7'}");
    assert_eq!(header, "Function.OrderNotFound");
    let (_, body) = failure("return {ok = true}, false");
    assert_eq!(body["errorMessage"], "false");
}

#[test]
fn text_that_is_not_utf_8_is_still_json() {
    let (_, body) = failure("error('a\\xff\\0b', 0)");
    assert_eq!(body["errorMessage"], "a\u{fffd}\0b");
}

#[test]
fn a_result_that_cannot_be_encoded_is_named_with_its_path() {
    for (result, message) in [
        (
            "{items = {1, 2, {cb = print}}}",
            "cannot encode a function at $.items[3].cb",
        ),
        ("'\\xff'", "$"),
        ("0/0", "$"),
    ] {
        let (header, body) = failure(&format!("return {result}"));
        assert_eq!(header, "Runtime.MarshalError");
        assert_eq!(body["errorType"], "Runtime.MarshalError");
        assert!(
            body["errorMessage"].as_str().unwrap().contains(message),
            "{body}"
        );
    }
    let (header, _) = failure("local t = {} t.t = t return t");
    assert_eq!(header, "Runtime.MarshalError");
}

#[test]
fn an_event_that_is_not_json_fails_without_a_call() {
    let run = Function::new(
        "app.lua",
        "return { handler = function() print('called') end }",
    )
    .handler("app.handler")
    .invoke(Event::json(r#"{"a":}"#))
    .run();
    assert_eq!(error_type(run.post()), "Runtime.UnmarshalError");
    let body = run.post().json();
    assert_eq!(body["errorType"], "Runtime.UnmarshalError");
    assert!(
        body["errorMessage"].as_str().unwrap().contains('6'),
        "the position: {body}"
    );
    assert!(!run.stdout().contains("called"));
}

#[test]
fn frames_are_named_as_lua_names_them() {
    let run = Function::new(
        "app.lua",
        "local orders = require('lib.orders')\nreturn { handler = function(event)\n\
         local answer = orders.find(event)\nreturn answer\nend }",
    )
    .file(
        "lib/orders.lua",
        "local M = {}\nfunction M.find(event)\nlocal x = M.check(event)\nreturn x\nend\n\
         function M.check()\nerror('bad')\nend\nreturn M",
    )
    .handler("app.handler")
    .invoke(Event::json("{}"))
    .run();
    assert_eq!(
        run.post().json()["stackTrace"],
        json!([
            "lib/orders.lua:7: in function 'lib.orders.check'",
            "lib/orders.lua:3: in function 'lib.orders.find'",
            "app.lua:3: in function 'handler'"
        ])
    );
}

#[test]
fn an_error_in_a_wrapped_coroutine_shows_its_frames() {
    let (_, body) = failure(
        "local function deep() error('boom') end\n\
         local co = coroutine.wrap(function() deep() end)\nco()",
    );
    assert_eq!(body["errorMessage"], "app.lua:4: app.lua:2: boom");
    assert_eq!(
        body["stackTrace"],
        json!([
            "app.lua:2: in upvalue 'deep'",
            "app.lua:3: in function <app.lua:3>",
            "app.lua:4: in function 'handler'"
        ])
    );
}

#[test]
fn an_error_raised_again_after_resume_shows_the_coroutines_frames() {
    for (raise, message) in [
        ("error(err, 0)", "app.lua:2: boom"),
        ("error(err)", "app.lua:4: app.lua:2: boom"),
        ("assert(ok, err)", "app.lua:4: app.lua:2: boom"),
    ] {
        let (_, body) = failure(&format!(
            "local co = coroutine.create(function() error('boom') end)\n\
             local ok, err = coroutine.resume(co)\n{raise}"
        ));
        assert_eq!(body["errorMessage"], message);
        assert_eq!(
            body["stackTrace"],
            json!([
                "app.lua:2: in function <app.lua:2>",
                "app.lua:4: in function 'handler'"
            ])
        );
    }
}

#[test]
fn frames_go_through_coroutines_in_coroutines() {
    let (_, body) = failure(
        "local inner = coroutine.wrap(function() error({type = 'Deep', message = 'd'}) end)\n\
         local outer = coroutine.wrap(function() inner() end)\nouter()",
    );
    assert_eq!(
        body["stackTrace"],
        json!([
            "app.lua:2: in function <app.lua:2>",
            "app.lua:3: in function <app.lua:3>",
            "app.lua:4: in function 'handler'"
        ])
    );
}

#[test]
fn a_coroutine_that_failed_before_leaves_no_frames_in_another_error() {
    let (_, body) = failure(
        "coroutine.resume(coroutine.create(function() error('first') end))\nerror('second')",
    );
    assert_eq!(
        body["stackTrace"],
        json!(["app.lua:3: in function 'handler'"])
    );
}

#[test]
fn a_very_deep_stack_keeps_its_ends() {
    let (_, body) = failure("local function f() return 1 + f() end\nreturn f()");
    assert!(
        body["errorMessage"]
            .as_str()
            .unwrap()
            .contains("stack overflow")
    );
    let stack = body["stackTrace"].as_array().unwrap();
    assert!((20..100).contains(&stack.len()), "{}", stack.len());
}

#[test]
fn every_failure_is_one_error_record_whatever_the_level() {
    for (format, level) in [("TEXT", "FATAL"), ("JSON", "FATAL")] {
        let run = Function::new(
            "app.lua",
            "return { handler = function()\nerror('boom')\nend }",
        )
        .handler("app.handler")
        .env("AWS_LAMBDA_LOG_FORMAT", format)
        .env("AWS_LAMBDA_LOG_LEVEL", level)
        .invoke(Event::json("{}"))
        .run();
        let lines: Vec<&str> = run.stdout().split_terminator('\n').collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
        if format == "JSON" {
            let record: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
            assert_eq!(record["level"], "ERROR");
            assert_eq!(record["requestId"], "request-1");
            assert_eq!(record["errorType"], "LuaError");
            assert_eq!(record["errorMessage"], "app.lua:2: boom");
            assert_eq!(
                record["stackTrace"],
                json!(["app.lua:2: in function 'handler'"])
            );
        } else {
            let (_, rest) = lines[0].split_once('\t').unwrap();
            assert_eq!(
                rest,
                "request-1\tERROR\tLuaError: app.lua:2: boom\r    app.lua:2: in function 'handler'"
            );
        }
    }
}

#[test]
fn a_traced_failure_has_its_cause_for_xray() {
    let cause = |trace: &str, body: &str| {
        let source = format!("return {{ handler = function()\n{body}\nend }}");
        let run = Function::new("app.lua", source)
            .handler("app.handler")
            .invoke(Event::json("{}").header("Lambda-Runtime-Trace-Id", trace))
            .run();
        let root = run.root().path().display().to_string();
        let cause = run
            .post()
            .header("Lambda-Runtime-Function-XRay-Error-Cause")
            .map(str::to_owned);
        cause.map(|cause| (cause, root))
    };
    let (header, root) = cause("Root=1-a;Parent=b;Sampled=1", "error('gro\u{df}')").unwrap();
    assert!(header.is_ascii());
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&header).unwrap(),
        json!({
            "working_directory": root,
            "exceptions": [{
                "message": "app.lua:2: gro\u{df}",
                "type": "LuaError",
                "stack": [{"path": "app.lua", "line": 2, "label": "function 'handler'"}]
            }],
            "paths": ["app.lua"]
        })
    );
    assert_eq!(cause("Root=1-a;Parent=b;Sampled=0", "error('x')"), None);
    assert_eq!(cause("", "error('x')"), None);
    assert_eq!(
        cause("Root=1-a;Sampled=1", "error(string.rep('x', 20000))"),
        None
    );
}

#[test]
fn os_exit_in_a_handler_is_told_and_ends_the_process() {
    for (call, status) in [
        ("os.exit(3)", 3),
        ("os.exit(0)", 1),
        ("os.exit(true)", 1),
        ("os.exit()", 1),
        ("os.exit(false)", 1),
        ("os.exit(256)", 1),
        ("os.exit(3, true)", 3),
    ] {
        let source =
            format!("return {{ handler = function()\npcall(function() {call} end)\nend }}");
        let run = Function::new("app.lua", source)
            .handler("app.handler")
            .invoke(Event::json("{}"))
            .ends()
            .run();
        assert_eq!(run.exit_code(), status, "{call}");
        let post = run.post();
        assert_eq!(error_type(post), "Runtime.ExitError");
        assert_eq!(post.json()["errorType"], "Runtime.ExitError");
        let shown = call.replace(", true", "");
        assert_eq!(
            post.json()["errorMessage"],
            format!("handler called {shown}")
        );
        assert!(run.stdout().contains(&shown));
    }
}

#[test]
fn os_exit_checks_its_argument_as_luas_does() {
    let (_, body) = failure("os.exit('later')");
    assert_eq!(
        body["errorMessage"],
        "app.lua:2: bad argument #1 to 'exit' (number expected, got string)"
    );
}

/// Starts a function that does not load.
fn init_failure(source: &str, handler: &str) -> (String, String, String) {
    let run = Function::new("app.lua", source)
        .handler(handler)
        .ends()
        .run();
    assert_eq!(run.exit_code(), 1);
    assert_eq!(run.requests().len(), 1, "next is never called");
    let post = run.post();
    assert_eq!(post.path, "/2018-06-01/runtime/init/error");
    let body = post.json();
    assert_eq!(error_type(post), body["errorType"]);
    let records: Vec<&str> = run.stdout().split_terminator('\n').collect();
    assert_eq!(records.len(), 1, "{records:?}");
    assert!(records[0].contains("\t-\tERROR\t"));
    let root = run.root().path().display().to_string();
    let message = body["errorMessage"]
        .as_str()
        .unwrap()
        .replace(&root, "ROOT");
    (error_type(post), message, body["stackTrace"].to_string())
}

#[test]
fn a_missing_file_is_told_with_every_path_tried_once() {
    let (kind, message, _) = init_failure("return {}", "src/orders.create");
    assert_eq!(kind, "Runtime.ImportModuleError");
    for path in ["ROOT/src/orders.lua", "ROOT/src/orders/init.lua"] {
        assert_eq!(message.matches(path).count(), 1, "{message}");
    }
}

#[test]
fn a_missing_module_is_told_with_every_path_tried_once() {
    let (kind, message, stack) = init_failure("local x = require('nope.deep')", "app.handler");
    assert_eq!(kind, "Runtime.ImportModuleError");
    assert!(
        message.starts_with("app.lua:1: module 'nope.deep' not found:"),
        "{message}"
    );
    for path in [
        "no file 'ROOT/nope/deep.lua'",
        "no file 'ROOT/nope/deep/init.lua'",
        "no file 'ROOT/lua_modules/share/lua/5.4/nope/deep.lua'",
        "no file '/opt/share/lua/5.4/nope/deep.lua'",
        "no file '/opt/lua/nope/deep/init.lua'",
        "no file '/usr/local/share/lua/5.4/nope/deep.lua'",
        "no file 'ROOT/nope/deep.so'",
        "no file 'ROOT/lua_modules/lib/lua/5.4/nope/deep.so'",
        "no file '/opt/lib/lua/5.4/nope/deep.so'",
        "no file 'ROOT/nope.so'",
    ] {
        assert_eq!(message.matches(path).count(), 1, "{path} in {message}");
    }
    assert_eq!(stack, r#"["app.lua:1: in main chunk"]"#);
}

#[test]
fn a_file_that_raises_while_loading_is_told_with_its_stack() {
    let (kind, message, stack) = init_failure(
        "local function connect()\nerror('no database')\nend\nconnect()",
        "app.handler",
    );
    assert_eq!(kind, "Runtime.ImportModuleError");
    assert_eq!(message, "app.lua:2: no database");
    assert_eq!(
        stack,
        r#"["app.lua:2: in local 'connect'","app.lua:4: in main chunk"]"#
    );
}

#[test]
fn a_file_that_does_not_parse_is_told_with_its_line() {
    let (kind, message, _) = init_failure("local x = 1\n\n\nlocal = 2\n", "app.handler");
    assert_eq!(kind, "Runtime.UserCodeSyntaxError");
    assert!(message.starts_with("app.lua:4: "), "{message}");
}

#[test]
fn a_required_file_that_does_not_parse_is_told_with_its_line() {
    let run = Function::new("app.lua", "require('lib.util')")
        .file("lib/util.lua", "return {\n  a = = 1,\n}")
        .handler("app.handler")
        .ends()
        .run();
    assert_eq!(error_type(run.post()), "Runtime.UserCodeSyntaxError");
    let message = run.post().json()["errorMessage"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(message.starts_with("lib/util.lua:2: "), "{message}");
}

#[test]
fn a_missing_function_is_told_with_those_that_are_there() {
    let (kind, message, _) = init_failure(
        "return { update = print, create = setmetatable({}, {__call = print}), version = 1 }",
        "app.delete",
    );
    assert_eq!(kind, "Runtime.HandlerNotFound");
    assert_eq!(
        message,
        r#"app.lua has no function "delete"; it has: create, update"#
    );
}

#[test]
fn each_wrong_shape_of_a_file_has_its_remedy() {
    for (source, handler, part) in [
        (
            "return function() end",
            "app.handler",
            r#"set the handler to "app""#,
        ),
        ("return { handler = print }", "app", "one of: handler"),
        ("return 7", "app.handler", "number"),
        ("function Handler() end", "app.handler", "it sets: Handler"),
        ("", "app.handler", "returns nothing"),
        ("", "app", "returns nothing"),
        (
            "return { handler = 'text' }",
            "app.handler",
            "it has: no function",
        ),
    ] {
        let (kind, message, _) = init_failure(source, handler);
        assert_eq!(kind, "Runtime.HandlerNotFound", "{source}");
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_malformed_handler_is_told_with_the_form_it_takes() {
    for handler in [
        "/app.handler",
        "../app.handler",
        "app.",
        ".handler",
        "src//app.handler",
    ] {
        let (kind, message, _) = init_failure("return {}", handler);
        assert_eq!(kind, "Runtime.MalformedHandlerName", "{handler}");
        assert!(message.contains("file.function"), "{message}");
    }
}

#[test]
fn no_handler_at_all_is_malformed_and_so_is_an_empty_one() {
    for function in [
        Function::new("app.lua", "return {}").without_env("_HANDLER"),
        Function::new("app.lua", "return {}").env("_HANDLER", ""),
    ] {
        let run = function.ends().run();
        assert_eq!(error_type(run.post()), "Runtime.MalformedHandlerName");
        assert!(run.post().text().contains("no handler setting"));
    }
}

#[test]
fn os_exit_while_loading_is_an_init_error() {
    let (kind, message, stack) = init_failure("os.exit(3)", "app.handler");
    assert_eq!(kind, "Runtime.ImportModuleError");
    assert!(message.contains("called os.exit(3)"), "{message}");
    assert_eq!(stack, r#"["app.lua:1: in main chunk"]"#);
}

#[test]
fn an_error_table_while_loading_keeps_its_message() {
    let (kind, message, _) = init_failure(
        "error({type = 'NoConfig', message = 'set TABLE'})",
        "app.handler",
    );
    assert_eq!(
        (kind.as_str(), message.as_str()),
        ("Runtime.ImportModuleError", "set TABLE")
    );
}

#[test]
fn an_unknown_value_of_a_variable_of_ours_is_an_init_error_that_lists_the_known() {
    let run = Function::new("app.lua", "return { handler = print }")
        .handler("app.handler")
        .env("MOONLAYER_JSON_NULL", "none")
        .ends()
        .run();
    assert_eq!(run.exit_code(), 1);
    assert_eq!(error_type(run.post()), "Runtime.InvalidConfiguration");
    assert_eq!(
        run.post().json()["errorMessage"],
        r#"MOONLAYER_JSON_NULL is "none"; it takes: null, nil"#
    );
}

#[test]
fn a_task_root_that_is_not_there_is_told() {
    let run = Function::new("app.lua", "return {}")
        .handler("app.handler")
        .env("LAMBDA_TASK_ROOT", "/nowhere/at/all")
        .ends()
        .run();
    assert_eq!(error_type(run.post()), "Runtime.ImportModuleError");
    assert!(run.post().text().contains("/nowhere/at/all"));
}

#[test]
fn an_init_error_that_the_service_does_not_take_still_ends_with_a_line() {
    let run = Function::new("app.lua", "error('x')")
        .handler("app.handler")
        .posted(support::Answer::status(403))
        .ends()
        .run();
    assert_eq!(run.exit_code(), 1);
    assert!(
        run.stdout().contains("answered /init/error with 403"),
        "{}",
        run.stdout()
    );
}
