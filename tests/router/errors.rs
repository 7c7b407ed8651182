//! Middleware, and errors on their way through it.

use std::time::Duration;

use serde_json::json;

use super::support::Function;
use super::web_app::{answers, app, ask};

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
fn what_middleware_adds_to_an_answer_that_is_given_again_is_of_one_request_alone() {
    let given = answers(
        app("local answer = web.text('hello')
             local headers, cookies = { vary = { 'A' } }, { 'a=b' }
             local mounted = web.router()
             mounted:get('/', function() return answer end)
             app:use(function(req, next)
               local given, user = next(req), req.headers.user
               if user then
                 given.headers['x-user'] = user
                 table.insert(given.headers.vary or {}, user)
                 given.cookies = given.cookies or {}
                 table.insert(given.cookies, 'user=' .. user)
               end
               return given
             end)
             app:get('/answer', function() return answer end)
             app:get('/parts', function() return 200, headers, 'x' end)
             app:get('/table', function() return { body = 'x', cookies = cookies } end)
             app:mount('/mounted', mounted)
             app:get('/within', function(req, next) return answer end, print)"),
        ["/answer", "/parts", "/table", "/mounted", "/within"]
            .iter()
            .flat_map(|path| {
                let line = format!("GET {path}");
                [ask(&line, &[("user", "ada")]), ask(&line, &[])]
            }),
    );
    for pair in given.chunks(2) {
        let [ada, other] = pair else { unreachable!() };
        assert_eq!(ada["headers"]["x-user"], "ada");
        assert!(ada["cookies"].to_string().contains("user=ada"));
        assert!(!other.to_string().contains("ada"), "{other}");
    }
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
           if req.path == '/none' then return true end
           if req.path == '/http' then web.error(503, 'busy') end
           error('hook ' .. calls)
         end)
         app:get('/none', function() error('third') end)
         app:get('/left', function() error('left') end)
         app:get('/http', function() error('first') end)
         app:get('/own', function() error('second') end)")
    .invoke(ask("GET /left", &[]))
    .invoke(ask("GET /http", &[]))
    .invoke(ask("GET /own", &[]))
    .invoke(ask("GET /none", &[]))
    .run();
    let posts = run.posts();
    assert_eq!(posts[0].json()["errorMessage"], "main.lua:13: left");
    assert_eq!(posts[1].json()["statusCode"], 503);
    // Called once for each error, not once for each step that it passes.
    assert_eq!(posts[2].json()["errorMessage"], "main.lua:10: hook 3");
    let answered = "main.lua:5: the handler answered with true; ";
    let message = posts[3].json()["errorMessage"].to_string();
    assert!(message.contains(answered), "{message}");
    let errors = run.stdout().matches("\tERROR\t").count();
    // Left: once. First, answered by an HTTP error: once. Second and third: itself and the hook's.
    assert_eq!(errors, 6, "{}", run.stdout());
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
fn in_a_stream_an_error_is_answered_until_the_first_bytes_have_left() {
    let source = "local web = require('lambda.web')
        local app = web.router()
        app:use(function(req, next)
          local answer = next(req)
          -- An answer of its own.
          return answer and answer.status, answer.headers, answer.body
        end)
        app:on_error(function() return 500, nil, 'hook' end)
        app:get('/started', function(req, response)
          response:start({ status = 201 })
          error('boom')
        end)
        app:get('/begun', function(req, response)
          response:write('begun')
          error('boom')
        end)
        app:get('/refused', function(req, response)
          response:write('begun')
          web.error(404)
        end)
        return { handler = web.stream(app) }";
    let run = Function::new("main.lua", source)
        .invoke(ask("GET /started", &[]))
        .invoke(ask("GET /begun", &[]))
        .invoke(ask("GET /refused", &[]))
        .run();
    let posts = run.posts();
    assert!(posts[0].text().contains("\"statusCode\":500"));
    assert!(posts[0].text().ends_with("hook"));
    let error_type = |nth: usize| posts[nth].trailer("Lambda-Runtime-Function-Error-Type");
    assert_eq!(error_type(0), None);
    assert!(posts[1].text().ends_with("begun"));
    assert_eq!(error_type(1), Some("Function.LuaError"));
    assert_eq!(error_type(2), Some("Function.HttpError"));
}

#[test]
fn what_stops_the_handler_is_no_matter_of_the_hook() {
    let run = app("app:on_error(function() print('hook') return 500 end)
         app:get('/', function() while true do end end)")
    .invoke(ask("GET /", &[]).left(Duration::from_millis(600)))
    .run();
    assert_eq!(run.post().json()["errorType"], "Function.Timeout");
    assert!(!run.stdout().contains("hook"), "{}", run.stdout());

    let hook = "app:on_error(function() print('hook') return 500 end)";
    let body = format!("{hook}\napp:get('/', function() return ('x'):rep(2^28) end)");
    let run = app(&body)
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .invoke(ask("GET /", &[]))
        .run();
    assert_eq!(run.post().json()["errorType"], "Function.OutOfMemory");
    assert!(!run.stdout().contains("hook"), "{}", run.stdout());

    let body = format!("{hook}\napp:get('/', function() os.exit(3) end)");
    let run = app(&body).invoke(ask("GET /", &[])).ends().run();
    assert_eq!(run.post().json()["errorType"], "Runtime.ExitError");
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
