//! What child processes of a handler inherit.

mod support;

use std::process::Command;

use support::{Answer, Event, Function};

/// What the runtime calls when there is a `shutdown` hook.
fn with_extension(function: Function) -> Function {
    let registered = "HTTP/1.1 200 OK\r\nLambda-Extension-Identifier: 4f-17\r\n\
                      Content-Length: 2\r\n\r\n{}";
    function
        .expects(
            "POST",
            "/2020-01-01/extension/register",
            Answer::bytes(registered),
        )
        .expects("GET", "/2020-01-01/extension/event/next", Answer::park())
}

/// Which of the masks `SigBlk`, `SigIgn`, `SigCgt` of a child process have the signal, in a
/// function with a `shutdown` hook and a deadline.
fn masks(signal: u32) -> String {
    let source = format!(
        "require('lambda.lifecycle').on('shutdown', print)
        return {{ handler = function()
          local pipe = io.popen('cat /proc/self/status')
          local status = pipe:read('a')
          pipe:close()
          local masks = {{}}
          for _, name in ipairs({{ 'SigBlk', 'SigIgn', 'SigCgt' }}) do
            local mask = status:match(name .. ':%s*(%x+)')
            masks[#masks + 1] = tonumber(mask, 16) >> {} & 1
          end
          return masks
        end }}",
        signal - 1
    );
    let run = with_extension(Function::new("main.lua", source))
        .invoke(Event::json("{}"))
        .run();
    let answer = run
        .posts()
        .into_iter()
        .find(|post| post.path.ends_with("/response"));
    answer.expect("an answer").text().to_owned()
}

#[test]
fn child_processes_find_sigterm_as_any_process_does() {
    assert_eq!(masks(15), "[0,0,0]");
}

#[test]
fn child_processes_end_when_nobody_reads_what_they_write() {
    assert_eq!(masks(13), "[0,0,0]");
}

#[test]
fn a_child_process_that_does_not_read_ends_no_handler() {
    let source = "return { handler = function()
          local pipe = io.popen('exec true', 'w')
          local written, why
          repeat
            written, why = pipe:write(('x'):rep(100000))
          until not written
          return why
        end }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(run.post().text(), r#""Broken pipe""#);
}

/// A C module that forks, sends SIGTERM to the child, and is the signal that the child died of.
const FORKS: &str = "
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
void lua_pushinteger(void *state, long long number);
int luaopen_forks(void *state) {
  pid_t child = fork();
  if (child == 0) for (;;) pause();
  int status = 0;
  kill(child, SIGTERM);
  waitpid(child, &status, 0);
  lua_pushinteger(state, WTERMSIG(status));
  return 1;
}
";

#[test]
fn a_process_that_a_c_module_forks_dies_of_sigterm_and_the_function_goes_on() {
    let source = "require('lambda.lifecycle').on('shutdown', print)
        return { handler = function() return (require('forks')) end }";
    let function = Function::new("main.lua", source).file("forks.c", FORKS);
    let root = function.root().path();
    let built = Command::new("gcc")
        .args(["-shared", "-fPIC", "-o"])
        .args([root.join("forks.so"), root.join("forks.c")])
        .output()
        .expect("gcc");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    let run = with_extension(function)
        .invoke(Event::json("{}"))
        .invoke(Event::json("{}"))
        .run();
    let answers: Vec<_> = run.posts().into_iter().map(|post| post.text()).collect();
    assert_eq!(answers[1..], ["15", "15"]);
}
