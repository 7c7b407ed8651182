//! Processes that a script starts, and what becomes of its own.

use std::process::Command;

use crate::support::{Event, Function};
use crate::{failure_of, output, output_of, run, script};

#[test]
fn a_process_that_outlives_the_script_does_not_hold_the_answer() {
    let run = run("os.execute('sleep 1000 & echo $!')");
    let id: u32 = output(&run)
        .trim()
        .parse()
        .expect("the number of a process");
    let gone = Command::new("kill").arg(id.to_string()).output();
    assert!(gone.expect("kill").status.success(), "it went on");
}

#[test]
fn a_process_that_writes_for_ever_does_not_hold_the_answer() {
    let run = run("os.execute('yes & true')\nprint('done')");
    assert!(output(&run).contains("done\n"));
}

#[test]
fn a_script_may_end_by_a_signal() {
    let run = script("print('before')\nos.execute('kill -' .. (...) .. ' $PPID')")
        .invoke(Event::json(r#""TERM""#))
        .invoke(Event::json(r#""KILL""#))
        .invoke(Event::json(r#""USR1""#))
        .run();
    let posts = run.posts();
    let messages: Vec<_> = posts.into_iter().map(failure_of).collect();
    assert_eq!(
        messages,
        [
            "before\nlua: bin/run.lua was ended by signal 15 (SIGTERM)\n",
            "before\nlua: bin/run.lua was ended by signal 9 (SIGKILL, which the system sends when \
             memory runs out)\n",
            "before\nlua: bin/run.lua was ended by signal 10\n",
        ]
    );
    assert!(run.stdout().contains("bin/run.lua ended with status 143\n"));
}

/// A C module with state of its own, and functions that end the process or leave it.
const NATIVE: &str = r#"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
void lua_pushinteger(void *, long long);
long long lua_tointegerx(void *, int, int *);
void lua_pushcclosure(void *, int (*)(void *), int);
static int count;
static int counts(void *l) { lua_pushinteger(l, ++count); printf("in C\n"); return 1; }
static int leaves(void *l) { _exit((int)lua_tointegerx(l, 1, 0)); }
static int forks(void *l) { lua_pushinteger(l, fork()); return 1; }
static int aborts(void *l) { abort(); }
int luaopen_native(void *l) { lua_pushcclosure(l, counts, 0); return 1; }
int luaopen_native_leaves(void *l) { lua_pushcclosure(l, leaves, 0); return 1; }
int luaopen_native_forks(void *l) { lua_pushcclosure(l, forks, 0); return 1; }
int luaopen_native_aborts(void *l) { lua_pushcclosure(l, aborts, 0); return 1; }
"#;

fn with_native(source: &str) -> Function {
    let function = script(source).file("native.c", NATIVE);
    let root = function.root().path();
    let built = Command::new("gcc")
        .args(["-shared", "-fPIC", "-o"])
        .args([root.join("native.so"), root.join("native.c")])
        .output()
        .expect("gcc");
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success(), "{said}");
    function
}

#[test]
fn c_modules_write_to_the_output_and_start_anew_too() {
    let run = with_native("io.write('lua ')\nprint(require('native')())")
        .invoke(Event::json("null"))
        .invoke(Event::json("null"))
        .run();
    for post in run.posts() {
        assert_eq!(output_of(post), "lua in C\n1\n");
    }
}

#[test]
fn a_c_module_may_end_the_process_in_any_way() {
    let source = "print('before')
        local load = function(name) return package.loadlib('./native.so', 'luaopen_native_' .. name)() end
        if ... == 'abort' then load('aborts')() end
        load('leaves')(tonumber((...)))";
    let run = with_native(source)
        .invoke(Event::json(r#""0""#))
        .invoke(Event::json(r#""5""#))
        .invoke(Event::json(r#""abort""#))
        .run();
    let posts = run.posts();
    assert_eq!(output_of(posts[0]), "before\n");
    assert_eq!(failure_of(posts[1]), "before\n");
    let aborted = "before\nlua: bin/run.lua was ended by signal 6 (SIGABRT)\n";
    assert_eq!(failure_of(posts[2]), aborted);
}

#[test]
fn a_copy_of_the_script_that_goes_on_does_not_hold_the_answer() {
    let source = "local forks = package.loadlib('./native.so', 'luaopen_native_forks')()
        local id = forks()
        if id == 0 then os.execute('exec sleep 1000 >&- 2>&-') end
        print(id)";
    let run = with_native(source).invoke(Event::json("null")).run();
    let id = output(&run).trim().to_owned();
    let gone = Command::new("sh")
        .args(["-c", "kill -STOP $0; pkill -KILL -P $0; kill -KILL $0", &id])
        .output();
    gone.expect("sh");
}
