//! Which route a path finds, and its parameters.

use serde_json::json;

use super::web_app::{answers, app, ask};
use super::{NOT_FOUND, check};

#[test]
fn a_literal_beats_a_parameter_which_beats_a_rest_whatever_their_order() {
    check(
        "app:get('/a/*rest', function(req) return 'rest ' .. req.params.rest end)
         app:get('/a/:id', function(req) return 'id ' .. req.params.id end)
         app:get('/a/b', function() return 'literal' end)
         app:get('/a/:id/c', function(req) return 'id c ' .. req.params.id end)
         app:get('/a/b/d', function() return 'literal d' end)
         app:get('/', function() return 'root' end)",
        &[
            ("GET /a/b", "200 literal"),
            ("GET /a/x", "200 id x"),
            ("GET /a/x/c", "200 id c x"),
            // The search goes back from a literal that leads nowhere.
            ("GET /a/b/c", "200 id c b"),
            ("GET /a/b/d", "200 literal d"),
            ("GET /a/b/e", "200 rest b/e"),
            ("GET /a/", "200 rest "),
            ("GET /a", NOT_FOUND),
            ("GET /", "200 root"),
            ("GET /A/b", NOT_FOUND),
        ],
    );
}

#[test]
fn parameters_are_decoded_behind_the_splitting() {
    check(
        "app:get('/i/:id', function(req) return req.params.id end)
         app:get('/f/*path', function(req) return req.params.path end)
         app:get('/blank here/%C3%BC', function(req) return req.route end)",
        &[
            ("GET /i/a%2Fb", "200 a/b"),
            ("GET /i/a%20b+c", "200 a b+c"),
            // What is no percent-encoding stays as it is.
            ("GET /i/50%", "200 50%"),
            ("GET /i/%zz%2", "200 %zz%2"),
            ("GET /i/%", "200 %"),
            ("GET /f/x/%2e%2e/y%2Fz", "200 x/../y/z"),
            ("GET /%69/5", "200 5"),
            ("GET /blank%20here/ü", "200 /blank here/%C3%BC"),
            ("GET /blank%20here/%c3%bc", "200 /blank here/%C3%BC"),
        ],
    );
}

#[test]
fn what_patterns_of_other_kinds_have_stands_for_itself() {
    check(
        "app:get('/v1.0/a-b', function() return 'dots' end)
         app:get('/100%', function() return 'percent' end)
         app:get('/[a-z]+/(x)$', function() return 'pattern' end)
         app:get('/items:batch', function() return 'colon' end)",
        &[
            ("GET /v1.0/a-b", "200 dots"),
            ("GET /v1x0/a-b", NOT_FOUND),
            ("GET /v1.0/aab", NOT_FOUND),
            ("GET /100%25", "200 percent"),
            ("GET /100%", "200 percent"),
            ("GET /[a-z]+/(x)$", "200 pattern"),
            ("GET /b/x", NOT_FOUND),
            ("GET /items:batch", "200 colon"),
        ],
    );
}

#[test]
fn slashes_count_unless_the_one_at_the_end_is_to_be_ignored() {
    let routes = "app:get('/a', function() return 'a' end)
         app:get('/b/', function() return 'b' end)
         app:get('/c/:id', function(req) return 'c' .. req.params.id end)";
    check(
        routes,
        &[
            ("GET /a", "200 a"),
            ("GET /a/", NOT_FOUND),
            ("GET /b", NOT_FOUND),
            ("GET /b/", "200 b"),
            ("GET /c/1/", NOT_FOUND),
            ("GET /c/", NOT_FOUND),
            ("GET //a", NOT_FOUND),
        ],
    );
    check(
        &format!(
            "app = web.router({{ trailing_slash = 'ignore' }})
             {routes}
             app:get('/f/*path', function(req) return 'f' .. req.params.path end)"
        ),
        &[
            ("GET /a/", "200 a"),
            ("GET /a//", NOT_FOUND),
            ("GET /b", "200 b"),
            ("GET /b/", "200 b"),
            ("GET /c/1/", "200 c1"),
            ("GET /c/", NOT_FOUND),
            ("GET /f/x/", "200 fx/"),
        ],
    );
}

#[test]
fn a_route_of_another_method_lets_a_less_specific_one_answer() {
    check(
        "app:post('/items/special', function() return 'special' end)
         app:get('/items/:id', function(req) return req.params.id end)",
        &[
            ("GET /items/special", "200 special"),
            ("POST /items/special", "200 special"),
        ],
    );
}

#[test]
fn paths_of_any_length_and_thousands_of_routes_are_found() {
    let given = answers(
        app("for i = 1, 2500 do
               app:get('/r' .. i .. '/x', function() return 'r' .. i end)
               app:get('/p' .. i .. '/:id', function(req) return 'p' .. i .. req.params.id end)
             end
             app:get('/long/*rest', function(req) return tostring(#req.params.rest) end)
             app:get('/one/:id', function(req) return tostring(#req.params.id) end)"),
        [
            ask("GET /r2500/x", &[]),
            ask("GET /p1/9", &[]),
            ask(&format!("GET /one{}", "/x".repeat(10_000)), &[]),
            ask(&format!("GET /long{}", "/x".repeat(10_000)), &[]),
            ask(&format!("GET /one/{}", "%41".repeat(350_000)), &[]),
            ask(&format!("GET {}", "/".repeat(1_000_000)), &[]),
            ask("GET ", &[]),
        ],
    );
    let given: Vec<_> = given
        .iter()
        .map(|answer| (answer["statusCode"].clone(), answer["body"].clone()))
        .collect();
    let not_found = (json!(404), json!(r#"{"message":"Not Found"}"#));
    assert_eq!(
        given,
        [
            (json!(200), json!("r2500")),
            (json!(200), json!("p19")),
            not_found.clone(),
            (json!(200), json!("19999")),
            (json!(200), json!("350000")),
            not_found.clone(),
            not_found,
        ]
    );
}
