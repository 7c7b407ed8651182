//! Faults of who wrote the routes, each told where it stands.

use super::support::{Event, Function};
use super::web_app::{answers, app, ask};

#[test]
fn misuse_of_middleware_is_told_with_its_place() {
    let run = app("app:get('/nothing', function(req, next)
           next(req)
         end, function() return 'x' end)
         app:get('/next', function(req, next)
           return next()
         end, function() return 'x' end)
         local deep = {}
         for i = 1, 51 do deep[i] = function(req, next) return next(req) end end
         app:use((table.unpack or unpack)(deep))")
    .invoke(ask("GET /next", &[]))
    .run();
    let message = run.post().json()["errorMessage"].clone();
    assert_eq!(
        message,
        "a request to this route goes through 52 functions of middleware; 50 are the most"
    );
    let run = app("app:get('/nothing', function(req, next)
           next(req)
         end, function() return 'x' end)
         app:get('/next', function(req, next)
           return next()
         end, function() return 'x' end)
         local deep = {}
         for i = 1, 49 do deep[i] = function(req, next) local a = next(req) return a end end
         app:use((table.unpack or unpack)(deep))")
    .invoke(ask("GET /nothing", &[]))
    .invoke(ask("GET /next", &[]))
    .invoke(ask("GET /none", &[]))
    .run();
    let messages: Vec<_> = run.posts().iter().map(|post| post.json()).collect();
    assert_eq!(
        messages[0]["errorMessage"],
        "main.lua:3: the middleware returned nothing; return what next(req) gives, or an answer \
         of its own"
    );
    assert_eq!(
        messages[1]["errorMessage"],
        "main.lua:6: bad argument #1 to 'next' (request expected, got nil); call next(req)"
    );
    assert_eq!(messages[2]["statusCode"], 404);
}

#[test]
fn a_fault_in_a_registration_raises_where_it_stands() {
    for (code, message) in [
        (
            "app:get('/x')",
            "bad argument #2 to 'get' (function expected, got no value)",
        ),
        (
            "app:get('/x', nil)",
            "bad argument #2 to 'get' (function expected, got nil)",
        ),
        (
            "app:get('/x', print, 5)",
            "bad argument #3 to 'get' (function expected, got number)",
        ),
        (
            "app:get(nil, print)",
            "bad argument #1 to 'get' (path expected, got nil)",
        ),
        (
            "app.get('/x', print)",
            "bad self to 'get' (router expected, got string); call it with a colon, app:get(…)",
        ),
        (
            "app:get('x', print)",
            "the path \"x\" is no pattern: it begins with a slash",
        ),
        (
            "app:get('', print)",
            "the path \"\" is no pattern: it begins with a slash",
        ),
        (
            "app:get('/:', print)",
            "the path \"/:\" is no pattern: the parameter \":\"; a name of letters, digits and _ \
             follows the :, and nothing else",
        ),
        (
            "app:get('/:id.json', print)",
            "the path \"/:id.json\" is no pattern: the parameter \":id.json\"; a name of letters, \
             digits and _ follows the :, and nothing else",
        ),
        (
            "app:get('/*', print)",
            "the path \"/*\" is no pattern: the rest parameter \"*\"; a name of letters, digits and \
             _ follows the *, and nothing else",
        ),
        (
            "app:get('/*a/b', print)",
            "the path \"/*a/b\" is no pattern: the rest parameter *a is its last segment",
        ),
        (
            "app:get('/:a/:a', print)",
            "the path \"/:a/:a\" is no pattern: two parameters called a",
        ),
        (
            "app:get('/a//b', print)",
            "the path \"/a//b\" is no pattern: an empty segment (//) matches nothing",
        ),
        (
            "app:get('/a?b', print)",
            "the path \"/a?b\" is no pattern: it is a path alone, without a query (? or #)",
        ),
        (
            "app:get(('/a'):rep(101) .. '/:x', print)",
            &format!(
                "the path \"{}/:x\" is no pattern: more than 100 segments",
                "/a".repeat(101)
            ),
        ),
        (
            "app:get('/i/:id', print) app:get('/i/:id', print)",
            "there is a route for GET \"/i/:id\" already",
        ),
        (
            "app:any('/i', print) app:any('/i', print)",
            "there is a route for any method of \"/i\" already",
        ),
        (
            "app:get('/i/:id', print) app:put('/i/:name/x', print)",
            "the path \"/i/:name/x\": :name stands where \"/i/:id\" has :id; give both one name",
        ),
        (
            "app:get('/i/*a', print) app:put('/i/*b', print)",
            "the path \"/i/*b\": *b stands where \"/i/*a\" has *a; give both one name",
        ),
        (
            "app:route({}, '/x', print)",
            "bad argument #1 to 'route' (methods expected, got table)",
        ),
        (
            "app:route({ 'GET', 'get' }, '/x', print)",
            "bad argument #1 to 'route' (the method GET stands there twice)",
        ),
        (
            "app:route('G T', '/x', print)",
            "bad argument #1 to 'route' (methods expected, such as \"GET\"; got \"G T\")",
        ),
        (
            "app:use('/x', print)",
            "bad argument #1 to 'use' (function expected, got string)",
        ),
        (
            "app:use()",
            "bad argument #1 to 'use' (function expected, got no value)",
        ),
        (
            "app:group('/a/', print)",
            "the prefix \"/a/\" ends with a slash; the paths behind it begin with one",
        ),
        (
            "app:group('/*a', print)",
            "the prefix \"/*a\" has the rest parameter *a; nothing comes behind it",
        ),
        (
            "app:group('/a')",
            "bad argument #2 to 'group' (function expected, got no value)",
        ),
        (
            "app:group('/a', function(a) a:get('b', print) end)",
            "the path \"b\" is no pattern: it begins with a slash",
        ),
        (
            "app:mount('/a', print) app:mount('/a', print)",
            "there is something mounted at \"/a\" already",
        ),
        (
            "app:mount('/a', print) app:get('/a/*b', print)",
            "the path \"/a/*b\": something is mounted there already",
        ),
        (
            "app:get('/a/*b', print) app:mount('/a', print)",
            "there is a rest parameter behind \"/a\" already",
        ),
        (
            "app:mount('/a', app)",
            "the app mounted at \"/a\" has this app in it, or is it",
        ),
        (
            "local b = web.router() b:mount('/x', app) app:mount('/y', b)",
            "the app mounted at \"/y\" has this app in it, or is it",
        ),
        (
            "app:on_error()",
            "bad argument #1 to 'on_error' (function expected, got no value)",
        ),
        (
            "app:not_found(print) app:not_found(print)",
            "not_found: it was called before; an app has one",
        ),
        (
            "web.router(1)",
            "bad argument #1 to 'router' (table expected, got number)",
        ),
        (
            "web.router({ strict = true })",
            "router: no option strict; there is trailing_slash",
        ),
        (
            "web.router({ trailing_slash = true })",
            "router: trailing_slash is true; it is \"strict\" or \"ignore\"",
        ),
    ] {
        // The app that has the fault may have more: another tells it.
        let run = app(&format!(
            "local ok, err = pcall(function()\n{code}\nend)\nassert(not ok)\n\
             app = web.router()\napp:mount('/', function() return err end)"
        ))
        .invoke(ask("GET /", &[]))
        .run();
        assert_eq!(
            run.post().json()["body"],
            format!("main.lua:4: {message}"),
            "{code}"
        );
    }
}

#[test]
fn a_fault_in_a_last_call_is_told_of_the_route_and_not_of_what_is_around_it() {
    let run = app(
        "app:use(function(req, next) local answer = next(req) return answer end)
         app:get('/text', function()
           return web.text(5)
         end)
         app:get('/file', function(req)
           return web.file('a/../b')
         end)",
    )
    .invoke(ask("GET /text", &[]))
    .invoke(ask("GET /file", &[]))
    .run();
    let message = |nth: usize| run.posts()[nth].json()["errorMessage"].clone();
    assert_eq!(
        message(0),
        "main.lua:4: bad argument #1 to 'text' (string expected, got number)"
    );
    assert_eq!(
        message(1),
        "main.lua:7: file: the path \"a/../b\" leads out of its folder; web.files is for paths \
         that a user sends"
    );
}

#[test]
fn an_app_that_reaches_itself_by_a_function_ends() {
    let given = answers(
        app("app:on_error(function(err) return 500, nil, err end)
             app:mount('/x', function(req) return app(req) end)"),
        [
            ask(&format!("GET {}", "/x".repeat(5_000)), &[]),
            ask("GET /x/x/x", &[]),
        ],
    );
    assert_eq!(
        given[0]["body"],
        "apps are mounted in each other more than 10 times"
    );
    assert_eq!(given[1]["statusCode"], 404);
    let run = Function::new(
        "main.lua",
        "local app = require('lambda.web').router()\nreturn { handler = app }",
    )
    .invoke(Event::json("5"))
    .run();
    assert!(
        run.post()
            .text()
            .contains("no HTTP request: it is a number")
    );
}
