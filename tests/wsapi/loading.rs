//! What the handler setting may name, and what is said when it names no application.

use serde_json::json;

use super::{Front, Request, reply};
use crate::support::{Event, Function};

fn function(source: &str, handler: &str) -> Function {
    Function::new("app.lua", source)
        .handler(handler)
        .env("MOONLAYER_MODE", "web")
}

#[test]
fn a_function_a_table_with_run_and_a_callable_are_applications() {
    let serve = "local function serve(env)\n\
        assert(env.REQUEST_METHOD == 'GET')\n\
        return 200, {}, coroutine.wrap(function() coroutine.yield('served') end)\nend\n";
    for (rest, handler) in [
        ("return serve", "app"),
        ("return { run = serve }", "app"),
        ("return { run = serve }", "app.run"),
        ("return { shop = { run = serve } }", "app.shop"),
        ("return { shop = serve }", "app.shop"),
        ("function run(env) return serve(env) end", "app.run"),
        ("shop = { run = serve }", "app.shop"),
        (
            "return setmetatable({}, { __call = function(_, env) return serve(env) end })",
            "app",
        ),
        (
            "return { run = setmetatable({}, { __call = function(_, env) return serve(env) end }) }",
            "app",
        ),
        // As the servers of WSAPI have it, `run` counts.
        (
            "return setmetatable({ run = serve }, { __call = error })",
            "app",
        ),
        (
            "return setmetatable({}, { __index = { run = serve } })",
            "app",
        ),
    ] {
        let function = function(&format!("{serve}{rest}"), handler);
        let reply = reply(function, Front::Url, &Request::get("/"));
        assert_eq!(reply.body, b"served", "{rest}");
    }
}

#[test]
fn what_is_no_application_is_said_with_what_there_is() {
    let other = "other = function() end, shop = { run = print }";
    for (source, handler, message) in [
        (
            format!("return {{ {other} }}"),
            "app",
            "app.lua returns a table without a function \"run\", which is no WSAPI application; add \
             one, or set the handler to app.NAME, one of: other, shop",
        ),
        (
            "return 1".to_owned(),
            "app",
            "the handler \"app\" names a file that returns a WSAPI application (a function, or a \
             table with a function \"run\"), but app.lua returns a number",
        ),
        (
            "local x = 1".to_owned(),
            "app",
            "the handler \"app\" names a file that returns a WSAPI application (a function, or a \
             table with a function \"run\"), but app.lua returns nothing",
        ),
        (
            format!("return {{ {other}, text = 'x', table = {{ run = 1 }} }}"),
            "app.text",
            "app.lua has no \"text\" that is a WSAPI application (a function, or a table with a \
             function \"run\"); it has: other, shop",
        ),
        (
            "function serve() end".to_owned(),
            "app.run",
            "app.lua returns nothing and sets no global \"run\" that is a WSAPI application (a \
             function, or a table with a function \"run\"); it sets: serve",
        ),
        (
            "return function() end".to_owned(),
            "app.run",
            "app.lua returns a function; set the handler to \"app\", without a dot",
        ),
        (
            "return 'text'".to_owned(),
            "app.run",
            "app.lua returns a string, which has no \"run\"; return a WSAPI application (a \
             function, or a table with a function \"run\")",
        ),
    ] {
        let run = function(&source, handler).ends().run();
        let post = run.post().json();
        assert_eq!(post["errorType"], "Runtime.HandlerNotFound");
        assert_eq!(post["errorMessage"], message, "{source}");
    }
}

#[test]
fn an_invoke_mode_that_is_none_ends_the_start() {
    let run = function("return print", "app")
        .env("MOONLAYER_INVOKE_MODE", "stream")
        .ends()
        .run();
    let post = run.post().json();
    assert_eq!(post["errorType"], "Runtime.InvalidConfiguration");
    assert_eq!(
        post["errorMessage"],
        "MOONLAYER_INVOKE_MODE is \"stream\"; it takes: buffered, response_stream"
    );
}

#[test]
fn the_invoke_mode_says_nothing_to_a_function_of_events() {
    let run = Function::echo()
        .env("MOONLAYER_INVOKE_MODE", "response_stream")
        .invoke(Event::json("[1]"))
        .run();
    assert_eq!(run.post().json(), json!([1]));
    assert_eq!(
        run.post().header("Lambda-Runtime-Function-Response-Mode"),
        None
    );
}

#[test]
fn a_module_of_the_application_is_loaded_once_and_keeps_its_state() {
    let event = Front::Url.event(&Request::get("/")).to_string();
    let source = "local count = 0\nreturn function()\ncount = count + 1\n\
        return 200, { ['Content-Type'] = 'text/plain' }, count .. ''\nend";
    let run = function(source, "app")
        .invoke(Event::json(&event))
        .invoke(Event::json(&event))
        .run();
    let bodies: Vec<_> = run
        .posts()
        .iter()
        .map(|p| p.json()["body"].clone())
        .collect();
    assert_eq!(bodies, ["1", "2"]);
}

#[test]
fn states_of_many_events_in_one_process_do_not_mix() {
    let source = "local mine = {}\nreturn function(env)\n\
        mine[#mine + 1] = env.PATH_INFO\n\
        local path = env.PATH_INFO\n\
        return 200, {}, coroutine.wrap(function()\n\
        coroutine.yield(path)\n\
        coroutine.yield(env.PATH_INFO == path and '=' or '!')\nend)\nend";
    let mut running = function(source, "app").concurrency(4);
    let paths = ["/a", "/b", "/c", "/d", "/e", "/f", "/g", "/h"];
    for path in paths {
        let event = Front::Url.event(&Request::get(path));
        running = running.invoke(Event::json(event.to_string()));
    }
    let run = running.run();
    let posts = run.posts();
    let mut bodies: Vec<_> = posts
        .iter()
        .map(|post| post.json()["body"].as_str().unwrap_or_default().to_owned())
        .collect();
    bodies.sort();
    let expected: Vec<_> = paths.iter().map(|path| format!("{path}=")).collect();
    assert_eq!(bodies, expected, "{}", run.transcript());
}
