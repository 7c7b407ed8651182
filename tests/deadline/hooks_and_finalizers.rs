//! Code that Lua itself calls, and hooks of the user's own beside the one that interrupts.

use std::time::Duration;

use serde_json::json;

use super::support::{Event, Function, IS_LUAJIT, ON_COLLECT, Run};
use super::{interrupted, short, stack};

#[test]
fn a_finalizer_is_interrupted() {
    let body = "on_collect(function() while true do end end)\n\
         collectgarbage() while true do end";
    let run = interrupted(&format!("{ON_COLLECT}{body}"));
    let name = match IS_LUAJIT {
        false => "in metamethod '__gc'",
        true => "in function <app.lua:2>",
    };
    assert!(stack(&run)[0].ends_with(name), "{:?}", stack(&run));
}

/// Runs a function whose first call leaves a finalizer behind that does not end, with the second
/// event, which has little time, and a third.
fn finalizer_left_behind(second: String) -> Run {
    let source = format!(
        "{ON_COLLECT}local calls = 0\n\
        return {{ handler = function()\n\
          calls = calls + 1\n\
          if calls == 1 then\n\
            on_collect(function() while true do end end)\n\
          end\n\
          return calls\n\
        end }}"
    );
    Function::new("main.lua", source)
        .invoke(Event::json("{}"))
        .invoke(Event::json(second).left(Duration::from_millis(600)))
        .invoke(Event::json("{}"))
        .run()
}

// LuaJIT's collector goes at another pace: it reaches no finalizer in so few tables.
#[cfg(feature = "lua54")]
#[test]
fn a_finalizer_that_runs_while_the_event_is_made_is_interrupted() {
    // The collector finishes its round while so many tables are made.
    let run = finalizer_left_behind(format!("[{}{{}}]", "{\"a\":1},".repeat(3_000)));
    let posts = run.posts();
    assert_eq!(posts[1].json()["errorType"], "Function.Timeout");
    let stack = posts[1].json()["stackTrace"].to_string();
    assert!(
        stack.contains("__gc") && !stack.contains("handler"),
        "{stack}"
    );
    assert!(posts[2].path.ends_with("/response"), "{}", run.transcript());
}

#[test]
fn a_finalizer_that_runs_between_two_events_is_interrupted() {
    // The collector stands still while so large an event is made.
    let run = finalizer_left_behind(format!("[{}{{}}]", "{\"a\":1},".repeat(30_000)));
    let answers: Vec<_> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(answers, ["1", "2", "3"]);
    let record = "\t-\tERROR\tFunction.Timeout: timed out after 0.60 s at main.lua:5";
    assert!(run.stdout().contains(record), "{}", run.stdout());
}

#[test]
fn a_hook_of_the_users_is_there_again_after_an_interruption() {
    let source = "local M, calls, lines = {}, 0, 0\n\
        debug.sethook(function() lines = lines + 1 end, 'l')\n\
        function M.handler(event)\n\
          calls = calls + 1\n\
          if calls == 1 then while true do end end\n\
          local before = lines\n\
          local x = 1\n\
          local y = 2\n\
          return { lines - before, select('#', debug.gethook()), (select(2, debug.gethook())) }\n\
        end\n\
        return M";
    let run = Function::new("main.lua", source)
        .invoke(short())
        .invoke(Event::json("{}"))
        .run();
    let posts = run.posts();
    assert_eq!(posts[0].json()["errorType"], "Function.Timeout");
    assert_eq!(posts[1].json(), json!([3, 3, "l"]));
}

#[test]
fn a_handler_that_takes_hooks_away_is_interrupted() {
    interrupted(
        "while true do pcall(debug.sethook) pcall(function() for i = 1, 1e5 do end end) end",
    );
}

#[test]
fn a_handler_that_takes_hooks_away_before_each_is_due_is_interrupted() {
    interrupted("while true do pcall(function() while true do debug.sethook() end end) end");
}
