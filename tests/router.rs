//! `web.router`: which function answers which request, and what it is told.

#[path = "router/errors.rs"]
mod errors;
#[path = "router/faults.rs"]
mod faults;
#[path = "router/matching.rs"]
mod matching;
mod support;
mod web_app;

use serde_json::json;
use support::{Event, Function};
use web_app::{answers, app, ask};

/// Status and body of the answers to these request lines.
#[track_caller]
fn bodies(function: Function, lines: &[&str]) -> Vec<(String, String)> {
    let answers = answers(function, lines.iter().map(|line| ask(line, &[])));
    let text = |answer: &serde_json::Value| match answer["body"].as_str() {
        Some(body) => format!("{} {body}", answer["statusCode"]),
        None => answer.to_string(),
    };
    let lines = lines.iter().map(|line| (*line).to_owned());
    lines.zip(answers.iter().map(text)).collect()
}

/// Checks the answers to request lines, each with its status and body.
#[track_caller]
fn check(body: &str, expected: &[(&str, &str)]) {
    let lines: Vec<_> = expected.iter().map(|(line, _)| *line).collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(line, answer)| ((*line).to_owned(), (*answer).to_owned()))
        .collect();
    assert_eq!(bodies(app(body), &lines), expected);
}

const NOT_FOUND: &str = r#"404 {"message":"Not Found"}"#;

#[test]
fn methods_have_routes_of_their_own_and_a_route_may_have_several() {
    check(
        "for _, name in ipairs({ 'get', 'post', 'put', 'patch', 'delete' }) do
           app[name](app, '/x', function(req) return req.method end)
         end
         app:any('/any', function(req) return req.method end)
         app:get('/any', function() return 'get' end)
         app:route({ 'GET', 'purge' }, '/several', function(req) return req.method end)
         app:route('PUT', '/several', function() return 'put' end)
         app:head('/h', function() return 200, { ['x-h'] = '1' } end)
         app:options('/o', function() return 'mine' end)",
        &[
            ("GET /x", "200 GET"),
            ("POST /x", "200 POST"),
            ("PUT /x", "200 PUT"),
            ("PATCH /x", "200 PATCH"),
            ("DELETE /x", "200 DELETE"),
            ("BREW /any", "200 BREW"),
            ("OPTIONS /any", "200 OPTIONS"),
            ("GET /any", "200 get"),
            ("PURGE /several", "200 PURGE"),
            ("PUT /several", "200 put"),
            ("HEAD /h", "200 "),
            ("GET /h", r#"405 {"message":"Method Not Allowed"}"#),
            ("OPTIONS /o", "200 mine"),
            // By the function for GET, without its body.
            ("HEAD /x", "200 "),
        ],
    );
}

#[test]
fn another_method_is_405_and_options_is_answered_both_with_allow() {
    let given = answers(
        app("app:get('/x', function() return 'x' end)
             app:put('/x', function() return 'x' end)
             app:post('/:any', function() return 'any' end)"),
        [
            ask("DELETE /x", &[]),
            ask("OPTIONS /x", &[]),
            ask("OPTIONS /no/where", &[]),
        ],
    );
    // What the parameter's route takes counts as well: POST /x is answered.
    let allow = "GET, HEAD, OPTIONS, POST, PUT";
    assert_eq!(given[0]["statusCode"], 405);
    assert_eq!(given[0]["headers"]["allow"], allow);
    assert_eq!(given[1]["statusCode"], 204);
    assert_eq!(given[1]["headers"]["allow"], allow);
    assert_eq!(given[1]["body"], "");
    assert_eq!(given[2]["statusCode"], 404);
}

#[test]
fn the_request_has_the_pattern_and_the_parameters_of_the_router_alone() {
    check(
        "local json = require('lambda.json')
         local function told(req) return { req.route, json.encode(req.params) } end
         app:get('/lit', told)
         app:get('/items/:id', told)
         app:not_found(function(req) return { req.route == nil, req.params.proxy } end)",
        &[
            ("GET /lit", r#"200 ["/lit","{}"]"#),
            ("GET /items/7", r#"200 ["/items/:id","{\"id\":\"7\"}"]"#),
            ("GET /none", r#"404 [true,"of the front end"]"#),
        ],
    );
}

#[test]
fn groups_have_a_prefix_and_may_stand_in_each_other() {
    check(
        "local function name(text)
           return function(req, next)
             req.by = (req.by or '') .. text
             return next(req)
           end
         end
         local function by(req) return (req.by or '') .. ' ' .. req.route end
         app:group('/api', name('a'), function(api)
           api:get('/', by)
           api:group('/v1/:user', function(v1)
             v1:get('/x', name('x'), by)
             v1:use(name('v'))
           end)
         end)
         app:group('/', name('g'), function(all) all:get('/g', by) end)
         app:use(name('1'), name('2'))
         app:get('/', by)",
        &[
            ("GET /api", "200 12a /api"),
            ("GET /api/", NOT_FOUND),
            ("GET /api/v1/me/x", "200 12avx /api/v1/:user/x"),
            ("GET /g", "200 12g /g"),
            ("GET /", "200 12 /"),
        ],
    );
}

#[test]
fn a_mounted_app_sees_the_path_behind_its_prefix() {
    check(
        "local inner = web.router()
         local function told(req)
           return { req.path, req.route, req.params.tenant, req.params.id }
         end
         inner:get('/', told)
         inner:get('/u/:id', told)
         inner:not_found(function(req) return 404, nil, 'inner ' .. req.path end)
         app:use(function(req, next)
           local before = req.path
           local answer = next(req)
           answer.headers['x-path'] = before == req.path and req.path or 'changed'
           answer.headers['x-tenant'] = req.params.tenant
           return answer
         end)
         app:mount('/t/:tenant', inner)
         app:mount('/fn', function(req) return req.path end)
         app:get('/t/:tenant/own', function() return 'own' end)",
        &[
            ("GET /t/a", r#"200 ["/","/t/:tenant","a"]"#),
            ("GET /t/a/", r#"200 ["/","/t/:tenant","a"]"#),
            ("GET /t/a/u/5", r#"200 ["/u/5","/t/:tenant/u/:id","a","5"]"#),
            (
                "GET /t/a/u/%2F",
                r#"200 ["/u//","/t/:tenant/u/:id","a","/"]"#,
            ),
            ("GET /t/a/x", "404 inner /x"),
            ("GET /t/a/own", "200 own"),
            ("POST /fn/x/y", "200 /x/y"),
            ("GET /fn", "200 /"),
            ("GET /fnx", NOT_FOUND),
        ],
    );
    let restored = answers(
        app("local inner = web.router()
             inner:get('/boom/:id', function() web.error(409) end)
             app:use(function(req, next)
               local answer = next(req)
               answer.headers['x-seen'] = req.path .. ' ' .. req.params.t .. ' ' .. tostring(req.params.id)
               return answer
             end)
             app:mount('/t/:t', inner)"),
        [ask("GET /t/a/boom/7", &[])],
    );
    assert_eq!(restored[0]["statusCode"], 409);
    assert_eq!(restored[0]["headers"]["x-seen"], "/t/a/boom/7 a nil");
}

#[test]
fn an_app_is_a_handler_by_itself_and_by_every_other_way() {
    for handler in [
        "app",
        "app:handler()",
        "web.handler(app)",
        "web.handler(outer)",
    ] {
        let source = format!(
            "local web = require('lambda.web')
             local app, outer = web.router(), web.router()
             outer:mount('/', app)
             app:get('/x/:id', function(req, response)
               return {{ req.params.id, response == nil, req.context.function_name }}
             end)
             return {{ handler = {handler} }}"
        );
        let given = answers(Function::new("main.lua", source), [ask("GET /x/5", &[])]);
        assert_eq!(given[0]["body"], r#"["5",true,"f"]"#, "{handler}");
    }
}

#[test]
fn routes_of_a_stream_have_the_response() {
    let source = "local web = require('lambda.web')
        local app = web.router()
        app:use(function(req, next) return next(req) end)
        app:get('/s', function(req, response)
          response:start({ headers = { ['content-type'] = 'text/plain' } })
          response:write('streamed')
        end)
        app:get('/b', function() return 'whole' end)
        return { handler = web.stream(app) }";
    let run = Function::new("main.lua", source)
        .invoke(ask("GET /s", &[]))
        .invoke(ask("GET /b", &[]))
        .run();
    assert!(run.posts()[0].text().ends_with("\0\0\0\0\0\0\0\0streamed"));
    assert!(run.posts()[1].text().ends_with("\0\0\0\0\0\0\0\0whole"));
}

#[test]
fn an_event_that_is_no_request_fails_and_says_what_is_served() {
    let run = app("").invoke(Event::json(r#"{"Records":[]}"#)).run();
    let message = run.post().json()["errorMessage"].to_string();
    assert!(
        message.contains("this event is no HTTP request"),
        "{message}"
    );
}

#[test]
fn routes_and_middleware_may_come_while_requests_are_served() {
    let given = answers(
        app("local made
             app:get('/grow', function()
               if not made then
                 made = true
                 app:get('/late', function() return 'late' end)
                 app:use(function(req, next)
                   local answer = next(req)
                   answer.headers['x-late'] = '1'
                   return answer
                 end)
               end
               return 'grown'
             end)"),
        ["GET /late", "GET /grow", "GET /late", "GET /grow"].map(|line| ask(line, &[])),
    );
    assert_eq!(given[0]["statusCode"], 404);
    assert_eq!(given[1]["headers"]["x-late"], json!(null));
    assert_eq!(given[2]["body"], "late");
    assert_eq!(given[2]["headers"]["x-late"], "1");
    assert_eq!(given[3]["headers"]["x-late"], "1");
}
