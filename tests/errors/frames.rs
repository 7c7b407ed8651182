//! The stack of an error, through coroutines too.

use serde_json::json;

use super::failure;
use super::support::{Event, Function};

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
fn coroutines_that_fail_alike_one_after_another_do_not_add_up() {
    let (_, body) = failure(
        "local function fail() error('same', 0) end\nlocal ok, err\nfor _ = 1, 50 do\n\
         ok, err = coroutine.resume(coroutine.create(fail))\nend\nerror(err, 0)",
    );
    assert_eq!(
        body["stackTrace"],
        json!([
            "app.lua:2: in function <app.lua:2>",
            "app.lua:7: in function 'handler'"
        ])
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
