//! `Heap`: the allocator of a Lua state whose memory is limited.
//!
//! mlua's own counts the bytes that Lua asks for. What malloc takes for them is a third more where
//! a function keeps many small tables: counted like that, a function would be killed for its memory
//! well before Lua knew. And where the system has no more, mlua's ends the process, where Lua
//! would collect garbage and raise.
//!
//! LuaJIT has 47 bits for an address. Where malloc gives longer ones, as on arm64, mlua leaves the
//! state with LuaJIT's own allocator; then ours counts, and that one goes on.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use mlua::ffi;
use mlua::{Error, Lua};

/// What one state has taken, and may take.
#[derive(Debug)]
pub struct Heap {
    used_bytes: Cell<isize>,
    limit_bytes: isize,
    /// What it may take beyond the limit for now.
    extra_bytes: Cell<isize>,
    /// The state's own allocator and what it is called with; none where that is malloc.
    own: Option<(ffi::lua_Alloc, *mut c_void)>,
}

/// A buffer of the runtime's that counts as Lua's, where Lua's memory is limited.
#[derive(Debug, Default)]
pub struct Charge {
    heap: Cell<Option<&'static Heap>>,
    bytes: Cell<isize>,
}

impl Charge {
    /// Counts with `heap` from here on.
    pub fn join(&self, heap: &'static Heap) {
        self.heap.set(Some(heap));
    }

    /// The buffer now has `bytes`. One that is too large lets Lua's next allocation fail.
    pub fn set(&self, bytes: usize) {
        if let Some(heap) = self.heap.get() {
            let bytes = isize::try_from(bytes).unwrap_or(isize::MAX);
            let grown = bytes - self.bytes.replace(bytes);
            heap.used_bytes
                .set(heap.used_bytes.get().saturating_add(grown));
        }
    }
}

impl Heap {
    /// Runs what makes room again, with a little memory beyond the limit: LuaJIT takes some to call
    /// what collects.
    pub fn with_extra<T>(&self, run: impl FnOnce() -> T) -> T {
        const EXTRA_BYTES: isize = 256 * 1024;
        self.extra_bytes.set(EXTRA_BYTES);
        let result = run();
        self.extra_bytes.set(0);
        result
    }

    /// What it may still take, in bytes.
    pub fn left_bytes(&self) -> usize {
        let left = self.limit_bytes.saturating_sub(self.used_bytes.get());
        usize::try_from(left).unwrap_or(0)
    }
}

/// Limits what `lua` may use to `limit_bytes`, for good.
///
/// # Errors
/// None of the interpreters that this is built with.
pub fn limit(lua: &Lua, limit_bytes: usize) -> mlua::Result<&'static Heap> {
    // It is also what tells mlua that any of its calls into Lua may run out of memory; of a state
    // whose allocator is not its own it never thinks otherwise.
    let own = match lua.set_memory_limit(limit_bytes) {
        Ok(_) => None,
        Err(Error::MemoryControlNotAvailable) => Some(allocator(lua)?),
        Err(error) => return Err(error),
    };
    let used_bytes = isize::try_from(lua.used_memory()).unwrap_or(isize::MAX);
    // The state uses it until the process ends.
    let heap: &'static Heap = Box::leak(Box::new(Heap {
        used_bytes: Cell::new(used_bytes),
        limit_bytes: isize::try_from(limit_bytes).unwrap_or(isize::MAX),
        extra_bytes: Cell::new(0),
        own,
    }));
    let address = ptr::from_ref(heap).cast_mut().cast::<c_void>();
    lua.set_app_data(heap);
    // SAFETY: mlua's blocks are malloc's, as Rust's on Unix are for any alignment, so `allocate`
    // can go on with them; others stay with the allocator that they are from. mlua looks for its
    // own allocator before it uses its own count.
    unsafe { lua.exec_raw::<()>((), |l| ffi::lua_setallocf(l, allocate, address))? };
    Ok(heap)
}

/// Sees to it that `bytes` fit beside what Lua uses, where its memory is limited: for buffers of
/// ours that are as large as a value of the user's.
///
/// # Errors
/// Too little memory, which is Lua's own error.
pub fn make_room(lua: &Lua, bytes: usize) -> mlua::Result<()> {
    let Some(heap) = lua.app_data_ref::<&'static Heap>().map(|heap| *heap) else {
        return Ok(());
    };
    if heap.left_bytes() < bytes {
        // Lua, too, collects what is no longer used before it gives up.
        lua.gc_collect()?;
    }
    if heap.left_bytes() < bytes {
        return Err(Error::MemoryError(super::NOT_ENOUGH_MEMORY.to_owned()));
    }
    Ok(())
}

/// The allocator of a state, and what it is called with.
fn allocator(lua: &Lua) -> mlua::Result<(ffi::lua_Alloc, *mut c_void)> {
    let mut found = None;
    let at = &raw mut found;
    // SAFETY: it only looks, and `found` outlives the call.
    unsafe {
        lua.exec_raw::<()>((), |l| {
            let mut data = ptr::null_mut();
            let function = ffi::lua_getallocf(l, &raw mut data);
            *at = Some((function, data));
        })?;
    }
    found.ok_or_else(|| Error::runtime("a state without an allocator"))
}

/// The allocator, as `lua_Alloc` in Lua's manual.
unsafe extern "C" fn allocate(
    heap: *mut c_void,
    block: *mut c_void,
    old_bytes: usize,
    new_bytes: usize,
) -> *mut c_void {
    // SAFETY: Lua hands back the heap that it was given, on the one thread of its state, and blocks
    // that it had from here or, before that, from mlua or its own allocator.
    unsafe {
        let heap = &*heap.cast::<Heap>();
        let used_bytes = heap.used_bytes.get();
        // For no block, Lua says what it is for in place of a size.
        let before = if block.is_null() {
            0
        } else {
            footprint(old_bytes)
        };
        if new_bytes == 0 {
            match heap.own {
                Some((own, data)) => drop(own(data, block, old_bytes, 0)),
                None => libc::free(block),
            }
            heap.used_bytes.set(used_bytes - before);
            return ptr::null_mut();
        }
        let growth = footprint(new_bytes) - before;
        let most_bytes = heap.limit_bytes.saturating_add(heap.extra_bytes.get());
        if growth > 0 && used_bytes.saturating_add(growth) > most_bytes {
            return ptr::null_mut();
        }
        let moved = match heap.own {
            Some((own, data)) => own(data, block, old_bytes, new_bytes),
            None => libc::realloc(block, new_bytes),
        };
        if !moved.is_null() {
            heap.used_bytes.set(used_bytes + growth);
        } else if !block.is_null() && new_bytes <= old_bytes {
            // Lua relies on it that a block can be made smaller.
            return block;
        }
        moved
    }
}

/// What malloc takes for a block of `bytes`: a word before it, in steps of two words, four at
/// least; whole pages where it is large. <https://sourceware.org/glibc/wiki/MallocInternals>
fn footprint(bytes: usize) -> isize {
    const WORD: usize = size_of::<usize>();
    const PAGE: usize = 4096;
    const LARGE: usize = 128 * 1024;
    let bytes = bytes.min(isize::MAX as usize / 2);
    let taken = if bytes < LARGE {
        (bytes + WORD).next_multiple_of(2 * WORD).max(4 * WORD)
    } else {
        (bytes + 2 * WORD).next_multiple_of(PAGE)
    };
    taken as isize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_what_malloc_takes_for_it() {
        for (bytes, taken) in [
            (1, 32),
            (24, 32),
            (25, 48),
            (56, 64),
            (57, 80),
            (131_071, 131_088),
            (131_072, 135_168),
        ] {
            assert_eq!(footprint(bytes), taken, "{bytes}");
        }
        assert!(footprint(usize::MAX) > 0);
    }

    /// Fills 8 MB five times.
    fn fill_again_and_again(lua: &Lua) {
        limit(lua, 8 << 20).unwrap();
        let fill = lua.load(
            "local function fill() local all = {} for i = 1, 1e6 do all[i] = { i } end end
            for _ = 1, 5 do assert(not pcall(fill)) collectgarbage() end
            return collectgarbage('count') < 1000",
        );
        assert!(fill.eval::<bool>().unwrap());
    }

    #[test]
    fn what_is_freed_can_be_used_again() {
        fill_again_and_again(&Lua::new());
    }

    #[test]
    fn a_state_that_keeps_its_own_allocator_is_limited_as_well() {
        // As mlua makes one where LuaJIT refuses the addresses of malloc.
        // SAFETY: the state is new, is used through mlua alone, and is never closed.
        let lua = unsafe {
            let l = ffi::luaL_newstate();
            ffi::luaL_openlibs(l);
            Lua::get_or_init_from_ptr(l).clone()
        };
        let (own, data) = allocator(&lua).unwrap();
        fill_again_and_again(&lua);
        let heap = limit_of(&lua);
        assert!(
            heap.own
                .is_some_and(|(function, with)| ptr::fn_addr_eq(function, own) && with == data)
        );
        assert!(heap.left_bytes() > 6 << 20, "{heap:?}");
    }

    /// What `limit` gave for the state.
    fn limit_of(lua: &Lua) -> &'static Heap {
        let (function, heap) = allocator(lua).unwrap();
        let ours: ffi::lua_Alloc = allocate;
        assert!(ptr::fn_addr_eq(function, ours));
        // SAFETY: it is never freed.
        unsafe { &*heap.cast::<Heap>() }
    }
}
