//! The values that mean something to the codec, one of each in a Lua state.
//!
//! They live in Lua's registry under the addresses below, so every codec of a state knows the same
//! ones.
#![allow(unsafe_code)]

use std::ffi::c_void;

use mlua::{Lua, Table, ffi};

/// A key of Lua's registry; its address is what counts.
pub type Mark = &'static u8;

/// The metatable of arrays: `json.array_mt`.
pub const ARRAY: Mark = &KEYS[0];
/// The metatable of objects: `json.object_mt`.
pub const OBJECT: Mark = &KEYS[1];
/// lua-cjson's metatable of tables that are an array when they are empty.
pub const EMPTY_ARRAY: Mark = &KEYS[2];
/// The metatable of encoded JSON: what `json.raw` gives.
pub const RAW: Mark = &KEYS[3];
/// The string `__tojson`: kept, it costs no allocation at each look.
pub const TOJSON: Mark = &KEYS[4];

// Not `const`: each needs an address of its own, the same in the whole program.
static KEYS: [u8; 6] = [1, 2, 3, 4, 5, 6];

/// The light userdata that is lua-cjson's `empty_array`.
pub fn empty_array() -> *mut c_void {
    std::ptr::from_ref(&KEYS[5]).cast_mut().cast()
}

/// Where the marks are in memory: what `lua_topointer` says of them.
#[derive(Clone, Copy, Debug)]
pub struct Marks {
    /// [`ARRAY`].
    pub array: *const c_void,
    /// [`OBJECT`].
    pub object: *const c_void,
    /// [`EMPTY_ARRAY`].
    pub empty_array: *const c_void,
    /// [`RAW`].
    pub raw: *const c_void,
}

impl Marks {
    /// The marks of a state, which are made when they are not there yet.
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn of(lua: &Lua) -> mlua::Result<Self> {
        // SAFETY: nothing here has a destructor; each function gets what it asks for: the strings
        // end in NUL, and one or two values are on the stack at a time, of the 20 that a C function
        // may push.
        unsafe {
            lua.exec_raw::<()>((), |l| {
                for (mark, name) in [
                    (ARRAY, c"json.array"),
                    (OBJECT, c"json.object"),
                    (EMPTY_ARRAY, c"json.empty_array"),
                    (RAW, c"json.raw"),
                ] {
                    if ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, address(mark)) == ffi::LUA_TNIL {
                        ffi::lua_createtable(l, 0, 1);
                        ffi::lua_pushstring(l, name.as_ptr());
                        ffi::lua_setfield(l, -2, c"__name".as_ptr());
                        ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, address(mark));
                    }
                    ffi::lua_settop(l, 0);
                }
                ffi::lua_pushstring(l, c"__tojson".as_ptr());
                ffi::lua_rawsetp(l, ffi::LUA_REGISTRYINDEX, address(TOJSON));
            })?;
        }
        Ok(Self {
            array: table(lua, ARRAY)?.to_pointer(),
            object: table(lua, OBJECT)?.to_pointer(),
            empty_array: table(lua, EMPTY_ARRAY)?.to_pointer(),
            raw: table(lua, RAW)?.to_pointer(),
        })
    }
}

/// The metatable `mark` as a value.
///
/// # Errors
/// Lua is out of memory.
pub fn table(lua: &Lua, mark: Mark) -> mlua::Result<Table> {
    // SAFETY: one value is pushed, nothing has a destructor.
    unsafe { lua.exec_raw((), |l| push(l, mark)) }
}

/// Pushes the value of `mark`. Raises nothing.
///
/// # Safety
/// `l` is a valid state with a free slot.
pub unsafe fn push(l: *mut ffi::lua_State, mark: Mark) {
    // SAFETY: a raw get from the registry runs no user code and allocates nothing.
    unsafe {
        ffi::lua_rawgetp(l, ffi::LUA_REGISTRYINDEX, address(mark));
    }
}

fn address(mark: Mark) -> *const c_void {
    std::ptr::from_ref(mark).cast()
}
