//! SIGTERM while a handler runs that does not end by itself.

use std::process::Command;

use super::support::Event;
#[cfg(feature = "lua54")]
use super::support::ON_COLLECT;
use super::{LONG, TERM_HERE, extended, messages};

#[test]
fn sigterm_stops_a_handler_that_does_not_end_and_then_runs_the_hooks() {
    let run = extended(&format!(
        "on('shutdown', function() print('bye') end)
        return {{ handler = function()
          {TERM_HERE}
          while true do pcall(error) end
        end }}"
    ))
    .invoke(Event::json("{}").left(LONG))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 0);
    let error = run.posts()[1].json();
    assert_eq!(error["errorType"], "Runtime.Interrupted");
    assert_eq!(
        error["errorMessage"],
        "interrupted by a signal at main.lua:5"
    );
    assert_eq!(messages(&run).last(), Some(&"bye"));
}

#[test]
fn sigterm_stops_a_handler_that_has_no_deadline() {
    let run = extended(&format!(
        "on('shutdown', function() print('bye') end)
        return {{ handler = function() {TERM_HERE} while true do pcall(error) end end }}"
    ))
    .env("MOONLAYER_TIMEOUT_MARGIN_MS", "0")
    .invoke(Event::json("{}"))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 0);
    assert_eq!(run.posts()[1].json()["errorType"], "Runtime.Interrupted");
    assert_eq!(messages(&run).last(), Some(&"bye"));
}

// LuaJIT's collector goes at another pace: it reaches no finalizer in so few tables.
#[cfg(feature = "lua54")]
#[test]
fn sigterm_before_the_handler_is_called_stops_it_as_well() {
    // The finalizer runs while so many tables are made of the second event.
    let run = extended(&format!(
        "{ON_COLLECT}on('shutdown', function() print('bye') end)
        local calls = 0
        return {{ handler = function()
          calls = calls + 1
          if calls == 1 then
            on_collect(function() {TERM_HERE} print('asked') end)
            return
          end
          print('called')
          while true do pcall(error) end
        end }}"
    ))
    .invoke(Event::json("{}"))
    .invoke(Event::json(format!("[{}{{}}]", "{\"a\":1},".repeat(3_000))).left(LONG))
    .ends()
    .run();
    assert_eq!(run.exit_code(), 0);
    assert_eq!(run.posts()[2].json()["errorType"], "Runtime.Interrupted");
    let said = messages(&run);
    assert_eq!(said[..2], ["asked", "called"]);
    assert_eq!(said.last(), Some(&"bye"));
}

#[test]
fn sigterm_stops_a_handler_that_waits_in_the_system() {
    // Nobody writes: the read ends because of the timer's signal alone.
    let function = extended(&format!(
        "on('shutdown', function() print('bye') end)
        return {{ handler = function()
          local pipe = io.open('pipe', 'r+')
          {TERM_HERE}
          return pipe:read('l')
        end }}"
    ));
    let pipe = function.root().path().join("pipe");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    let run = function.invoke(Event::json("{}").left(LONG)).ends().run();
    assert_eq!((run.exit_code(), messages(&run).last()), (0, Some(&"bye")));
}

#[test]
fn sigterm_while_native_code_runs_is_not_called_a_deadline() {
    let run = extended(&format!(
        "on('shutdown', function() print('bye') end)
        return {{ handler = function()
          {TERM_HERE}
          os.execute('sleep 0.5')
        end }}"
    ))
    .invoke(Event::json("{}").left(LONG))
    .ends()
    .run();
    assert_eq!((run.exit_code(), messages(&run).last()), (0, Some(&"bye")));
    assert!(!run.stdout().contains("deadline"), "{}", run.stdout());
}

#[test]
fn sigterm_stops_a_handler_that_waits_for_an_http_answer() {
    // The system takes the connection and the request; nobody answers.
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", server.local_addr().unwrap());
    let run = extended(&format!(
        "on('shutdown', function() print('bye') end)
        return {{ handler = function()
          {TERM_HERE}
          return require('lambda.http').get('{url}', {{timeout = 600}})
        end }}"
    ))
    .invoke(Event::json("{}").left(LONG))
    .ends()
    .run();
    assert_eq!((run.exit_code(), messages(&run).last()), (0, Some(&"bye")));
    assert_eq!(run.posts()[1].json()["errorType"], "Runtime.Interrupted");
}
