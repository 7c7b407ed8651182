//! `Lifecycle`: the hooks of one Lua state.
//!
//! Which hooks there are and in which order they run is decided here; *when* they run is the
//! [event loop](crate::event_loop)'s.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mlua::{IntoLuaMulti, Table, Value};

use crate::coroutine;
use crate::error::ErrorReport;
use crate::panics;
use crate::state::State;

/// A moment in the life of a process at which functions of the user's run.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Hook {
    /// After loading, before the first event.
    Init,
    /// Before the handler, with event and context.
    BeforeInvoke,
    /// When the answer is sent, with the context and the error if there was one.
    AfterInvoke,
    /// Before the snapshot of SnapStart is taken.
    BeforeSnapshot,
    /// After a process came out of the snapshot.
    AfterRestore,
    /// Before the process ends on SIGTERM.
    Shutdown,
}

/// The hooks that user code registered.
#[derive(Debug, Default)]
pub struct Lifecycle {
    hooks: RefCell<Vec<(Hook, Value)>>,
    /// Those that it is too late to register, by their place in [`Hook::ALL`].
    over: Cell<[bool; Hook::ALL.len()]>,
}

impl Hook {
    /// Every hook, in the order of a process's life.
    pub const ALL: [Self; 6] = [
        Self::Init,
        Self::BeforeInvoke,
        Self::AfterInvoke,
        Self::BeforeSnapshot,
        Self::AfterRestore,
        Self::Shutdown,
    ];

    /// The name that `lambda.lifecycle` knows it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::BeforeInvoke => "before_invoke",
            Self::AfterInvoke => "after_invoke",
            Self::BeforeSnapshot => "before_snapshot",
            Self::AfterRestore => "after_restore",
            Self::Shutdown => "shutdown",
        }
    }

    /// The hook of that name.
    pub fn named(name: &[u8]) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|hook| hook.name().as_bytes() == name)
    }

    /// Whether the last that was registered runs first: what takes down goes the way back.
    fn runs_backwards(self) -> bool {
        matches!(self, Self::BeforeSnapshot | Self::Shutdown)
    }
}

impl Lifecycle {
    /// Adds a function, which can be called.
    ///
    /// # Errors
    /// What is wrong, for people: its moment has passed.
    pub fn add(&self, hook: Hook, function: Value) -> Result<(), String> {
        if self.over.get()[hook as usize] {
            return Err(format!(
                "too late to register '{}': register it while the handler's file loads{}",
                hook.name(),
                match hook {
                    Hook::Init => "",
                    _ => " or in an 'init' hook",
                }
            ));
        }
        self.hooks.borrow_mut().push((hook, function));
        Ok(())
    }

    /// From here on it is too late to register `hook`.
    pub fn close(&self, hook: Hook) {
        let mut over = self.over.get();
        over[hook as usize] = true;
        self.over.set(over);
    }

    /// Whether a function is registered for `hook`.
    pub fn has(&self, hook: Hook) -> bool {
        self.hooks.borrow().iter().any(|(known, _)| *known == hook)
    }

    /// Runs the functions of `hook` up to the first that fails.
    ///
    /// # Errors
    /// The report of that failure.
    pub fn run(
        &self,
        state: &State,
        hook: Hook,
        args: impl IntoLuaMulti + Clone,
    ) -> Result<(), ErrorReport> {
        let functions = self.functions(hook);
        let mut functions = functions.iter();
        functions.try_for_each(|function| call(state, function, args.clone()))
    }

    /// Runs all the functions of `hook`; each that fails is reported to `failed`, which says whether
    /// to go on with the next.
    pub fn run_all(
        &self,
        state: &State,
        hook: Hook,
        args: impl IntoLuaMulti + Clone,
        failed: impl Fn(&ErrorReport) -> ControlFlow<()>,
    ) {
        let functions = self.functions(hook);
        let _ =
            functions
                .iter()
                .try_for_each(|function| match call(state, function, args.clone()) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(report) => failed(&report),
                });
    }

    /// As they are to run; what a hook registers while it runs waits for the next time.
    fn functions(&self, hook: Hook) -> Vec<Value> {
        let hooks = self.hooks.borrow();
        let of_hook = hooks.iter().filter(|(known, _)| *known == hook);
        let mut functions: Vec<_> = of_hook.map(|(_, function)| function.clone()).collect();
        if hook.runs_backwards() {
            functions.reverse();
        }
        functions
    }
}

/// Calls one hook, which fails as a handler does: by an error, or by `return nil, err`.
fn call(state: &State, function: &Value, args: impl IntoLuaMulti) -> Result<(), ErrorReport> {
    let (lua, codec) = (&state.lua, &*state.codec);
    let call = AssertUnwindSafe(|| match coroutine::call(lua, function, args) {
        Ok((_, Value::Nil)) => Ok(()),
        Ok((_, error)) => Err(ErrorReport::of_value(lua, codec, &error)),
        Err(failure) => Err(ErrorReport::raised(lua, codec, failure)),
    });
    let outcome = catch_unwind(call).unwrap_or_else(|_| Err(panics::report()));
    outcome.and(coroutine::forget(lua).map_err(ErrorReport::from))
}

/// What `after_invoke` is told of a failed invocation.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn error_table(state: &State, report: &ErrorReport) -> mlua::Result<Table> {
    let error = state.lua.create_table()?;
    error.raw_set("type", report.error_type.as_str())?;
    error.raw_set("message", report.message.as_str())?;
    error.raw_set("stack_trace", report.stack_trace.as_slice())?;
    Ok(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hook_is_found_by_its_name_and_at_its_place() {
        for (place, hook) in Hook::ALL.into_iter().enumerate() {
            assert_eq!(Hook::named(hook.name().as_bytes()), Some(hook));
            assert_eq!(hook as usize, place);
        }
        assert_eq!(Hook::named(b"Init"), None);
    }

    #[test]
    fn hooks_are_closed_one_by_one() {
        let lifecycle = Lifecycle::default();
        lifecycle.close(Hook::Init);
        let refused = lifecycle.add(Hook::Init, Value::Nil).unwrap_err();
        assert!(refused.starts_with("too late to register 'init'"));
        lifecycle.add(Hook::Shutdown, Value::Nil).unwrap();
        assert!(lifecycle.has(Hook::Shutdown) && !lifecycle.has(Hook::Init));
    }
}
