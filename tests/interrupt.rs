//! How the rest of the runtime makes Lua code stop: the interface of `Deadline`.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::c_int;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

use moonlayer::coroutine;
use moonlayer::deadline::{Allowance, Interrupter, Reason};
use stress::Bench;

#[path = "support/stress.rs"]
mod stress;

#[test]
fn code_that_is_interrupted_at_any_moment_leaves_a_sound_state() {
    let bench = Bench::new();
    let figures = bench.interrupt_at_random(3_000, 7);
    assert!(figures.interrupted > 200, "{figures:?}");
    assert!(figures.finished > 200, "{figures:?}");
    let grown = figures.late_bytes.saturating_sub(figures.early_bytes);
    assert!(grown < 64 * 1024, "{figures:?}");
}

#[test]
fn code_outside_an_invocation_can_be_given_a_time() {
    let bench = Bench::new();
    let (lua, deadline) = (&bench.state.lua, &bench.state.deadline);
    let busy = bench.function("return function()\nwhile true do end end");
    let allowance = Allowance::of(Duration::from_millis(50));
    deadline.arm(Some(allowance), &bench.log);
    assert!(
        deadline
            .remaining()
            .is_some_and(|left| left <= allowance.had)
    );
    let outcome = coroutine::call(lua, &busy, ());
    assert!(outcome.is_err() && deadline.expired());
    assert_eq!(deadline.remaining(), Some(Duration::ZERO));
    let stop = deadline.disarm(lua).expect("it was interrupted");
    assert_eq!(stop.reason, Reason::Deadline);
    assert_eq!(stop.message, "timed out after 0.05 s at work.lua:2");
    assert_eq!(stop.stack_trace, ["work.lua:2: in function <work.lua:1>"]);
    assert!(!deadline.expired());
    assert_eq!(deadline.remaining(), None);
}

#[test]
fn an_exit_that_the_process_outlives_cannot_be_caught() {
    let bench = Bench::new();
    let (lua, deadline) = (&bench.state.lua, &bench.state.deadline);
    let calls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&calls);
    let exits = bench.state.exit_by(move |_| counted.set(counted.get() + 1));
    exits.expect("a function");
    for source in [
        "return function() while true do pcall(os.exit, 3) end end",
        "return function() coroutine.wrap(function() pcall(os.exit) while true do end end)() end",
        "return function() pcall(os.exit) return 'went on' end",
    ] {
        let exits = bench.function(source);
        // Whether it has a deadline or not.
        for allowance in [None, Some(Allowance::of(Duration::from_secs(600)))] {
            calls.set(0);
            deadline.arm(allowance, &bench.log);
            let _ = coroutine::call(lua, &exits, ());
            let stop = deadline.disarm(lua).expect("it was stopped");
            assert_eq!(stop.reason, Reason::Exit, "{source}");
            assert_eq!(calls.get(), 1, "{source}");
        }
    }
    // Called by nothing that Lua could stop, it counts all the same.
    deadline.arm(None, &bench.log);
    let os: mlua::Table = lua.globals().get("os").expect("a library");
    let exit: mlua::Value = os.get("exit").expect("a function");
    let _ = coroutine::call(lua, &exit, ());
    let stop = deadline.disarm(lua).expect("it was stopped");
    assert_eq!(stop.reason, Reason::Exit);
}

#[test]
fn nothing_is_interrupted_while_nothing_is_armed() {
    let bench = Bench::new();
    let (lua, deadline) = (&bench.state.lua, &bench.state.deadline);
    assert!(!deadline.interrupt(Reason::Exit));
    let sum = bench.function("return function() return 1 + 1 end");
    let (answer, _) = coroutine::call(lua, &sum, ()).expect("an answer");
    assert_eq!(answer.as_i64(), Some(2));
    assert_eq!(deadline.disarm(lua), None);
}

#[test]
fn the_first_reason_is_the_one_that_counts() {
    let bench = Bench::new();
    let (lua, deadline) = (&bench.state.lua, &bench.state.deadline);
    let busy = bench.function("return function() while true do end end");
    deadline.arm(Some(Allowance::of(Duration::from_nanos(1))), &bench.log);
    while !deadline.expired() {
        std::hint::spin_loop();
    }
    assert!(!deadline.interrupt(Reason::Exit));
    let _ = coroutine::call(lua, &busy, ());
    let stop = deadline.disarm(lua).expect("it was interrupted");
    assert_eq!(stop.reason, Reason::Deadline);
}

#[test]
fn a_signal_handler_interrupts_its_own_thread_and_no_other() {
    static INTERRUPTER: OnceLock<Interrupter> = OnceLock::new();
    extern "C" fn on_signal(_: c_int) {
        if let Some(interrupter) = INTERRUPTER.get() {
            interrupter.interrupt_within(Duration::ZERO);
        }
    }
    let bench = Bench::new();
    let (lua, deadline) = (&bench.state.lua, &bench.state.deadline);
    assert!(INTERRUPTER.set(deadline.interrupter()).is_ok());
    // SAFETY: the handler does only what signal handlers may; raise(3) signals this thread.
    let raise = unsafe {
        libc::signal(libc::SIGUSR1, on_signal as *const () as usize);
        lua.create_function(|_, ()| Ok(libc::raise(libc::SIGUSR1)))
    };
    lua.globals()
        .set("signal", raise.expect("a function"))
        .expect("room");
    deadline.arm(None, &bench.log);
    let elsewhere = std::thread::spawn(|| {
        INTERRUPTER
            .get()
            .is_some_and(|it| it.interrupt_within(Duration::ZERO))
    });
    assert!(!elsewhere.join().expect("a thread"));
    assert!(!deadline.expired());
    let work = bench.function("return function() signal()\nwhile true do pcall(error) end end");
    let _ = coroutine::call(lua, &work, ());
    let stop = deadline.disarm(lua).expect("it was interrupted");
    assert_eq!(stop.reason, Reason::Signal);
    assert!(
        stop.message
            .starts_with("interrupted by a signal at work.lua:")
    );
    assert!(!stop.stack_trace.is_empty());
}
