//! What a failed invocation tells the caller, the service and the log.

#[path = "errors/frames.rs"]
mod frames;
mod support;

use serde_json::json;
use support::{Event, Function, IS_LUAJIT, Request};

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
        match IS_LUAJIT {
            false => "app.lua:3: attempt to index a nil value (upvalue 't')",
            true => "app.lua:3: attempt to index upvalue 't' (a nil value)",
        }
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
        // Lua 5.1 puts the position before a number as before a string.
        ("42", if IS_LUAJIT { "app.lua:2: 42" } else { "42" }),
        ("1.5, 0", "1.5"),
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

// Lua 5.1 has no `<close>`.
#[cfg(feature = "lua54")]
#[test]
fn what_is_closed_is_given_the_error_as_it_was_raised() {
    let (_, body) = failure(
        "local guard <close> = setmetatable({}, { __close = function(_, err)\n\
           pcall(print, setmetatable({}, { __tostring = function() error('inner') end }))\n\
           assert(err == 'app.lua:6: boom', err)\n\
         end })\n\
         error('boom')",
    );
    assert_eq!(
        body,
        json!({"errorMessage": "app.lua:6: boom", "errorType": "LuaError",
               "stackTrace": ["app.lua:6: in function 'handler'"]})
    );
}
