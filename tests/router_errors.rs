//! `web.router`: middleware, errors of routes, and faults of who wrote them.

mod support;
mod web_app;

use serde_json::json;
use support::{Event, Function};
use web_app::{answers, app, ask};

#[test]
fn middleware_runs_in_its_order_and_may_change_what_it_gives() {
    let given = answers(
        app("local function mark(text)
               return function(req, next)
                 local answer = next(req)
                 answer.headers['x-order'] = text .. (answer.headers['x-order'] or '')
                 return answer
               end
             end
             app:get('/x', mark('c'), mark('d'), function() return 201, nil, { a = 1 } end)
             app:use(mark('a'), mark('b'))
             app:get('/status', function(req, next)
               local answer = next(req)
               answer.status, answer.body = 202, 'other'
               return answer
             end, function() return 'own' end)
             app:get('/denied', function() return 401, nil, 'denied' end, error)
             app:get('/twice', function(req, next) next(req) return next(req) end, function(req)
               req.count = (req.count or 0) + 1
               return 'called ' .. req.count
             end)"),
        [
            "GET /x",
            "GET /status",
            "GET /denied",
            "GET /none",
            "GET /twice",
        ]
        .map(|line| ask(line, &[])),
    );
    assert_eq!(given[0]["statusCode"], 201);
    assert_eq!(given[0]["headers"]["x-order"], "abcd");
    assert_eq!(given[1]["statusCode"], 202);
    assert_eq!(given[1]["body"], "other");
    assert_eq!(given[2]["statusCode"], 401);
    assert_eq!(given[2]["headers"]["x-order"], "ab");
    assert_eq!(given[3]["statusCode"], 404);
    assert_eq!(given[3]["headers"]["x-order"], "ab");
    assert_eq!(given[4]["body"], "called 2");
}

#[test]
fn an_http_error_is_an_answer_for_the_middleware_around_it() {
    let given = answers(
        app("local seen
             app:on_error(function() return 500, nil, 'hook' end)
             app:use(function(req, next)
               local answer = next(req)
               answer.headers['x-status'] = answer.status
               return answer
             end)
             app:get('/route', function() web.error(409, { code = 7 }) end)
             app:get('/use', function() web.error(403) end, function() return 'x' end)
             app:post('/json', function(req) return req:json() end)"),
        ["GET /route", "GET /use", "POST /json"].map(|line| ask(line, &[])),
    );
    let told: Vec<_> = given
        .iter()
        .map(|answer| {
            (
                answer["headers"]["x-status"].clone(),
                answer["body"].clone(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!("409"), json!(r#"{"code":7}"#)),
            (json!("403"), json!(r#"{"message":"Forbidden"}"#)),
            (
                json!("400"),
                json!(r#"{"message":"the request has no body; JSON is expected"}"#)
            ),
        ]
    );
}

#[test]
fn an_error_without_a_hook_fails_the_invocation_with_the_frames_of_the_route() {
    let run = app("app:use(function(req, next) return next(req) end)
         local function deep() error('boom') end
         local inner = web.router()
         inner:get('/x', function() deep() return 'x' end)
         app:mount('/m', inner)
         app:get('/table', function() error({ type = 'NotPaid', message = 'no' }) end)")
    .invoke(ask("GET /m/x", &[]))
    .invoke(ask("GET /table", &[]))
    .run();
    let error = run.posts()[0].json();
    assert_eq!(error["errorMessage"], "main.lua:4: boom");
    assert_eq!(error["errorType"], "LuaError");
    let frames: Vec<_> = error["stackTrace"].as_array().expect("frames").to_vec();
    assert_eq!(frames[0], "main.lua:4: in upvalue 'deep'");
    assert_eq!(frames[1], "main.lua:6: in function <main.lua:6>");
    assert_eq!(run.posts()[1].json()["errorType"], "NotPaid");
    assert_eq!(
        run.stdout().matches("\tERROR\t").count(),
        2,
        "{}",
        run.stdout()
    );
}

#[test]
fn a_hook_answers_an_error_which_is_logged_with_its_frames() {
    let run = app("app:use(function(req, next)
           local answer = next(req)
           answer.headers['x-through'] = '1'
           return answer
         end)
         app:on_error(function(err, req)
           return 500, nil, req.path .. ' ' .. tostring(type(err) == 'table' and err.message or err)
         end)
         app:get('/text', function() error('boom') end)
         app:get('/table', function() error({ type = 'NotPaid', message = 'no' }) end)
         app:get('/bad', function() return 'text', function() end end)
         app:get('/worse', function() return print end)")
    .invoke(ask("GET /text", &[]))
    .invoke(ask("GET /table", &[]))
    .invoke(ask("GET /worse", &[]))
    .run();
    let posts = run.posts();
    assert_eq!(posts[0].json()["body"], "/text main.lua:11: boom");
    assert_eq!(posts[0].json()["headers"]["x-through"], "1");
    assert_eq!(posts[1].json()["body"], "/table no");
    let worse = posts[2].json()["body"].to_string();
    assert!(
        worse.contains("the handler answered with a function"),
        "{worse}"
    );
    let records: Vec<_> = run.stdout().lines().collect();
    assert_eq!(records.len(), 3, "{}", run.stdout());
    assert!(
        records[0].contains(
            "\tERROR\tLuaError: main.lua:11: boom\r    main.lua:11: in function <main.lua:11>"
        ),
        "{}",
        records[0]
    );
    assert!(
        records[1].contains("\tERROR\tNotPaid: no"),
        "{}",
        records[1]
    );
}

#[test]
fn a_hook_may_leave_an_error_to_fail_the_invocation_and_may_fail_itself() {
    let run = app("local calls = 0
         app:use(function(req, next) return next(req) end)
         app:on_error(function(err, req)
           calls = calls + 1
           if req.path == '/left' then return end
           if req.path == '/http' then web.error(503, 'busy') end
           error('hook ' .. calls)
         end)
         app:get('/left', function() error('left') end)
         app:get('/http', function() error('first') end)
         app:get('/own', function() error('second') end)")
    .invoke(ask("GET /left", &[]))
    .invoke(ask("GET /http", &[]))
    .invoke(ask("GET /own", &[]))
    .run();
    let posts = run.posts();
    assert_eq!(posts[0].json()["errorMessage"], "main.lua:11: left");
    assert_eq!(posts[1].json()["statusCode"], 503);
    // Called once for each error, not once for each step that it passes.
    assert_eq!(posts[2].json()["errorMessage"], "main.lua:9: hook 3");
    let errors = run.stdout().matches("\tERROR\t").count();
    // Left: once. First, answered by an HTTP error: once. Second: itself and the hook's own.
    assert_eq!(errors, 4, "{}", run.stdout());
}

#[test]
fn the_hook_of_a_mounted_app_comes_before_that_of_the_app_around_it() {
    let given = answers(
        app("local a, b = web.router(), web.router()
             a:on_error(function() return 500, nil, 'inner' end)
             app:on_error(function() return 500, nil, 'outer' end)
             a:get('/', function() error('x') end)
             b:get('/', function() error('x') end)
             app:mount('/a', a)
             app:mount('/b', b)"),
        [ask("GET /a", &[]), ask("GET /b", &[])],
    );
    assert_eq!(given[0]["body"], "inner");
    assert_eq!(given[1]["body"], "outer");
}

#[test]
fn what_stops_the_handler_is_no_matter_of_the_hook() {
    let run = app("app:on_error(function() print('hook') return 500 end)
         app:get('/', function() while true do end end)")
    .invoke(ask("GET /", &[]).left(std::time::Duration::from_millis(600)))
    .run();
    assert_eq!(run.post().json()["errorType"], "Function.Timeout");
    assert!(!run.stdout().contains("hook"), "{}", run.stdout());
}

#[test]
fn what_is_found_nowhere_is_answered_by_the_app_s_own_function() {
    for (answer, status, body) in [
        ("{ message = 'none' }", 404, r#"{"message":"none"}"#),
        ("'no ' .. req.path", 404, "no /x"),
        ("nil", 404, ""),
        ("410, nil, 'gone'", 410, "gone"),
        ("web.html('<p>', 404)", 404, "<p>"),
        ("web.redirect('/')", 302, ""),
        ("{ status = 200, body = 'page' }", 200, "page"),
    ] {
        let body_text = format!("app:not_found(function(req) return {answer} end)");
        let given = answers(app(&body_text), [ask("GET /x", &[])]);
        assert_eq!(given[0]["statusCode"], status, "{answer}");
        assert_eq!(given[0]["body"], body, "{answer}");
    }
}

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
            "app:get(('/a'):rep(101), print)",
            &format!(
                "the path \"{}\" is no pattern: more than 100 segments",
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
