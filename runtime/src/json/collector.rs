//! Lua's garbage collector while a large text is decoded.
//!
//! All that a walk makes stays alive until it ends, so each cycle that the collector goes through
//! in it marks in vain. So it rests then. Its work is not forgotten: what the last event left is
//! collected before the walk, when the heap has doubled since the last time, which is Lua's own
//! measure. At that point most of the heap is dead, and a dead object costs least. A memory limit
//! is kept all the same: Lua's emergency collection is not bound by the pause.
#![allow(unsafe_code)]

use mlua::ffi;

use crate::interpreter;

/// What is known of a state's heap.
#[derive(Debug, Default)]
pub struct Collector {
    /// What was alive after the last collection here.
    live_kib: usize,
    /// The walk stopped the collector.
    stopped: bool,
}

impl Collector {
    /// Stops the collector, after a collection if one is due. Leaves it alone when the user has
    /// stopped it, or when it is a finalizer that decodes.
    ///
    /// # Safety
    /// `l` is a valid state, in a protected call whose frames own nothing: finalizers are user code.
    pub unsafe fn pause(&mut self, l: *mut ffi::lua_State) {
        // SAFETY: these requests take no argument but the state.
        unsafe {
            if !interpreter::is_collecting(l) {
                return;
            }
            let kib = || usize::try_from(interpreter::gc(l, ffi::LUA_GCCOUNT)).unwrap_or(0);
            let heap_kib = kib();
            self.live_kib = self.live_kib.min(heap_kib);
            if heap_kib - self.live_kib > self.live_kib.max(LEAST_GROWTH_KIB) {
                interpreter::gc(l, ffi::LUA_GCCOLLECT);
                self.live_kib = kib();
            }
            interpreter::gc(l, ffi::LUA_GCSTOP);
            self.stopped = true;
        }
    }

    /// Whether the collector has to be restarted; true once for each pause.
    pub fn resumes(&mut self) -> bool {
        std::mem::take(&mut self.stopped)
    }
}

/// A heap that has grown by less is not worth a collection.
const LEAST_GROWTH_KIB: usize = 1024;
