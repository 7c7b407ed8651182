//! `Worker`: what a polling thread shares with the signal handler that interrupts it.
//!
//! Only this thread and signal handlers on this same thread touch a worker, so the order of single
//! loads and stores, kept by compiler fences, is all there is to it.
#![allow(unsafe_code)]

use std::cell::{Cell, UnsafeCell};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, compiler_fence};
use std::time::Duration;

use mlua::ffi::{self, lua_State};

use super::hook::hook;
use super::line::Line;
use super::{Reason, timer};
use crate::interpreter;

/// A coroutine that runs, or one that waits for what it resumed.
#[derive(Debug)]
pub struct Running {
    pub(super) state: *mut lua_State,
    /// What resumed it; null for the outermost.
    pub(super) resumer: *const Running,
}

/// The state of one polling loop as a signal finds it. It is never freed: signals and Lua functions
/// hold its address.
#[derive(Debug)]
pub struct Worker {
    /// The thread of the polling loop.
    thread: libc::pthread_t,
    /// The innermost running coroutine; null while nothing may be interrupted.
    running: AtomicPtr<Running>,
    /// The outermost, the state's main thread.
    root: Running,
    /// How many coroutines run or wait for what they resumed. No signal handler looks at it.
    depth: Cell<usize>,
    /// Why the running code is to stop, a [`Reason`]; 0 while it may go on.
    reason: AtomicU8,
    /// How often the hook has raised.
    raised: AtomicU32,
    /// Where it was is noted.
    noted: AtomicBool,
    /// How often the timer has fired.
    ticks: AtomicU32,
    /// The timer, once there is one: the first of a process is null.
    has_timer: AtomicBool,
    timer: AtomicPtr<c_void>,
    /// The timer was set anew by a signal to the process.
    asked: AtomicBool,
    /// All the time that the running code had, in milliseconds.
    had_ms: AtomicU64,
    /// The log line for code that takes no hook.
    pub(super) line: Line,
    /// The hook that `debug.sethook` had set on the main thread when ours took its place.
    displaced: UnsafeCell<Option<(Option<ffi::lua_Hook>, c_int, c_int)>>,
    /// A hook of ours stands, or stood, on the main thread.
    hooked: AtomicBool,
}

impl Worker {
    /// The worker of a state, whose main thread is `main`, on the calling thread.
    pub fn new(main: *mut lua_State) -> Self {
        Self {
            // SAFETY: it cannot fail.
            thread: unsafe { libc::pthread_self() },
            running: AtomicPtr::default(),
            root: Running {
                state: main,
                resumer: ptr::null(),
            },
            depth: Cell::new(0),
            reason: AtomicU8::new(0),
            raised: AtomicU32::new(0),
            noted: AtomicBool::new(false),
            ticks: AtomicU32::new(0),
            has_timer: AtomicBool::new(false),
            timer: AtomicPtr::default(),
            asked: AtomicBool::new(false),
            had_ms: AtomicU64::new(0),
            line: Line::default(),
            displaced: UnsafeCell::new(None),
            hooked: AtomicBool::new(false),
        }
    }

    /// Forgets what ran before, and notes what time the next has. Nothing runs now.
    pub fn prepare(&self, had_ms: u64) {
        self.reason.store(0, Relaxed);
        self.raised.store(0, Relaxed);
        self.noted.store(false, Relaxed);
        self.ticks.store(0, Relaxed);
        self.asked.store(false, Relaxed);
        self.had_ms.store(had_ms, Relaxed);
    }

    /// What runs from here on may be interrupted.
    pub fn begin(&self) {
        compiler_fence(SeqCst);
        let root = ptr::from_ref(&self.root).cast_mut();
        self.running.store(root, Relaxed);
    }

    /// From here on a signal finds nothing to interrupt.
    pub fn pause(&self) {
        self.running.store(ptr::null_mut(), Relaxed);
        compiler_fence(SeqCst);
    }

    /// What ran is over: gives why it was to stop, if it was, and how often that was raised.
    ///
    /// It is paused, and its timer stopped.
    pub fn end(&self) -> Option<(Reason, u32)> {
        if self.hooked.swap(false, Relaxed) {
            // SAFETY: no signal of ours comes any more, so nothing else looks at `displaced`, and
            // the main thread lives as long as this loop.
            unsafe {
                let (hook, mask, count) = (*self.displaced.get()).take().unwrap_or((None, 0, 0));
                ffi::lua_sethook(self.root.state, hook, mask, count);
            }
        }
        let reason = Reason::of(self.reason.swap(0, Relaxed))?;
        Some((reason, self.raised.load(Relaxed)))
    }

    /// Whether the calling thread is that of the polling loop. Safe in a signal handler.
    pub fn is_of_this_thread(&self) -> bool {
        // SAFETY: it cannot fail, and only reads the thread's own register.
        self.thread == unsafe { libc::pthread_self() }
    }

    /// Whether what runs is to stop.
    pub fn is_stopping(&self) -> bool {
        self.reason.load(Relaxed) != 0
    }

    /// Whether the time of what runs is over, and it has not been told yet, nor where it was noted.
    pub(super) fn is_due(&self) -> bool {
        let over = matches!(self.reason(), Some(Reason::Deadline | Reason::Signal));
        over && self.raised.load(Relaxed) == 0 && !self.has_noted()
    }

    /// Where what runs was when its time was over is noted.
    pub(super) fn note(&self) {
        self.noted.store(true, Relaxed);
    }

    /// Whether it is, since [`begin`](Self::begin).
    pub(super) fn has_noted(&self) -> bool {
        self.noted.load(Relaxed)
    }

    /// Why what runs is to stop.
    pub(super) fn reason(&self) -> Option<Reason> {
        Reason::of(self.reason.load(Relaxed))
    }

    /// Whether something runs that may be interrupted.
    pub fn is_busy(&self) -> bool {
        !self.running.load(Relaxed).is_null()
    }

    /// All the time that the running code had, in milliseconds.
    pub fn had_ms(&self) -> u64 {
        self.had_ms.load(Relaxed)
    }

    /// The first reason to stop wins; says whether it is this one. Safe in a signal handler on this
    /// thread.
    pub fn interrupt(&self, reason: Reason) -> bool {
        if !self.is_busy() {
            return false;
        }
        let first = self
            .reason
            .compare_exchange(0, reason as u8, Relaxed, Relaxed)
            .is_ok();
        compiler_fence(SeqCst);
        // Where a hook has raised, it stands on whatever runs; one that does not was taken away by
        // `debug.sethook`, and is not left another 10,000 instructions for that.
        self.hook_what_runs(1);
        first
    }

    /// Stops what runs when `time` is up, unless the timer fires before. Safe in a signal handler on
    /// this thread.
    pub fn interrupt_within(&self, time: Duration) -> bool {
        let can = self.is_busy() && self.has_timer.load(Relaxed);
        let sooner = can && timer::hasten(self.timer.load(Relaxed), time);
        if sooner {
            self.asked.store(true, Relaxed);
        }
        sooner
    }

    /// Whether [`interrupt_within`](Self::interrupt_within) set the timer.
    pub fn was_hastened(&self) -> bool {
        self.asked.load(Relaxed)
    }

    /// Notes the timer that fires for this thread.
    pub fn have_timer(&self, timer: *mut c_void) {
        self.timer.store(timer, Relaxed);
        compiler_fence(SeqCst);
        self.has_timer.store(true, Relaxed);
    }

    /// The timer fired; runs in its signal handler.
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no timer there"))]
    pub fn on_expiry(&self) {
        let running = self.running.load(Relaxed);
        if running.is_null() {
            return;
        }
        self.interrupt(match self.asked.load(Relaxed) {
            true => Reason::Signal,
            false => Reason::Deadline,
        });
        let tick = self.ticks.load(Relaxed) + 1;
        self.ticks.store(tick, Relaxed);
        if tick < 2 {
            return;
        }
        // The hook was to be called at the next instruction. It was not, so this is C code, or a
        // finalizer, for which Lua puts hooks off: that we allow from here on. The line waits for
        // one more expiry: where little CPU is to be had, a thread may stand still between the
        // signal and the next instruction for as long as it takes the timer to fire again.
        let late = self.reason() == Some(Reason::Deadline);
        if tick == LINE_AT_TICK && late && self.raised.load(Relaxed) == 0 {
            self.line.write();
        }
        // SAFETY: what is in `running` lives until it is taken out.
        unsafe { interpreter::allow_hooks((*running).state) };
    }

    /// How often the hook has raised; the call counts as the next time.
    pub(super) fn count_raise(&self) -> u32 {
        self.raised.fetch_add(1, Relaxed)
    }

    /// The coroutines that run or wait for what they resumed, innermost first.
    pub(super) fn innermost(&self) -> *const Running {
        self.running.load(Relaxed)
    }

    /// After how many instructions a hook raises: at once, then after room for `<close>` and what
    /// catches the error, then always at once, so that no loop can go on catching.
    pub(super) fn instructions(&self) -> c_int {
        const CLEANUP_INSTRUCTIONS: c_int = 10_000;
        match self.raised.load(Relaxed) {
            1 => CLEANUP_INSTRUCTIONS,
            _ => 1,
        }
    }

    /// Calls `run`, in which the coroutine `co` runs in place of its resumer.
    ///
    /// # Safety
    /// Lua raises nothing out of `run`, and `co` stays alive.
    pub unsafe fn within<T>(&self, co: *mut lua_State, run: impl FnOnce() -> T) -> T {
        self.depth.set(self.depth.get() + 1);
        let resumer = self.running.load(Relaxed);
        let result = if resumer.is_null() {
            run()
        } else {
            let running = Running { state: co, resumer };
            self.switch(&raw const running);
            let result = run();
            self.switch(resumer);
            result
        };
        self.depth.set(self.depth.get() - 1);
        result
    }

    /// How many coroutines run or wait for what they resumed.
    pub fn depth(&self) -> usize {
        self.depth.get()
    }

    fn switch(&self, running: *const Running) {
        self.running.store(running.cast_mut(), Relaxed);
        compiler_fence(SeqCst);
        // A signal from here on finds the new coroutine; one before found the other.
        if self.is_stopping() {
            self.hook_what_runs(self.instructions());
        }
    }

    /// Sets the hook on the innermost coroutine, to be called after `instructions` unless it stands
    /// there already.
    fn hook_what_runs(&self, instructions: c_int) {
        // SAFETY: the coroutine lives while it is in `running`, and this is its thread: what
        // lua_sethook writes is meant to be written in a signal handler (lua.c and luajit.c do).
        // LuaJIT's writes the hook's fields, ends a recording by a bit that the recorder looks at,
        // and rewrites the interpreter's table of instructions, of which each entry, old or new, is
        // valid code at any moment.
        unsafe {
            let l = (*self.running.load(Relaxed)).state;
            let ours: ffi::lua_Hook = hook;
            let found = ffi::lua_gethook(l);
            let stands = found.is_some_and(|found| ptr::fn_addr_eq(found, ours));
            if l == self.root.state || interpreter::HOOKS_ALL_COROUTINES {
                let first = !self.hooked.swap(true, Relaxed);
                if first && !stands {
                    let (mask, count) = (ffi::lua_gethookmask(l), ffi::lua_gethookcount(l));
                    *self.displaced.get() = Some((found, mask, count));
                }
            }
            let count = if stands {
                self.instructions()
            } else {
                instructions
            };
            // Set anew where it is due anyway: Lua may have lost sight of it just when it was set.
            if !stands || count == 1 || ffi::lua_gethookcount(l) != count {
                if interpreter::HOOKS_ALL_COROUTINES {
                    // The signal may have come while LuaJIT itself was at its table, so that what
                    // was set stands in part; it writes the table anew only when that changes.
                    ffi::lua_sethook(l, None, 0, 0);
                }
                ffi::lua_sethook(l, Some(ours), ffi::LUA_MASKCOUNT, count);
            }
        }
    }
}

/// The expiry that writes the line.
const LINE_AT_TICK: u32 = 3;

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether hooks are called, as Lua's own code goes by it.
    unsafe extern "C-unwind" fn count_call(l: *mut lua_State, _: *mut ffi::lua_Debug) {
        // SAFETY: the hook runs with hooks put off; an instruction of Lua inside calls it again
        // only after they were allowed. The registry holds the count.
        unsafe {
            ffi::lua_getfield(l, ffi::LUA_REGISTRYINDEX, c"calls".as_ptr());
            let calls = ffi::lua_tointeger(l, -1) + 1;
            ffi::lua_pushinteger(l, calls);
            ffi::lua_setfield(l, ffi::LUA_REGISTRYINDEX, c"calls".as_ptr());
            ffi::lua_pop(l, 1);
            if calls == 1 {
                let code = c"local x = 1; x = x + 1; return x";
                ffi::luaL_loadstring(l, code.as_ptr());
                ffi::lua_call(l, 0, 0);
                ffi::lua_getfield(l, ffi::LUA_REGISTRYINDEX, c"calls".as_ptr());
                assert_eq!(ffi::lua_tointeger(l, -1), 1, "hooks are put off in a hook");
                interpreter::allow_hooks(l);
                ffi::luaL_loadstring(l, code.as_ptr());
                ffi::lua_call(l, 0, 0);
                ffi::lua_getfield(l, ffi::LUA_REGISTRYINDEX, c"calls".as_ptr());
                assert!(ffi::lua_tointeger(l, -1) > 1, "hooks are called again");
                ffi::lua_sethook(l, None, 0, 0);
                ffi::lua_settop(l, 0);
                // As our hook ends: LuaJIT asks that one which returns has put hooks off.
                ffi::lua_pushnil(l);
                ffi::lua_error(l);
            }
        }
    }

    #[test]
    fn hooks_that_are_put_off_can_be_allowed_again() {
        let lua = mlua::Lua::new();
        // SAFETY: calls Lua in a protected call; nothing is owned.
        unsafe {
            lua.exec_raw::<()>((), |l| {
                ffi::lua_sethook(l, Some(count_call), ffi::LUA_MASKCOUNT, 1);
                ffi::luaL_loadstring(l, c"local x = 1; return x".as_ptr());
                assert_eq!(ffi::lua_pcall(l, 0, 0, 0), ffi::LUA_ERRRUN);
                ffi::lua_sethook(l, None, 0, 0);
                ffi::lua_settop(l, 0);
            })
            .unwrap();
        }
    }
}
