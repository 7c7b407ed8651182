//! What a function that does not load tells the caller, the service and the log.

mod support;

use support::{Function, ON_COLLECT, Request, VERSION};

fn error_type(post: &Request) -> String {
    post.header("Lambda-Runtime-Function-Error-Type")
        .unwrap_or_default()
        .to_owned()
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
        let path = path.replace("5.4", VERSION);
        assert_eq!(message.matches(&path).count(), 1, "{path} in {message}");
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

#[test]
fn a_file_that_does_not_load_is_told_though_a_finalizer_does_not_end() {
    let source =
        format!("{ON_COLLECT}KEPT = on_collect(function() while true do end end) error('why', 0)");
    let (kind, message, _) = init_failure(&source, "app.handler");
    assert_eq!(kind, "Runtime.ImportModuleError");
    assert_eq!(message, "why");
}
