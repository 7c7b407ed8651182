//! The tape to Lua values.
//!
//! The invariant: while Lua may raise, and jump, no Rust value with a destructor is alive in a
//! frame that the jump passes. The walk holds raw pointers and numbers only; tape and frames belong
//! to its caller.
#![allow(unsafe_code)]

use std::ffi::{c_char, c_int};
use std::ptr;

use mlua::{Lua, Value, ffi};

use super::collector::Collector;
use super::marks;
use super::tape::{Fault, Span, Tape, Token};

/// How a text becomes values.
#[derive(Clone, Copy, Debug)]
pub struct DecodeOptions {
    /// How many containers nest at most.
    pub max_depth: usize,
    /// Whether arrays get the metatable `json.array_mt`, so that they are arrays again when they
    /// are encoded.
    pub mark_arrays: bool,
    /// Whether a member that is `null` is an absent key.
    pub drop_null_members: bool,
}

/// The buffers of decoding.
#[derive(Debug, Default)]
pub struct Decoder {
    tape: Tape,
    frames: Vec<Frame>,
    collector: Collector,
}

/// A table that is being filled.
#[derive(Clone, Copy, Debug)]
struct Frame {
    /// Items or members that are still to come.
    remaining: u32,
    /// Of an array: the index of the next item. 0 is an object.
    index: u32,
}

impl Decoder {
    /// Parses `text` and makes ready for the walk.
    ///
    /// # Errors
    /// What makes `text` no JSON.
    pub fn parse(&mut self, text: &[u8], options: DecodeOptions) -> Result<(), Fault> {
        self.tape.read(text, options.max_depth)?;
        self.frames.clear();
        self.frames.reserve(self.tape.depth() + 1);
        Ok(())
    }

    /// The value of `text`, which [`parse`](Self::parse) has accepted.
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn value(&mut self, lua: &Lua, text: &[u8], options: DecodeOptions) -> mlua::Result<Value> {
        let walk = self.walk(text.as_ptr(), options);
        // SAFETY: the closure holds raw pointers only, so a jump out of it drops nothing. They stay
        // valid: `self` and `text` are borrowed for the whole call.
        let value = unsafe { lua.exec_raw((), |l| walk.push_value(l)) };
        if self.resumes_collector() {
            lua.gc_restart();
        }
        value
    }

    /// Gives back what a large text took and the last one did not need.
    pub fn shrink(&mut self) {
        self.tape.shrink();
    }

    /// The size of the buffers that grow with the text.
    pub fn capacity_bytes(&self) -> usize {
        self.tape.capacity_bytes()
    }

    /// Whether the walk has stopped Lua's collector, which the caller then has to restart, however
    /// the walk ended.
    pub fn resumes_collector(&mut self) -> bool {
        self.collector.resumes()
    }

    /// The walk over what [`parse`](Self::parse) read; valid until `self` or the text changes.
    pub fn walk(&mut self, text: *const u8, options: DecodeOptions) -> Walk {
        Walk {
            token: self.tape.tokens().as_ptr(),
            text,
            unescaped: self.tape.unescaped().as_ptr(),
            frame: self.frames.as_mut_ptr(),
            collector: &raw mut self.collector,
            large: self.tape.tokens().len() >= LARGE_TOKENS,
            depth: self.tape.depth() as c_int,
            slots: c_int::from(self.tape.slots()),
            mark_arrays: options.mark_arrays,
            drop_null_members: options.drop_null_members,
        }
    }
}

/// All that the walk needs, without anything to drop.
#[derive(Clone, Copy)]
pub struct Walk {
    token: *const Token,
    text: *const u8,
    unescaped: *const u8,
    /// Room for one frame more than containers nest.
    frame: *mut Frame,
    collector: *mut Collector,
    large: bool,
    depth: c_int,
    slots: c_int,
    mark_arrays: bool,
    drop_null_members: bool,
}

impl Walk {
    /// Pushes the value, and nothing else.
    ///
    /// # Safety
    /// `l` is a valid state, in a call that catches what Lua raises (no memory, no stack); the
    /// pointers come from [`Decoder::walk`] and neither its tape nor the text has changed since.
    pub unsafe fn push_value(mut self, l: *mut ffi::lua_State) {
        // SAFETY: see the function's own contract for `l` and the pointers. luaL_checkstack makes
        // room for all that is pushed: the mark, the slots, a table and a name per level, a value.
        // Indices are of tables that this function pushed. The tape is well formed, as `Tape::read`
        // wrote it: as many tokens follow a container as its count says, so `self.token` stays
        // within, and containers nest no deeper than `depth`, so `self.frame` does.
        unsafe {
            if self.large {
                (*self.collector).pause(l);
            }
            ffi::luaL_checkstack(
                l,
                self.slots + 2 * self.depth + 8,
                c"too many levels of JSON".as_ptr(),
            );
            let mark = ffi::lua_gettop(l) + 1;
            marks::push(l, marks::ARRAY);
            ffi::lua_settop(l, mark + self.slots);
            let mut open = Frame {
                remaining: 0,
                index: 0,
            };
            let mut depth = 0;
            'value: loop {
                match self.next() {
                    Token::Array(count) => {
                        ffi::lua_createtable(l, table_size(count), 0);
                        if self.mark_arrays {
                            ffi::lua_pushvalue(l, mark);
                            ffi::lua_setmetatable(l, -2);
                        }
                        if count > 0 {
                            *self.frame.add(depth) = open;
                            depth += 1;
                            open = Frame {
                                remaining: count,
                                index: 1,
                            };
                            continue 'value;
                        }
                    }
                    Token::Object(count) => {
                        ffi::lua_createtable(l, 0, table_size(count));
                        if count > 0 {
                            *self.frame.add(depth) = open;
                            depth += 1;
                            open = Frame {
                                remaining: count,
                                index: 0,
                            };
                            self.push_name(l, mark);
                            continue 'value;
                        }
                    }
                    Token::Null if self.drop_null_members && depth > 0 && open.index == 0 => {
                        ffi::lua_pushnil(l);
                    }
                    token => self.push_scalar(l, token),
                }
                // A value is complete, and with it perhaps the tables round it.
                loop {
                    if depth == 0 {
                        break 'value;
                    }
                    if open.index > 0 {
                        ffi::lua_rawseti(l, -2, open.index.into());
                        open.index = open.index.wrapping_add(1);
                    } else {
                        ffi::lua_rawset(l, -3);
                    }
                    open.remaining -= 1;
                    if open.remaining > 0 {
                        if open.index == 0 {
                            self.push_name(l, mark);
                        }
                        continue 'value;
                    }
                    depth -= 1;
                    open = *self.frame.add(depth);
                }
            }
            ffi::lua_replace(l, mark);
            ffi::lua_settop(l, mark);
        }
    }

    /// # Safety
    /// A token is left.
    #[inline(always)]
    unsafe fn next(&mut self) -> Token {
        // SAFETY: the caller's promise.
        unsafe {
            let token = *self.token;
            self.token = self.token.add(1);
            token
        }
    }

    /// # Safety
    /// As [`push_value`](Self::push_value), with a free slot on the stack, and the next token is a name.
    #[inline(always)]
    unsafe fn push_name(&mut self, l: *mut ffi::lua_State, mark: c_int) {
        // SAFETY: `slots` places above `mark` are this walk's own, and slots are numbered up to
        // that.
        unsafe {
            match self.next() {
                Token::Kept(slot) => ffi::lua_pushvalue(l, mark + c_int::from(slot)),
                Token::Keep(slot, span) => {
                    push_string(l, self.text, span);
                    ffi::lua_copy(l, -1, mark + c_int::from(slot));
                }
                token => self.push_scalar(l, token),
            }
        }
    }

    /// # Safety
    /// As [`push_value`](Self::push_value), with a free slot on the stack.
    #[inline(always)]
    unsafe fn push_scalar(&self, l: *mut ffi::lua_State, token: Token) {
        // SAFETY: spans lie within the text or the unescaped bytes.
        unsafe {
            match token {
                Token::Text(span) => push_string(l, self.text, span),
                Token::Unescaped(span) => push_string(l, self.unescaped, span),
                Token::Int(value) => ffi::lua_pushinteger(l, value),
                Token::Float(value) => ffi::lua_pushnumber(l, value),
                Token::True => ffi::lua_pushboolean(l, 1),
                Token::False => ffi::lua_pushboolean(l, 0),
                Token::Null => ffi::lua_pushlightuserdata(l, ptr::null_mut()),
                Token::Array(_) | Token::Object(_) | Token::Keep(..) | Token::Kept(_) => {
                    debug_assert!(false, "not a scalar: {token:?}");
                    ffi::lua_pushnil(l);
                }
            }
        }
    }
}

/// # Safety
/// `span` lies within the bytes at `base`; `l` has a free slot, in a protected call.
#[inline(always)]
unsafe fn push_string(l: *mut ffi::lua_State, base: *const u8, span: Span) {
    // SAFETY: the caller's promise.
    unsafe {
        let first = base.add(span.at as usize).cast::<c_char>();
        ffi::lua_pushlstring(l, first, span.len as usize);
    }
}

/// From here on what the collector does in the walk costs more than looking after it.
const LARGE_TOKENS: usize = 2000;

/// Lua takes the size as a hint of type `int`.
fn table_size(count: u32) -> c_int {
    c_int::try_from(count).unwrap_or(c_int::MAX)
}
