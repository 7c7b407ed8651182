//! How the handler is found, loaded once and called.

mod support;

use serde_json::json;
use support::{Event, Function, IS_LUAJIT};

fn answers(function: Function, events: &[&str]) -> Vec<String> {
    let run = events
        .iter()
        .fold(function, |run, event| run.invoke(Event::json(event)))
        .run();
    let posts = run.posts();
    for post in &posts {
        assert!(post.path.ends_with("/response"), "{}", run.transcript());
    }
    posts.iter().map(|post| post.text().to_owned()).collect()
}

fn app(source: &str) -> Function {
    Function::new("app.lua", source).handler("app.handler")
}

#[test]
fn the_hello_of_the_documentation_answers() {
    let hello = r#"-- hello.lua, handler setting: hello.handler
local M = {}
function M.handler(event, context)
  return { message = "Hello " .. event.name }
end
return M"#;
    let function = Function::new("hello.lua", hello).handler("hello.handler");
    assert_eq!(
        answers(function, &[r#"{"name":"Ada"}"#]),
        [r#"{"message":"Hello Ada"}"#]
    );
}

#[test]
fn dots_and_slashes_in_the_module_are_folders() {
    for setting in ["src/orders.create", "src.orders.create"] {
        let function =
            Function::new("src/orders.lua", "return { create = function() end }").handler(setting);
        assert_eq!(answers(function, &["1"]), ["null"]);
    }
}

#[test]
fn a_folder_with_an_init_file_is_a_module() {
    let function = Function::new(
        "orders/init.lua",
        "return { create = function() return 'in' end }",
    )
    .handler("orders.create");
    assert_eq!(answers(function, &["1"]), [r#""in""#]);
}

#[test]
fn the_argument_names_the_handler_when_the_variable_does_not() {
    let function = Function::new("app.lua", "return { run = function() return 'ran' end }")
        .without_env("_HANDLER")
        .argument("app.run");
    assert_eq!(answers(function, &["1"]), [r#""ran""#]);
}

#[test]
fn a_file_that_returns_nothing_may_set_a_global() {
    let function = app("function handler(event) return event + 1 end");
    assert_eq!(answers(function, &["1"]), ["2"]);
}

#[test]
fn a_setting_without_a_dot_names_a_file_that_returns_a_function() {
    let function =
        Function::new("app.lua", "return function(event) return event + 1 end").handler("app");
    assert_eq!(answers(function, &["1"]), ["2"]);
}

#[test]
fn callable_tables_and_userdata_are_functions() {
    let table = "return { handler = setmetatable({}, { __call = function(self, event) return event * 2 end }) }";
    assert_eq!(answers(app(table), &["21"]), ["42"]);
    let userdata = "debug.getmetatable(io.stdout).__call = function(self, event) return event * 2 end\n\
                    return { handler = io.stdout }";
    assert_eq!(answers(app(userdata), &["21"]), ["42"]);
}

#[test]
fn the_file_is_loaded_once_and_keeps_its_state() {
    let source = "print('loading')\nlocal count = 0\n\
                  return { handler = function() count = count + 1 return count end }";
    let run = app(source)
        .invoke(Event::json("{}"))
        .invoke(Event::json("{}"))
        .run();
    let bodies: Vec<&str> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(bodies, ["1", "2"]);
    assert_eq!(run.stdout().matches("loading").count(), 1);
}

#[test]
fn require_of_the_handlers_module_gives_the_same_table() {
    let source =
        "local M = {}\nfunction M.handler() return require('src.app') == M, nil end\nreturn M";
    let function = Function::new("src/app.lua", source).handler("src/app.handler");
    assert_eq!(answers(function, &["1"]), ["true"]);
}

#[test]
fn the_file_gets_its_module_name_and_path_as_require_gives_them() {
    let source =
        "local name, path = ...\nreturn { handler = function() return { name, path } end }";
    let run = app(source).invoke(Event::json("1")).run();
    let path = run.root().path().join("app.lua");
    assert_eq!(run.post().json(), json!(["app", path]));
}

#[test]
fn nothing_and_nil_are_null_and_a_string_is_a_json_string() {
    for (body, response) in [
        ("", "null"),
        ("return nil", "null"),
        ("return nil, nil", "null"),
        ("return 'x'", r#""x""#),
        ("return false", "false"),
        ("return 1, nil, 'ignored'", "1"),
    ] {
        let function = app(&format!("return {{ handler = function() {body} end }}"));
        assert_eq!(answers(function, &["{}"]), [response], "{body}");
    }
}

#[test]
fn the_working_directory_is_the_task_root_and_arg_names_the_file() {
    let source = "local f = assert(io.open('data/x.txt'))\nlocal text = f:read('a')\n\
                  return { handler = function() return { text, arg[0] } end }";
    let function = Function::new("src/app.lua", source)
        .handler("src/app.handler")
        .file("data/x.txt", "hi");
    assert_eq!(answers(function, &["{}"]), [r#"["hi","src/app.lua"]"#]);
}

#[test]
fn a_byte_order_mark_and_a_shebang_are_skipped() {
    let source = "\u{feff}#!/usr/bin/env lua\nreturn { handler = function() error('here') end }";
    let run = app(source).invoke(Event::json("{}")).run();
    assert_eq!(run.post().json()["errorMessage"], "app.lua:2: here");
}

#[test]
fn a_folder_named_as_the_file_is_told() {
    let run = Function::new("app.lua/x.lua", "return 1")
        .handler("app.handler")
        .ends()
        .run();
    assert_eq!(run.post().json()["errorType"], "Runtime.ImportModuleError");
    assert!(
        run.post().text().contains("app.lua' is a directory"),
        "{}",
        run.post().text()
    );
}

#[test]
fn a_file_without_read_permission_is_told() {
    let run = app("return {}").mode("app.lua", 0).uid(65_534).ends().run();
    assert_eq!(run.post().json()["errorType"], "Runtime.ImportModuleError");
    assert!(
        run.post().text().contains("Permission denied"),
        "{}",
        run.post().text()
    );
}

#[test]
fn an_event_without_bytes_is_an_empty_object() {
    let source =
        "return { handler = function(event) return { type(event), next(event) == nil } end }";
    assert_eq!(answers(app(source), &[""]), [r#"["table",true]"#]);
}

#[test]
fn any_json_value_is_an_event_and_comes_back_as_it_went() {
    let function = app("return { handler = function(event) return event end }");
    let events = [
        "null",
        "true",
        "1.5",
        r#""x""#,
        "[]",
        "{}",
        "[1,2]",
        r#"{"a":null}"#,
        r#"{"a":[[],{}]}"#,
        "9007199254740991",
        "-0.0",
        r#""\u0000é""#,
    ];
    assert_eq!(answers(function, &events), events);
    let function = app("return { handler = function(event) return event end }");
    let events = ["9007199254740993", "-9223372036854775808", "1.0"];
    let doubles = ["9007199254740992", "-9.223372036854776e+18", "1"];
    let expected = if IS_LUAJIT { doubles } else { events };
    assert_eq!(answers(function, &events), expected);
    let function = app("return { handler = function(event) return event end }");
    assert_eq!(
        answers(function, &[" [1, 2]\n", "-0", "1e2"]),
        ["[1,2]", "0", if IS_LUAJIT { "100" } else { "100.0" }]
    );
}

#[test]
fn the_content_type_decides_whether_the_event_is_decoded() {
    let types = [
        ("application/json; charset=utf-8", "table"),
        ("Application/JSON", "table"),
        ("application/cloudevents+json", "table"),
        ("text/plain", "string"),
        ("application/octet-stream", "string"),
    ];
    let function = app("return { handler = function(event) return type(event) end }");
    let run = types
        .iter()
        .fold(function, |run, (kind, _)| {
            run.invoke(Event::json("{}").header("Content-Type", kind))
        })
        .invoke(Event::untyped("{}"))
        .run();
    let answers: Vec<String> = run
        .posts()
        .iter()
        .map(|post| post.json().as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<&str> = types
        .iter()
        .map(|(_, kind)| *kind)
        .chain(["table"])
        .collect();
    assert_eq!(answers, expected);
}

#[test]
fn an_event_of_another_type_is_its_bytes() {
    let bytes = b"\x00\xff{\"a\":1}".as_slice();
    let source = "return { handler = function(event) return { #event, event:byte(1, 3) } end }";
    let run = app(source)
        .invoke(Event::json(bytes).header("Content-Type", "application/octet-stream"))
        .invoke(Event::json("").header("Content-Type", "text/plain"))
        .run();
    let bodies: Vec<&str> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(bodies, ["[9,0,255,123]", "[0]"]);
}

#[test]
fn null_members_are_null_or_nil_as_the_variable_says() {
    let source = "return { handler = function(event)\nlocal json = require('lambda.json')\n\
        return { event.a == json.null, event.a == nil, json.decode('{\"a\":null}').a == nil,\n\
        event.list[1] == json.null } end }";
    let event = r#"{"a":null,"list":[null]}"#;
    assert_eq!(answers(app(source), &[event]), ["[true,false,false,true]"]);
    let run = app(source)
        .env("MOONLAYER_JSON_NULL", "nil")
        .invoke(Event::json(event))
        .run();
    assert_eq!(run.post().text(), "[false,true,true,true]");
}

#[test]
fn no_new_globals_are_there() {
    let source = "return { handler = function()\nlocal new = {}\nlocal known = {}\n\
        for name in ('_G _VERSION arg assert collectgarbage coroutine debug dofile error getmetatable io ipairs load loadfile math next os package pairs pcall print rawequal rawget rawlen rawset require select setmetatable string table tonumber tostring type utf8 warn xpcall bit gcinfo getfenv jit loadstring module newproxy setfenv unpack'):gmatch('%S+') do known[name] = true end\n\
        for name in pairs(_G) do if not known[name] then new[#new + 1] = name end end\nreturn #new end }";
    assert_eq!(answers(app(source), &["{}"]), ["0"]);
}
