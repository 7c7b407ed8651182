//! The time that hooks have.

use std::time::Duration;

use super::function;
use super::support::Event;

#[test]
fn a_hook_before_the_handler_has_the_handlers_deadline() {
    let run = function(
        "local calls = 0
        on('before_invoke', function()
          calls = calls + 1
          while calls == 1 do pcall(error) end
        end)
        return { handler = function() return calls end }",
    )
    .invoke(Event::json("{}").left(Duration::from_secs(1)))
    .invoke(Event::json("{}"))
    .run();
    let [error, response] = run.posts()[..] else {
        panic!("{}", run.transcript())
    };
    assert_eq!(error.json()["errorType"], "Function.Timeout");
    assert_eq!(response.text(), "2");
}

#[test]
fn a_hook_after_the_answer_ends_with_the_invocations_time() {
    let run = function(
        "local calls = 0
        on('after_invoke', function()
          calls = calls + 1
          while calls == 1 do pcall(error) end
        end)
        return { handler = function() return calls end }",
    )
    .invoke(Event::json("{}").left(Duration::from_secs(1)))
    .invoke(Event::json("{}"))
    .run();
    let bodies: Vec<_> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(bodies, ["0", "1"]);
    let said = run.stdout();
    assert_eq!(said.matches("timed out after").count(), 1, "{said}");
    assert!(
        said.contains("request-1") && said.contains("main.lua:5"),
        "{said}"
    );
}
